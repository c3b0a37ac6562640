package conversation

import (
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Writer writes the lines of a conversation, so that Parse reads what was written. It knows what
// Parse takes from earlier lines and does not say it again.
type Writer struct {
	parser parser
	lines  []string
}

// NewWriter returns a writer of lines that stand behind a seed.
func NewWriter() *Writer {
	w := &Writer{parser: newParser("written")}
	w.parser.writing = true
	return w
}

// Lines are those written so far.
func (w *Writer) Lines() []string { return w.lines }

// Line writes a line as it is. It fails where that is none of a conversation.
func (w *Writer) Line(text string) error {
	w.lines = append(w.lines, text)
	waiting := w.parser.waiting
	w.parser.line, w.parser.text = len(w.lines), text
	w.parser.step()
	if len(w.parser.faults) > 0 {
		fault := w.parser.faults[0].Message
		w.parser.faults, w.lines = nil, w.lines[:len(w.lines)-1]
		w.parser.waiting = waiting
		return errors.New(text + ": " + fault)
	}
	return nil
}

// Remark writes a comment, a line for each of the text.
func (w *Writer) Remark(text string) {
	for line := range strings.Lines(text) {
		w.lines = append(w.lines, strings.TrimRight("# "+line, "\n "))
	}
}

// Pass writes that time passes, in whole seconds.
func (w *Writer) Pass(by time.Duration) error {
	return w.Line("+ " + strconv.FormatInt(int64(by/time.Second), 10) + "s")
}

// Send writes a request; its session holds the name that the file gives it. What no word can say is
// left out: the Send that is returned is what the line says, and words of the wire may be put
// behind it by Wire.
func (w *Writer) Send(r *charging.Request, connection string) (*Send, error) {
	words := append([]string{r.Type.String(), r.Key.Session.ID}, w.requestWords(r)...)
	if connection != "" {
		words = append(words, "conn="+connection)
	}
	return w.sent(words)
}

// SendRefundingLast is Send for a request whose Refund-Information is that of the answer before.
func (w *Writer) SendRefundingLast(r *charging.Request, connection string) (*Send, error) {
	request := *r
	request.Refund = nil
	words := append([]string{r.Type.String(), r.Key.Session.ID}, w.requestWords(&request)...)
	if connection != "" {
		words = append(words, "conn="+connection)
	}
	return w.sent(append(words, "refund=last"))
}

// Tail puts a comment behind the line that was written last.
func (w *Writer) Tail(text string) { w.lines[len(w.lines)-1] += "  # " + text }

// Again writes that the last request of a session is sent once more, word for word: marked as a
// retransmission or not.
func (w *Writer) Again(session string, marked bool, connection string) (*Send, error) {
	words := []string{"repeat", session}
	if marked {
		words[0] = "retransmit"
	}
	if connection != "" {
		words = append(words, "conn="+connection)
	}
	return w.sent(words)
}

func (w *Writer) sent(words []string) (*Send, error) {
	if err := w.Line("> " + line(words)); err != nil {
		return nil, err
	}
	steps := w.parser.conversation.Steps
	return steps[len(steps)-1].Send, nil
}

// Wire puts words of the wire behind the request or answer that was written last.
func (w *Writer) Wire(words ...Word) {
	for i := range words {
		w.lines[len(w.lines)-1] += " " + quoted(words[i].String())
	}
	steps := w.parser.conversation.Steps
	if last := steps[len(steps)-1]; last.Send != nil {
		last.Send.Wire = append(last.Send.Wire, words...)
	}
}

// String writes the word as it stands on a line.
func (w Word) String() string {
	switch {
	case w.Path == "":
		return w.Name + ":" + w.Value
	case w.Name == expectAVP && w.Value == "":
		return w.Name + ":" + w.Path
	}
	return w.Name + ":" + w.Path + "=" + w.Value
}

// Answer writes what an answer is expected to be: all that Words has, and that a grant is not the
// last where it is not.
func (w *Writer) Answer(a *charging.Answer) error {
	return w.Line("< " + line(expectWords(a)))
}

func expectWords(a *charging.Answer) []string {
	words := commandWords(a)
	if !hasWord(a.Result) {
		words[0] = "any"
	}
	for i := range a.Services {
		s := a.Services[i]
		if !hasWord(s.Result) {
			s.Result = 0
		}
		if i > 0 && !s.Key.Group.Known && len(s.Key.IDs) > 0 {
			words = append(words, "mscc") // si= alone would belong to the service before
		}
		words = append(words, serviceWords(&s)...)
		if len(s.Granted) > 0 && s.Final == nil {
			words = append(words, "final=none")
		}
	}
	return slices.DeleteFunc(words, func(word string) bool { return !canStand(word) })
}

// hasWord reports whether a result can be written: only four digits are read as one.
func hasWord(r charging.Result) bool { return r >= 1000 && r <= 9999 }

// line joins words so that tokens takes them apart again.
func line(words []string) string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = quoted(word)
	}
	return strings.Join(out, " ")
}

func quoted(word string) string {
	if !strings.ContainsAny(word, " \t") && !strings.HasPrefix(word, "#") {
		return word
	}
	name, value, given := strings.Cut(word, "=")
	if !given || strings.ContainsAny(name, " \t#") {
		return `"` + word + `"`
	}
	return name + `="` + value + `"`
}

// canStand reports whether a word can be written on a line at all.
func canStand(word string) bool {
	return word != "" && !strings.ContainsAny(word, "\"\r\n\x00")
}

// requestWords are all words that a request needs behind its session.
func (w *Writer) requestWords(r *charging.Request) []string {
	state := w.parser.sessions[sessionKey{r.Key.Session.ID, r.Key.Session.Sub}]
	if state == nil {
		state = &sessionState{context: DefaultContext}
	}
	words := identityWords(r, state)
	words = append(words, numberWordsOf(r, state)...)
	if r.Context != state.context {
		words = append(words, "context="+r.Context)
	}
	if r.Origin.Host != state.origin.Host || r.Origin.Realm != state.origin.Realm {
		words = append(words, "host="+r.Origin.Host, "realm="+r.Origin.Realm)
	}
	words = append(words, purposeWords(r)...)
	words = append(words, toldWords(&r.Information)...)
	words = append(words, askedServices(r)...)
	return slices.DeleteFunc(words, func(word string) bool { return !canStand(word) })
}

// identityWords are the subscribers, where they are others than before.
func identityWords(r *charging.Request, state *sessionState) (words []string) {
	if slices.Equal(r.Subscribers, state.subscribers) {
		return nil
	}
	for _, identity := range r.Subscribers {
		words = append(words, identityWord(identity))
	}
	if len(words) == 0 {
		words = []string{"nobody"}
	}
	return words
}

// identityWord is a word that is read as the identity, or nothing where there is none.
func identityWord(identity charging.Identity) string {
	for _, word := range []string{identity.Data, identity.Type.String() + ":" + identity.Data} {
		if again, ok := parseIdentity(word); ok && again == identity {
			return word
		}
	}
	return ""
}

// numberWordsOf say which request of its session it is, where that is not plain.
func numberWordsOf(r *charging.Request, state *sessionState) (words []string) {
	if r.Key.Session.Sub != 0 {
		words = append(words, "sub="+strconv.FormatUint(r.Key.Session.Sub, 10))
	}
	plain := uint32(0)
	switch {
	case r.Retransmitted && state.last != nil:
		plain = state.last.Request.Key.Number
	case state.used && (!state.ended || r.Type != charging.Initial):
		plain = state.highest + 1
	}
	if r.Key.Number != plain {
		words = append(words, "number="+strconv.FormatUint(uint64(r.Key.Number), 10))
	}
	if r.Retransmitted {
		words = append(words, "retransmit")
	}
	return words
}

// purposeWords are what belongs to the message as a whole.
func purposeWords(r *charging.Request) (words []string) {
	if len(r.Triggers) > 0 {
		words = append(words, "trigger="+numberWords(r.Triggers))
	}
	if r.Action != charging.NoAction {
		words = append(words, "action="+r.Action.String())
	}
	if r.Cause != 0 {
		words = append(words, "cause="+namedWord(int64(r.Cause), causes()))
	}
	if len(r.Refund) > 0 {
		words = append(words, "refund="+hex.EncodeToString(r.Refund))
	}
	if r.Multiple.Known && (r.Multiple.Value != 1 || r.Type != charging.Initial) {
		words = appendKnown(words, "multiple", r.Multiple)
	}
	return words
}

// namedWord is the name of a number where it has one.
func namedWord(number int64, names []charging.Word) string {
	for _, name := range names {
		if name.Number == number {
			return name.Text
		}
	}
	return strconv.FormatInt(number, 10)
}

func appendNamed(words []string, key string, n charging.Number, names []charging.Word) []string {
	if !n.Known {
		return words
	}
	return append(words, key+"="+namedWord(n.Value, names))
}

func appendText(words []string, key, value string) []string {
	if value == "" {
		return words
	}
	return append(words, key+"="+value)
}

// toldWords are what is told about the service.
func toldWords(i *charging.Information) (words []string) {
	words = appendKnown(words, "n", i.Participants)
	words = appendKnown(words, "members", i.Members)
	if i.MediaKnown {
		words = append(words, "media="+orNone(strings.Join(i.Media, ",")))
	}
	words = appendNamed(words, "ast", i.ServiceType, charging.ServiceTypes())
	words = appendText(words, "method", i.Method)
	words = appendNamed(words, "role", i.Role, charging.Roles())
	words = appendKnown(words, "size", i.Size)
	words = appendKnown(words, "recipients", i.Recipients)
	words = appendText(words, "to", i.Destination)
	words = appendText(words, "from", i.Calling)
	words = appendText(words, "conference", i.Conference)
	words = appendKnown(words, "delivered", i.Counters.Delivered)
	words = appendKnown(words, "delivered-exploded", i.Counters.DeliveredExploded)
	words = appendKnown(words, "sent", i.Counters.Sent)
	return appendKnown(words, "exploded", i.Counters.Exploded)
}

// askedServices are the services of a request. One without a rating group would be taken for more
// of the one before, so that it says where it begins.
func askedServices(r *charging.Request) (words []string) {
	for i := range r.Services {
		s := &r.Services[i]
		switch {
		case s.Single:
			words = append(words, "single")
		case !s.Key.Group.Known:
			words = append(words, "mscc")
		}
		if key := keyWords(s.Key); key != "mscc" {
			words = append(words, strings.Fields(key)...)
		}
		words = append(words, unitsAsked(s)...)
	}
	return words
}

// unitsAsked are what a service reports and asks for. Units that no word can say are left out.
func unitsAsked(s *charging.Service) (words []string) {
	for i := range s.Used {
		if word, ok := usedWord(&s.Used[i]); ok {
			words = append(words, word)
		}
	}
	if s.Reason.Known {
		words = appendNamed(words, "reason", s.Reason, reportingReasons())
	}
	if len(s.Triggers) > 0 {
		words = append(words, "trigger="+numberWords(s.Triggers))
	}
	if !s.Asked {
		return words
	}
	if again, err := parseAmounts(unitWords(s.Requested), nil); err == nil &&
		slices.Equal(again, s.Requested) {
		return append(words, "want="+unitWords(s.Requested))
	}
	return append(words, "want")
}

func usedWord(u *charging.Usage) (word string, ok bool) {
	again, err := parseAmounts(unitWords(u.Units), nil)
	if err != nil || !slices.Equal(again, u.Units) {
		return "", false
	}
	word = "used=" + unitWords(u.Units)
	if u.Tariff.Known {
		word += "/" + namedWord(u.Tariff.Value, charging.TariffSides())
	}
	if u.Reason.Known {
		word += "/" + namedWord(u.Reason.Value, reportingReasons())
	}
	return word, !u.Tariff.Known || u.Tariff.Value <= 2
}
