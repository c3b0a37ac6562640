package diameter

import (
	"fmt"
	"strings"
)

// The letters of flags, from the highest bit: those of a message's header, of an AVP, and of an AVP
// as a path can say them, which never changes whether a Vendor-Id is there.
const (
	headerLetters = "RPET"
	avpLetters    = "VMP"
	pathLetters   = " MP"
)

// A flagChange is the flags that are set, and those that are cleared.
type flagChange struct{ set, clear byte }

// of is what becomes of flags.
func (c flagChange) of(flags byte) byte { return flags&^c.clear | c.set }

// holds reports whether flags are as the change would have them.
func (c flagChange) holds(flags byte) bool { return c.of(flags) == flags }

// readFlags reads letters, each set, or cleared where a minus stands before it, as in "T" or "-P".
// Later letters count where a flag is named twice.
func readFlags(text, letters string) (change flagChange, err error) {
	clearing, named := false, false
	for _, letter := range text {
		at := strings.IndexRune(letters, letter)
		bit := byte(0x80) >> max(at, 0)
		switch {
		case letter == '-' && !clearing:
			clearing = true
			continue
		case (letter == '+' || letter == ',') && !clearing:
			continue
		case at < 0 || letter == ' ':
			return change, fmt.Errorf("there is no flag %c; there are %s", letter, listed(letters))
		case clearing:
			change.set, change.clear = change.set&^bit, change.clear|bit
		default:
			change.set, change.clear = change.set|bit, change.clear&^bit
		}
		clearing, named = false, true
	}
	if clearing || !named {
		return change, fmt.Errorf("%q names no flag; there are %s", text, listed(letters))
	}
	return change, nil
}

// listed names letters for people.
func listed(letters string) string {
	all := strings.Split(strings.TrimSpace(letters), "")
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}

// SetFlags returns the frame with other flags in its header: letters of R, P, E and T, each set, or
// cleared where a minus stands before it, as in "T" or "-P".
func SetFlags(frame []byte, change string) ([]byte, error) {
	if len(frame) < headerLength {
		return nil, fmt.Errorf("set flags %s: the frame is shorter than a header", change)
	}
	flags, err := readFlags(change, headerLetters)
	if err != nil {
		return nil, fmt.Errorf("set flags %s: %w", change, err)
	}
	out := append([]byte(nil), frame...)
	out[4] = flags.of(out[4])
	return out, nil
}

// AppendOctets returns the frame with octets behind its last AVP, and their number in its length.
func AppendOctets(frame, octets []byte) []byte {
	return endMessage(append(append([]byte(nil), frame...), octets...), 0)
}
