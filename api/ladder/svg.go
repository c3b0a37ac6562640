package ladder

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// The measures of the drawing, in pixels. Text is of fixed width, so that nothing has to be
// measured and lines break where they should everywhere.
const (
	letterWidth = 7 // at most, of the type size below
	typeSize    = 12
	lineHeight  = 16
	timesWidth  = 150
	actorGap    = 440
	actorMargin = 110 // from the edge of the actors' part to the outer ones
	besideWidth = 460
	headHeight  = 92
	rowGap      = 18
	textLetters = (actorGap - 40) / letterWidth
	sideLetters = (besideWidth - 20) / letterWidth
	tallestName = 28 // letters of an actor's name
)

// style has two faces: drawings stand in light and in dark pages. Colours are written out, since
// many viewers know no variables.
const style = `
  text { font: 12px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1b1f24 }
  .paper { fill: #ffffff } .box { fill: #f1f3f6; stroke: #c9ced6 }
  .rail { stroke: #c9ced6 } .line { stroke: #1b1f24; stroke-width: 1.3; fill: none }
  .head { fill: #1b1f24 } .answer { stroke-dasharray: 6 4 }
  .name, .title { font-weight: bold } text.time { fill: #69727d } text.beside { fill: #0b5d3b }
  text.found { fill: #9a4b00 }
  .line.refused { stroke: #b3261e } .head.refused, text.refused { fill: #b3261e }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6e9ee } .paper { fill: #14171b } .box { fill: #22272e; stroke: #3a414b }
    .rail { stroke: #3a414b } .line { stroke: #e6e9ee } .head { fill: #e6e9ee }
    text.time { fill: #8d96a3 } text.beside { fill: #6fdcab } text.found { fill: #ffb74d }
    .line.refused { stroke: #ff8a80 } .head.refused, text.refused { fill: #ff8a80 }
  }
`

// An artist writes a drawing, from top to bottom.
type artist struct {
	strings.Builder
	ladder *Ladder
	y      int
}

// SVG writes the ladder as an image that needs nothing else: no script, no font, no other file.
func (l *Ladder) SVG(out io.Writer) error {
	a := &artist{ladder: l, y: headHeight}
	for i := range l.Rows {
		a.row(&l.Rows[i])
	}
	width, height := a.besideX()+besideWidth, a.y+rowGap
	var page strings.Builder
	fmt.Fprintf(&page, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" `+
		`viewBox="0 0 %d %d" role="img">`+"\n", width, height, width, height)
	fmt.Fprintf(&page, "<title>%s</title>\n<style>%s</style>\n", escaped(l.Title), style)
	fmt.Fprintf(&page, `<rect class="paper" width="%d" height="%d"/>`+"\n", width, height)
	fmt.Fprintf(&page, `<text class="title" x="12" y="24">%s</text>`+"\n", escaped(l.Title))
	for i, name := range l.Actors {
		l.actor(&page, a.x(i), height, name)
	}
	page.WriteString(a.String())
	page.WriteString("</svg>\n")
	_, err := io.WriteString(out, page.String())
	return err
}

// actor draws a name with the rail below it.
func (l *Ladder) actor(page *strings.Builder, x, height int, name string) {
	letters := []rune(name)
	if len(letters) > tallestName {
		name = string(letters[:tallestName-1]) + "…"
	}
	width := utf8.RuneCountInString(name)*letterWidth + 24
	fmt.Fprintf(page, `<line class="rail" x1="%d" y1="70" x2="%d" y2="%d"/>`+"\n", x, x, height-8)
	fmt.Fprintf(page, `<rect class="box" x="%d" y="44" width="%d" height="26" rx="4"/>`+"\n",
		x-width/2, width)
	fmt.Fprintf(page, `<text class="name" x="%d" y="61" text-anchor="middle">%s</text>`+"\n",
		x, escaped(name))
}

func (a *artist) x(actor int) int { return timesWidth + actorMargin + actor*actorGap }

func (a *artist) besideX() int { return a.x(len(a.ladder.Actors)-1) + actorMargin }

// row draws one message with all that belongs to it, and goes below it.
func (a *artist) row(r *Row) {
	text, beside := wrapped(r.Text, textLetters), []string{}
	for _, line := range r.Beside {
		beside = append(beside, wrapped(line, sideLetters)...)
	}
	found := []string{}
	for _, line := range r.Found {
		found = append(found, wrapped(line, sideLetters)...)
	}
	top := a.y
	a.texts("time", 12, "start", []string{r.At.UTC().Format(stamp)})
	if clock, told := r.charged(); told {
		a.y += lineHeight
		a.texts("time", 12, "start", wrapped(clock, timesWidth/letterWidth-2))
		a.y += lineHeight
	}
	bottom := a.y + rowGap/3
	a.y = top
	if len(beside) > 0 {
		a.texts("beside", a.besideX(), "start", beside)
	}
	a.y += len(beside) * lineHeight
	a.texts("found", a.besideX(), "start", found)
	a.y = top
	class := ""
	if r.Refused {
		class = "refused"
	}
	if r.Kind == Remark {
		a.remark(r, text)
	} else {
		a.texts(class, (a.x(r.From)+a.x(r.To))/2, "middle", text)
		a.arrow(r, top+len(text)*lineHeight-lineHeight/2)
	}
	lines := max(len(text)+1, len(beside)+len(found))
	a.y = max(top+lines*lineHeight, bottom) + rowGap
}

// texts draws lines that begin here; it leaves the place as it is.
func (a *artist) texts(class string, x int, anchor string, lines []string) {
	for i, line := range lines {
		fmt.Fprintf(a, `<text class="%s" x="%d" y="%d" text-anchor="%s">%s</text>`+"\n",
			class, x, a.y+i*lineHeight, anchor, escaped(line))
	}
}

// arrow draws the line of a message. One that was lost ends on its way, with a cross.
func (a *artist) arrow(r *Row, y int) {
	class := "line"
	if r.Kind != Question {
		class += " answer"
	}
	refused := ""
	if r.Refused || r.Kind == Lost {
		refused = " refused"
	}
	from, to := a.x(r.From), a.x(r.To)
	if r.Kind == Lost {
		to = (from + to) / 2
	}
	fmt.Fprintf(a, `<line class="%s" x1="%d" y1="%d" x2="%d" y2="%d"/>`+"\n",
		class+refused, from, y, to, y)
	if r.Kind == Lost {
		fmt.Fprintf(a, `<path class="line%s" d="M%d %dl12 12m0 -12l-12 12"/>`+"\n",
			refused, to-6, y-6)
		return
	}
	back := -9
	if to < from {
		back = 9
	}
	fmt.Fprintf(a, `<path class="head%s" d="M%d %dl%d -5v10z"/>`+"\n", refused, to, y, back)
}

// remark draws a box over the rail of an actor.
func (a *artist) remark(r *Row, text []string) {
	widest := 0
	for _, line := range text {
		widest = max(widest, utf8.RuneCountInString(line))
	}
	width := widest*letterWidth + 26
	x := max(a.x(r.From)-width/2, timesWidth-30)
	fmt.Fprintf(a, `<rect class="box" x="%d" y="%d" width="%d" height="%d" rx="4"/>`+"\n",
		x, a.y-typeSize-2, width, len(text)*lineHeight+6)
	a.texts("", x+10, "start", text)
}

// wrapped breaks a text into lines of so many letters, at spaces where there are any.
func wrapped(text string, letters int) []string {
	var lines []string
	line := []rune{}
	for _, word := range strings.Fields(text) {
		runes := []rune(word)
		if len(line) > 0 && len(line)+1+len(runes) > letters {
			lines, line = append(lines, string(line)), nil
		}
		if len(line) > 0 {
			line = append(line, ' ')
		}
		line = append(line, runes...)
		for len(line) > letters {
			lines, line = append(lines, string(line[:letters])), line[letters:]
		}
	}
	return append(lines, string(line))
}

// escaped is text for XML; what XML cannot hold is replaced.
func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}
