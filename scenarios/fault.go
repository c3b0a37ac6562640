package scenarios

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Fault says how the answer goes out. The request is charged in any case, but for drop: request.
// Over REST only delay, hold and drop have a meaning. Times are of the wall clock.
type Fault struct {
	Delay Span  `yaml:"delay,omitempty" json:"delay,omitzero"`
	Hold  *Hold `yaml:"hold,omitempty" json:"hold,omitempty"`
	// Drop is answer (the request is charged, its answer never goes out) or request (it is as if it
	// had never come).
	Drop string `yaml:"drop,omitempty" json:"drop,omitempty"`
	// Repeat is how many times more the answer is sent.
	Repeat int `yaml:"repeat,omitempty" json:"repeat,omitempty"`
	// Reorder sends the answer behind the next one of its connection, or after ten seconds.
	Reorder bool `yaml:"reorder,omitempty" json:"reorder,omitempty"`
	// Preset makes the answer wrong in a way that has a name: see the server's documentation.
	Preset     string      `yaml:"preset,omitempty" json:"preset,omitempty"`
	Slice      *Slice      `yaml:"slice,omitempty" json:"slice,omitempty"`
	Disconnect *Disconnect `yaml:"disconnect,omitempty" json:"disconnect,omitempty"`
	// StopReading is how long nothing more is read of the connection.
	StopReading Delay `yaml:"stop_reading,omitempty" json:"stop_reading,omitzero"`
	// SilentWatchdog is how long the connection's watchdog requests get no answer.
	SilentWatchdog Delay `yaml:"silent_watchdog,omitempty" json:"silent_watchdog,omitzero"`
	// Goodbye has a DPR follow the answer: rebooting, busy or do_not_want_to_talk.
	Goodbye string `yaml:"goodbye,omitempty" json:"goodbye,omitempty"`
}

// A Hold keeps the answer back until somebody releases it, for Max at most.
type Hold struct {
	Until string `yaml:"until" json:"until"` // the name to release it by
	Max   Delay  `yaml:"max,omitempty" json:"max,omitzero"`
}

// A Slice sends the answer in pieces of so many octets, with a pause between them.
type Slice struct {
	Octets int   `yaml:"octets" json:"octets"`
	Pause  Delay `yaml:"pause,omitempty" json:"pause,omitzero"`
}

type sliceForm Slice

// UnmarshalYAML reads a number of octets, or the long form.
func (s *Slice) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.ScalarNode {
		return node.Load((*sliceForm)(s), yaml.WithKnownFields())
	}
	octets, err := strconv.Atoi(node.Value)
	if err != nil {
		return fmt.Errorf("slice %q is no number of octets", node.Value)
	}
	*s = Slice{Octets: octets}
	return nil
}

// UnmarshalJSON reads a number of octets, or the long form.
func (s *Slice) UnmarshalJSON(data []byte) error { return nodeJSON(data, s) }

// A Disconnect ends the connection: before or after the answer, and how.
type Disconnect struct {
	When string `yaml:"when,omitempty" json:"when,omitempty"` // before, or after, the default
	How  string `yaml:"how,omitempty" json:"how,omitempty"`   // close (the default), reset, half
}

type disconnectForm Disconnect

// UnmarshalYAML reads before, after, reset or half, or the long form.
func (d *Disconnect) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.ScalarNode {
		return node.Load((*disconnectForm)(d), yaml.WithKnownFields())
	}
	switch node.Value {
	case "before", "after":
		*d = Disconnect{When: node.Value}
	case "reset", "half", "close":
		*d = Disconnect{How: node.Value}
	default:
		return fmt.Errorf("disconnect is before, after, close, reset or half, not %q", node.Value)
	}
	return nil
}

// UnmarshalJSON reads any of the forms.
func (d *Disconnect) UnmarshalJSON(data []byte) error { return nodeJSON(data, d) }

// A Span is a time, or any between two: 800ms, 100ms..2s.
type Span struct{ From, To time.Duration }

// UnmarshalText reads a duration, or two with dots between them.
func (s *Span) UnmarshalText(text []byte) error {
	from, to, ranged := strings.Cut(string(text), "..")
	if !ranged {
		to = from
	}
	low, errLow := time.ParseDuration(strings.TrimSpace(from))
	high, errHigh := time.ParseDuration(strings.TrimSpace(to))
	if errLow != nil || errHigh != nil {
		return fmt.Errorf("delay %q is not a time; write it like 2s, 250ms or 100ms..2s", text)
	}
	if low > high {
		return fmt.Errorf("delay %q ends before it begins", text)
	}
	*s = Span{low, high}
	return nil
}

// MarshalText writes the span.
func (s Span) MarshalText() ([]byte, error) {
	if s.From == s.To {
		return []byte(s.From.String()), nil
	}
	return []byte(s.From.String() + ".." + s.To.String()), nil
}

// IsZero reports whether there is no delay.
func (s Span) IsZero() bool { return s == Span{} }

// drawn is a time of the span.
func (s Span) drawn(random *rand.Rand) time.Duration {
	if s.From == s.To {
		return s.From
	}
	return s.From + time.Duration(random.Int64N(int64(s.To-s.From)+1))
}

// A Value is what an AVP is set to, as text; a number may be written as one.
type Value string

// UnmarshalYAML reads any scalar as it is written.
func (v *Value) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.ScalarNode {
		return fmt.Errorf("the value of an AVP is one text or number")
	}
	*v = Value(node.Value)
	return nil
}

// UnmarshalJSON reads a text or a number.
func (v *Value) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, (*string)(v))
	}
	if c := data[0]; c != '-' && (c < '0' || c > '9') {
		return fmt.Errorf("%s is neither a text nor a number", data)
	}
	*v = Value(data)
	return nil
}

// causes are the words for Disconnect-Cause (RFC 6733 section 5.4.3).
func causes() []charging.Word {
	return charging.Words(0, "rebooting", "busy", "do_not_want_to_talk")
}

// delivery compiles a fault. What is drawn by chance or released by name is filled in for each
// answer.
func (f *Fault) delivery() *charging.Delivery {
	d := &charging.Delivery{
		Delay: f.Delay.To, Drop: f.Drop == "answer", Unheard: f.Drop == "request",
		Copies: f.Repeat, Behind: f.Reorder, Preset: f.Preset,
		Deaf: time.Duration(f.StopReading), Mute: time.Duration(f.SilentWatchdog),
	}
	if f.Slice != nil {
		d.Slice, d.Pause = f.Slice.Octets, time.Duration(f.Slice.Pause)
	}
	if f.Disconnect != nil {
		d.Early = f.Disconnect.When == "before"
		d.Ending = map[string]charging.Ending{
			"reset": charging.Resets, "half": charging.HalfClose,
		}[f.Disconnect.How]
		if d.Ending == charging.Stays {
			d.Ending = charging.Closes
		}
	}
	if cause, known := charging.NumberOf(f.Goodbye, causes()); known {
		d.Goodbye = charging.Known(cause)
	}
	return d
}

// fault checks a Fault.
func (c *checker) delivery(path string, f *Fault) {
	if *f == (Fault{}) {
		c.fault(path, "fault needs one of delay, hold, drop, repeat, reorder, preset, slice, "+
			"disconnect, stop_reading, silent_watchdog, goodbye")
	}
	c.spell(path+".delay", f.Delay.From)
	if f.Delay.From >= 0 {
		c.spell(path+".delay", f.Delay.To)
	}
	c.spell(path+".stop_reading", time.Duration(f.StopReading))
	c.spell(path+".silent_watchdog", time.Duration(f.SilentWatchdog))
	c.word(path+".drop", f.Drop, "answer", "request")
	if f.Repeat < 0 || f.Repeat > 100 {
		c.fault(path+".repeat", "an answer is sent 1 to 100 times more")
	}
	if f.Slice != nil {
		if f.Slice.Octets < 1 {
			c.fault(path+".slice", "a piece has one octet or more")
		}
		c.spell(path+".slice.pause", time.Duration(f.Slice.Pause))
	}
	if f.Disconnect != nil {
		c.word(path+".disconnect.when", f.Disconnect.When, "before", "after")
		c.word(path+".disconnect.how", f.Disconnect.How, "close", "reset", "half")
	}
	c.goodbye(path, f)
	c.hold(path, f)
	if f.Drop != "" && (f.Preset != "" || f.Repeat > 0 || f.Slice != nil || f.Reorder) {
		c.fault(path+".drop", "an answer that is dropped cannot be sent in another way, too")
	}
}

// spell checks a time of the wall clock.
func (c *checker) spell(path string, spell time.Duration) {
	if spell < 0 || spell > MaxDelay {
		c.fault(path, "a delay is above zero and at most %v", MaxDelay)
	}
}

func (c *checker) goodbye(path string, f *Fault) {
	words := causes()
	if f.Goodbye != "" && !slices.ContainsFunc(words, func(w charging.Word) bool {
		return w.Text == f.Goodbye
	}) {
		c.fault(path+".goodbye", "unknown word %q; use %s", f.Goodbye, charging.Listed(words))
	}
	if f.Goodbye != "" && f.Disconnect != nil {
		c.fault(path+".goodbye", "goodbye and disconnect exclude each other")
	}
}

func (c *checker) hold(path string, f *Fault) {
	if f.Hold == nil {
		return
	}
	if strings.TrimSpace(f.Hold.Until) == "" {
		c.fault(path+".hold.until", "a held answer needs a name to be released by")
	}
	c.spell(path+".hold.max", time.Duration(f.Hold.Max))
	if !f.Delay.IsZero() {
		c.fault(path+".hold", "hold and delay exclude each other; a hold ends after its max")
	}
}
