package charging

import "fmt"

// Manner says in a few words how an answer goes out, other than by itself.
func (d *Decision) Manner() (acts []string) {
	if len(d.Edits) > 0 {
		acts = append(acts, "the answer is amended")
	}
	how := d.Delivery
	if how == nil {
		return acts
	}
	if how.Hold != nil || how.Delay > 0 || how.Behind {
		acts = append(acts, "the answer is late")
	}
	switch {
	case how.Silent():
		acts = append(acts, "the answer is dropped")
	case how.Preset != "":
		acts = append(acts, "the answer goes out malformed: "+how.Preset)
	}
	if how.Copies > 0 {
		acts = append(acts, fmt.Sprintf("it goes out %d times", how.Copies+1))
	}
	if how.Slice > 0 {
		acts = append(acts, fmt.Sprintf("in pieces of %d octets", how.Slice))
	}
	return append(acts, aftermath(how)...)
}

// aftermath says what becomes of the connection.
func aftermath(how *Delivery) (acts []string) {
	switch how.Ending {
	case Closes:
		acts = append(acts, "the connection is closed")
	case Resets:
		acts = append(acts, "the connection is reset")
	case HalfClose:
		acts = append(acts, "our side of the connection is closed")
	}
	if how.Goodbye.Known {
		acts = append(acts, "a goodbye follows")
	}
	if how.Deaf > 0 {
		acts = append(acts, fmt.Sprintf("nothing is read for %v", how.Deaf))
	}
	if how.Mute > 0 {
		acts = append(acts, fmt.Sprintf("watchdogs are not answered for %v", how.Mute))
	}
	return acts
}
