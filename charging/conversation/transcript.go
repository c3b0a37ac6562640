package conversation

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// drawnWidth is how wide the arrows of a transcript are.
const drawnWidth = 76

// WriteTo draws the whole report as people read it; see Event.Draw.
func (r *Report) WriteTo(w io.Writer) (int64, error) {
	var text strings.Builder
	for i := range r.Events {
		text.WriteString(r.Events[i].Draw())
	}
	n, err := io.WriteString(w, text.String())
	return int64(n), err
}

// Draw renders one line played: requests as arrows to the right, answers as arrows to the left with
// their reasons and what accounts hold then, and every miss marked with an x.
func (e *Event) Draw() string {
	var b strings.Builder
	switch {
	case e.Step.Send != nil:
		r := e.Request
		title := fmt.Sprintf(
			"CCR %s #%d %s",
			r.Type,
			r.Key.Number,
			e.Step.Send.Request.Key.Session.ID,
		)
		arrow(&b, title, RequestWords(r), true)
		if e.Answer != nil {
			arrow(&b, "CCA", Words(e.Answer), false)
		}
	case e.Step.Expect != nil && e.Answer == nil:
		fmt.Fprint(&b, "  |   no answer\n")
	case e.Step.Expect != nil:
		arrow(&b, "CCA", Words(e.Answer), false)
		for _, reason := range e.Why {
			fmt.Fprintf(&b, "     . %s\n", reason)
		}
	case e.Step.Advance != nil:
		fmt.Fprintf(&b, "  ~  %s pass\n", e.Step.Advance.By)
	case e.Step.Turn != nil:
		fmt.Fprintf(
			&b,
			"  ~  the charging clock stands at %s\n",
			e.Step.Turn.At.Format(time.RFC3339),
		)
	case e.Step.Transfer != nil:
		fmt.Fprintf(&b, "  !  %s\n", strings.TrimSpace(e.Step.Text[1:]))
	case e.Step.Call != nil, e.Step.Told != nil:
		fmt.Fprintf(&b, "  *  %s\n", strings.TrimSpace(e.Step.Text[1:]))
	case e.Step.Heard != nil:
		e.Step.Heard.draw(&b)
	}
	e.drawAccounts(&b)
	for _, miss := range e.Misses {
		fmt.Fprintf(&b, "  x  line %d: %s\n", e.Step.Line, miss)
	}
	return b.String()
}

func (e *Event) drawAccounts(b *strings.Builder) {
	for _, account := range e.Accounts {
		for _, balance := range account.Balances {
			fmt.Fprintf(b, "     = %s: %s\n", account.ID, balance)
		}
	}
}

// arrow draws a message on one line, or its words below where they are long.
func arrow(b *strings.Builder, title, words string, right bool) {
	label := title
	below := len(title)+len(words) > drawnWidth-8
	if !below {
		label += " " + words
	}
	line := label + " " + strings.Repeat("-", max(2, drawnWidth-len(label)))
	if right {
		fmt.Fprintf(b, "\n  |--%s>|\n", " "+line)
	} else {
		fmt.Fprintf(b, "  |<- %s-|\n", line)
	}
	if below {
		fmt.Fprintf(b, "     %s\n", words)
	}
}
