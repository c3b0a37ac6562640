package ladder_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/api/ladder"
)

// What the names and texts of peers are written as was rendered by Mermaid 11, which showed each as
// it is here.
func TestTextsMeanNothingToMermaid(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"wrap: x":         "wrap#58; x",
		" NoWrap:y":       "NoWrap#58;y",
		"$$x^2$$":         "#36;#36;x^2#36;#36;",
		"a\u2028b\nc":     "a b c",
		"%%{init: {}}%%":  "#37;#37;#123;init: #123;#125;#125;#37;#37;",
		"#35;":            "#35;35#59;",
		"end":             "end",
		`<br/>"q" 'q' \n`: `#60;br/#62;#34;q#34; 'q' #92;n`,
		"日本語 😀":           "日本語 😀",
		"\xff":            "\uFFFD",
	} {
		l := ladder.Ladder{Actors: []string{text}, Title: "t", Rows: []ladder.Row{
			{At: time.Unix(0, 0), Kind: ladder.Remark, Text: "x", Beside: []string{text}},
		}}
		var b strings.Builder
		if err := l.Mermaid(&b); err != nil {
			t.Fatal(err)
		}
		drawn := "sequenceDiagram\n    participant p0 as " + want + "\n    Note over p0,p0: t\n" +
			"    Note over p0: 00:00:00.000 x\n    Note right of p0: " + want + "\n"
		if b.String() != drawn {
			t.Errorf("%q is drawn as\n%s\nwant\n%s", text, b.String(), drawn)
		}
	}
}
