package ladder

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Mermaid writes the ladder as a sequenceDiagram.
func (l *Ladder) Mermaid(out io.Writer) error {
	var b strings.Builder
	b.WriteString("sequenceDiagram\n")
	for i, name := range l.Actors {
		fmt.Fprintf(&b, "    participant p%d as %s\n", i, quoted(name))
	}
	if len(l.Actors) > 0 {
		fmt.Fprintf(&b, "    Note over p0,p%d: %s\n", len(l.Actors)-1, quoted(l.Title))
	}
	for i := range l.Rows {
		l.mermaidRow(&b, &l.Rows[i])
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (l *Ladder) mermaidRow(b *strings.Builder, r *Row) {
	text := quoted(r.At.UTC().Format(stamp) + " " + r.Text)
	arrow := map[Kind]string{Question: "->>", Answer: "-->>", Lost: "--x"}[r.Kind]
	if r.Kind == Remark {
		fmt.Fprintf(b, "    Note over p%d: %s\n", r.From, text)
	} else {
		fmt.Fprintf(b, "    p%d%sp%d: %s\n", r.From, arrow, r.To, text)
	}
	beside := r.Beside
	if clock, told := r.charged(); told {
		beside = append([]string{clock}, beside...)
	}
	beside = append(beside[:len(beside):len(beside)], r.Found...)
	if len(beside) == 0 {
		return
	}
	lines := make([]string, len(beside))
	for i, line := range beside {
		lines[i] = quoted(line)
	}
	fmt.Fprintf(b, "    Note right of p%d: %s\n", len(l.Actors)-1, strings.Join(lines, "<br/>"))
}

// quoted is text that means nothing to Mermaid: what its grammar or HTML would take for its own is
// written by its number, as Mermaid has it.
func quoted(text string) string {
	var b strings.Builder
	// At the beginning of a text these words say how lines break.
	for _, word := range []string{"wrap:", "nowrap:"} {
		if beginning := strings.TrimSpace(text); len(beginning) >= len(word) &&
			strings.EqualFold(beginning[:len(word)], word) {
			b.WriteString(beginning[:len(word)-1] + "#58;")
			text = beginning[len(word):]
		}
	}
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		switch {
		case unicode.IsControl(r), unicode.In(r, unicode.Zl, unicode.Zp):
			b.WriteByte(' ')
		case strings.ContainsRune("#;<>&%$\"`{}[]\\", r):
			fmt.Fprintf(&b, "#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
