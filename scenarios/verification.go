package scenarios

import (
	"fmt"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// The limits of verifications.
const (
	MaxVerifications = 1000 // in one list
	MaxSteps         = 100  // of an order
	MaxWithin        = 50 * time.Second
	MaxNearMisses    = 3
)

// A Verification asks whether the journal holds what it should: as many exchanges or observations
// as Count says of what Match picks, or all that Order says, one behind the other.
type Verification struct {
	Name string `yaml:"name,omitempty" json:"name,omitempty"`
	// Session is that of every match that names none; a glob.
	Session string  `yaml:"session,omitempty" json:"session,omitempty"`
	Match   *Match  `yaml:"match,omitempty" json:"match,omitempty"`
	Order   []Match `yaml:"order,omitempty" json:"order,omitempty"`
	// Exact says that nothing else that a step of the order picks may stand between.
	Exact bool `yaml:"exact,omitempty" json:"exact,omitempty"`
	// Count is how many a match picks; absent: at least one.
	Count  Range `yaml:"count,omitempty" json:"count,omitzero"`
	Absent bool  `yaml:"absent,omitempty" json:"absent,omitempty"` // as count: 0
	// After leaves out what has this number or a lower one.
	After int64 `yaml:"after,omitempty" json:"after,omitempty"`
	// Within is how long it is waited for. What more could still break is waited for to its end.
	Within Delay `yaml:"within,omitempty" json:"within,omitzero"`
}

// Verified says whether a verification holds.
type Verified struct {
	Name      string  `json:"name,omitempty"`
	Satisfied bool    `json:"satisfied"`
	Found     []int64 `json:"found"` // numbers, of an order those of its steps
	Reason    string  `json:"reason"`
	// NearMisses are the best of what was not picked, where more should have been.
	NearMisses []NearMiss `json:"near_misses,omitempty"`
}

// A NearMiss is something in the journal that meets many conditions, with those that it misses.
type NearMiss struct {
	Seq    int64  `json:"seq"`
	What   string `json:"what"`
	Misses []Miss `json:"misses"`
}

// A Miss is one condition that does not hold.
type Miss struct {
	Key  string `json:"key"`           // as it is written in the match
	AVP  string `json:"avp,omitempty"` // path of the AVP that it is about
	Want string `json:"want"`
	Seen string `json:"seen"`
}

// String writes a miss on one line.
func (m *Miss) String() string {
	name := m.Key
	if m.AVP != "" && !strings.HasSuffix(m.Key, m.AVP) {
		name += " (" + m.AVP + ")"
	}
	return fmt.Sprintf("%s: want %s, seen %s", name, m.Want, m.Seen)
}

// String writes a near miss: a line for what it is, and one for each miss.
func (n *NearMiss) String() string {
	lines := []string{fmt.Sprintf("#%d %s", n.Seq, n.What)}
	for i := range n.Misses {
		lines = append(lines, "  "+n.Misses[i].String())
	}
	return strings.Join(lines, "\n")
}

// String tells whether it holds, why, and what came near.
func (v *Verified) String() string {
	word := "ok"
	if !v.Satisfied {
		word = "FAIL"
	}
	if v.Name != "" {
		word += " " + v.Name
	}
	lines := []string{word + ": " + v.Reason}
	for i := range v.NearMisses {
		near := strings.ReplaceAll(v.NearMisses[i].String(), "\n", "\n  ")
		lines = append(lines, "  near miss "+near)
	}
	return strings.Join(lines, "\n")
}

// count is what a match wants.
func (v *Verification) count() Range {
	switch {
	case v.Absent:
		return Range{charging.Known(0), charging.Known(0)}
	case v.Count.IsZero():
		return Range{From: charging.Known(1)}
	}
	return v.Count
}

// bounded reports whether what holds now may be broken by more to come and by nothing else.
func (v *Verification) bounded() bool {
	return v.Match != nil && v.count().Contains(0)
}

// A verifier is a Verification, compiled, for one look at the journal.
type verifier struct {
	*Verification
	matchers []*matcher     // one of a match, or the steps of an order
	events   [][]occurrence // for each of them, what it takes
}

func newVerifier(v *Verification) *verifier {
	c := &verifier{Verification: v}
	written := v.Order
	if v.Match != nil {
		written = []Match{*v.Match}
	}
	for i := range written {
		m := written[i]
		if m.Session == "" {
			m.Session = v.Session
		}
		c.matchers = append(c.matchers, newMatcher(&m))
	}
	c.events = make([][]occurrence, len(c.matchers))
	return c
}

// Check looks at the journal as it is now.
func (j *Journal) check(v *Verification) Verified {
	c := newVerifier(v)
	j.facts(func(f *fact) bool {
		for i, m := range c.matchers {
			if m.takes(f) && f.record.number > v.After {
				c.events[i] = append(c.events[i], newOccurrence(f, m))
			}
		}
		return true
	})
	got := Verified{Name: v.Name, Found: []int64{}}
	lacking, behind := c.matchers[0], place0
	if v.Match != nil {
		c.judgeCount(&got)
	} else if step, position := c.judgeOrder(&got); !got.Satisfied {
		lacking, behind = c.matchers[step], position
	}
	if wantsMore := v.Match == nil || got.lacks(v); !got.Satisfied && wantsMore {
		got.NearMisses = j.nearMisses(lacking, max(v.After, behind.number-1))
		got.Reason += j.lacking(v, len(got.NearMisses) == 0)
	}
	return got
}

// lacking says what else there is to say where something was not found: that nothing came at all,
// or that it may have made room for others.
func (j *Journal) lacking(v *Verification, nothingNear bool) (text string) {
	switch {
	case nothingNear && j.Empty():
		text = "; nothing was received at all"
	case nothingNear && v.After > 0:
		text = fmt.Sprintf("; nothing like it came behind #%d", v.After)
	}
	if dropped := j.Dropped(); dropped > 0 {
		text += fmt.Sprintf("; %d older exchanges made room for others and were not looked at", dropped)
	}
	return text
}

// lacks reports whether fewer were found than should be.
func (v *Verified) lacks(wanted *Verification) bool {
	least := wanted.count().From
	return least.Known && int64(len(v.Found)) < least.Value
}

func (c *verifier) judgeCount(got *Verified) {
	for _, e := range c.events[0] {
		got.Found = append(got.Found, e.seq)
	}
	number, want := int64(len(got.Found)), c.count()
	got.Satisfied = want.Contains(number)
	wanted := want.String()
	if want.To == charging.Known(0) {
		wanted = "none"
	}
	there := "is"
	if number != 1 {
		there = "are"
	}
	got.Reason = fmt.Sprintf("there %s %d of %s, want %s",
		there, number, c.matchers[0].written, wanted)
	if got.Satisfied {
		got.Reason = fmt.Sprintf("there %s %d of %s", there, number, c.matchers[0].written)
	}
}
