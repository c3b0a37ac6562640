package recording

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// Options say how a capture is imported.
type Options struct {
	Name string // of the capture, for the conversation's first line
	// Definitions are of AVPs that the standards do not tell of. The seed has those that occur.
	Definitions []diameter.Definition
	// Rehearse plays a conversation against a fresh simulator with its seed. It is needed: without it
	// nothing would be known of what the seed does.
	Rehearse Rehearse
	// Remarks are put before the line of a packet, as comments: what was found there.
	Remarks map[int][]string
}

// Rehearse plays a conversation over Gy against a simulator that begins with the conversation's
// seed. The error says why it did not come to its end; the performance is as far as it came.
type Rehearse func(
	context.Context, *conversation.Conversation, conversation.Options,
) (*Performance, error)

// A Performance is what a rehearsal came to.
type Performance struct {
	Report   *conversation.Report
	Messages map[int]Messages // by the line of the request
}

// Messages are a request as it was sent and its answer; nil: none came.
type Messages struct{ Sent, Answered []byte }

// An Imported is what a capture became.
type Imported struct {
	Text     []byte // of the conversation, its seed included
	Messages int    // of credit control, with those seen at several hops
	Requests int    // in the conversation
	Sessions int
	Rules    int            // of scenarios
	Left     map[string]int // messages that are no credit control, by name
	Again    int            // messages that were seen at one more hop
	Strays   []int          // packets of answers whose request is not in the capture
	Unproved []Unproved
}

// An Unproved line is one that does not come out as captured.
type Unproved struct {
	Packet int    `json:"packet,omitempty"`
	Line   int    `json:"line,omitempty"`
	Why    string `json:"why"`
}

// ErrNothing is returned where a capture holds no request of credit control.
var ErrNothing = errors.New("there is no request of credit control in it")

// The rounds of an import: so many with one correction for each session, so that what follows from
// a wrong answer is not corrected too, and then as many with all.
const (
	carefulRounds = 12
	rounds        = 40
)

// Import turns captured messages into a conversation with a seed that makes it pass, and proves it
// by rehearsals. What cannot be had stands in the conversation as a comment and in Unproved. It
// fails with ErrNothing, and where a rehearsal cannot begin.
func Import(ctx context.Context, frames []capture.Frame, o Options) (*Imported, error) {
	d := newDraft(frames, o)
	if len(d.order) == 0 {
		return nil, ErrNothing
	}
	d.findSilences()
	d.refuseUnreadable()
	for round := range rounds {
		c, offset, err := d.write(false)
		if err != nil {
			return nil, err
		}
		played, err := o.Rehearse(ctx, c, d.pace(false))
		if played == nil || ctx.Err() != nil {
			return nil, errors.Join(err, ctx.Err())
		}
		if !d.correct(played, err, offset, round < carefulRounds) {
			break
		}
	}
	return d.prove(ctx)
}

// refuseUnreadable gives up answers that no simulator can be told to give.
func (d *draft) refuseUnreadable() {
	for _, t := range d.order {
		if t.answered != nil && t.answer == nil && !t.silent() {
			t.stuck = "the answer cannot be read"
			if t.unread != nil {
				t.stuck += ": " + t.unread.Error()
			}
		}
	}
}

// pace is how long a rehearsal waits. Late answers are only late in the last one.
func (d *draft) pace(withDelays bool) conversation.Options {
	o := conversation.Options{Timeout: 5 * time.Second, Silence: 150 * time.Millisecond}
	if withDelays {
		o.Timeout = missing + 5*time.Second
	}
	return o
}

// write makes the conversation; offset is how many lines stand before the first of them. Lines that
// cannot be read again are given up.
func (d *draft) write(withDelays bool) (c *conversation.Conversation, offset int, err error) {
	for {
		c, offset, err = d.writeOnce(withDelays)
		if err == nil || !d.unreadable(err, offset) {
			return c, offset, err
		}
	}
}

// unreadable gives up what stands on the lines that an error is about. It reports whether there was
// anything.
func (d *draft) unreadable(err error, offset int) (found bool) {
	var told *charging.Error
	if !errors.As(err, &told) {
		return false
	}
	faults := map[int]string{}
	for _, fault := range told.Faults {
		faults[fault.Line-offset] = fault.Message
	}
	for _, t := range d.order {
		if why := faults[t.line]; why != "" && !t.unsaid {
			t.stuck, t.unsaid, found = why, true, true
			continue
		}
		if why := faults[t.answerLine]; why != "" && t.stuck == "" && t.answerLine > 0 {
			t.stuck, found = why, true
		}
	}
	return found
}

func (d *draft) writeOnce(withDelays bool) (c *conversation.Conversation, offset int, err error) {
	d.remarks()
	lines := d.compose()
	seed, err := d.seed(withDelays)
	if err != nil {
		return nil, 0, err
	}
	d.text = seed + "---\n" + strings.Join(lines, "\n") + "\n"
	if len(d.text) > conversation.MaxBytes {
		return nil, 0, fmt.Errorf("its %d requests make a conversation of %d bytes, more than the "+
			"%d that one may have; import a part of the capture", len(d.order), len(d.text),
			conversation.MaxBytes)
	}
	offset = strings.Count(seed, "\n") + 1
	c, err = conversation.Parse("capture.conv", []byte(d.text))
	return c, offset, err
}

// remarks begins the comments anew.
func (d *draft) remarks() {
	d.notes = map[int][]string{}
	for packet, texts := range d.Options.Remarks {
		d.notes[packet] = texts
	}
	for _, t := range d.order {
		t.heard = false
	}
}

// correct scripts what came out otherwise than captured. It reports whether anything was changed.
func (d *draft) correct(played *Performance, failed error, offset int, careful bool) bool {
	changed := false
	wrong := map[string]bool{} // sessions that have gone another way already
	for _, t := range d.order {
		if t.stuck != "" || t.loose != "" || careful && wrong[t.session] {
			continue
		}
		messages, asked := played.Messages[t.line+offset]
		if !asked {
			continue
		}
		why := d.differs(t, messages.Answered)
		if why == "" {
			continue
		}
		wrong[t.session] = wrong[t.session] || d.matters(t, messages.Answered)
		changed = true
		if t.answered == nil || messages.Answered == nil || t.repeat && t.silent() ||
			!t.improve(d.dictionary, messages.Answered) {
			d.giveUp(t, messages.Answered, why)
		}
	}
	return d.stop(played, failed, offset) || changed
}

// giveUp keeps a line that says what came, and makes a comment of all others.
func (d *draft) giveUp(t *take, played []byte, why string) {
	got, err := d.dictionary.ParseAnswer(played)
	if err != nil || t.answer == nil || t.silent() ||
		conversation.Words(got) != conversation.Words(t.answer) {
		t.stuck = why
		return
	}
	var paths []string
	for _, e := range d.dictionary.Edits(played, t.answered.Octets, likeness(t.answer, got)) {
		paths = append(paths, e.Path)
	}
	t.loose = "other AVPs than captured: " + strings.Join(paths, ", ")
	t.script.checks = nil
}

// matters reports whether what follows may differ too, since the answer differs in what is granted.
func (d *draft) matters(t *take, played []byte) bool {
	got, err := d.dictionary.ParseAnswer(played)
	return err != nil || t.answer == nil || essence(got) != essence(t.answer)
}

// differs says how a played answer differs from the one captured; empty: it does not.
func (d *draft) differs(t *take, played []byte) string {
	switch {
	case t.unended:
		return ""
	case t.silent() && played == nil:
		return ""
	case t.silent():
		return "the simulator answers " + d.words(played)
	case played == nil:
		return "the simulator does not answer"
	}
	got, err := d.dictionary.ParseAnswer(played)
	if err == nil && d.dictionary.Alike(played, t.answered.Octets, likeness(t.answer, got)) {
		return ""
	}
	return "the simulator answers " + d.words(played)
}

func (d *draft) words(answer []byte) string {
	parsed, err := d.dictionary.ParseAnswer(answer)
	if err != nil {
		return "what cannot be read"
	}
	return conversation.Words(parsed)
}

// stop gives up the line at which a rehearsal ended before its end. It reports whether there is
// one.
func (d *draft) stop(played *Performance, failed error, offset int) bool {
	if failed == nil {
		return false
	}
	last := 0
	for _, event := range played.Report.Events {
		last = max(last, event.Step.Line)
	}
	for _, line := range played.Report.Skipped {
		last = max(last, line)
	}
	for _, m := range d.moments {
		t := d.takes[m.exchange]
		end := max(t.line, t.answerLine) + offset
		if t.stuck == "" && t.line > 0 && end > last && (m.byServer || !m.answer) {
			t.stuck = failed.Error()
			return true
		}
	}
	return false
}

// prove plays the conversation as it is handed out.
func (d *draft) prove(ctx context.Context) (*Imported, error) {
	c, offset, err := d.write(true)
	if err != nil {
		return nil, err
	}
	played, failed := d.Rehearse(ctx, c, d.pace(true))
	if played == nil || ctx.Err() != nil {
		return nil, errors.Join(failed, ctx.Err())
	}
	out := &Imported{
		Text: []byte(d.text), Requests: len(d.order), Sessions: len(d.names), Left: d.left,
		Again: d.again, Messages: len(d.moments) + d.again + len(d.strays),
	}
	for _, stray := range d.strays {
		out.Strays = append(out.Strays, stray.Packet)
	}
	_, out.Rules = d.scenarios(true)
	d.judgeProof(out, played, failed, offset)
	return out, nil
}

// unlike lists by what a request that was sent differs from the one captured, but for what differs
// from run to run.
func (d *draft) unlike(t *take, sent []byte) []charging.Edit {
	like := requestLikeness(true)
	like.Except = append(like.Except, "Session-Id")
	edits := d.dictionary.Edits(sent, t.asked.Octets, like)
	return slices.DeleteFunc(edits, func(e charging.Edit) bool {
		return strings.HasSuffix(e.Path, "Refund-Information") && e.Op == diameter.EditSet
	})
}

const sessionID = 263 // the AVP (RFC 6733 section 8.8)

// sessionBehind reports whether Session-Id does not come first, as it has to: the one order of AVPs
// that is a fault by itself.
func sessionBehind(octets []byte) bool {
	return len(octets) >= headerLength+4 &&
		binary.BigEndian.Uint32(octets[headerLength:]) != sessionID &&
		len(diameter.Attributes(octets).Lookup("Session-Id")) > 0
}

// judgeProof lists what does not come out as captured.
func (d *draft) judgeProof(out *Imported, played *Performance, failed error, offset int) {
	for _, x := range d.exchanges {
		if t := d.takes[x]; t.stuck != "" {
			out.Unproved = append(out.Unproved, Unproved{
				Packet: t.asked.Packet, Line: max(t.line, t.answerLine) + offset, Why: t.stuck,
			})
		}
	}
	for _, t := range d.order {
		messages, asked := played.Messages[t.line+offset]
		if asked && sessionBehind(t.asked.Octets) && !sessionBehind(messages.Sent) {
			out.Unproved = append(out.Unproved, Unproved{
				Packet: t.asked.Packet, Line: t.line + offset,
				Why: "the request goes out with Session-Id first, and was captured with it behind " +
					"another AVP",
			})
		}
		if edits := d.unlike(t, messages.Sent); asked && len(edits) > 0 {
			out.Unproved = append(out.Unproved, Unproved{
				Packet: t.asked.Packet, Line: t.line + offset,
				Why: fmt.Sprintf("the request goes out otherwise: %+v", edits),
			})
		}
	}
	for _, event := range played.Report.Events {
		for _, miss := range event.Misses {
			out.Unproved = append(out.Unproved, Unproved{Line: event.Step.Line, Why: miss})
		}
	}
	if failed != nil {
		out.Unproved = append(out.Unproved, Unproved{Why: failed.Error()})
	}
}
