package api

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ocs-sim/ocs-sim/api/ladder"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// LadderInput is the input of GET /v1/sessions/{id}/ladder.svg and its like.
type LadderInput struct {
	ID string `path:"id" doc:"Session-Id, with slashes and percent signs escaped"`
}

// mostDrawn is how many exchanges a ladder shows; the rest of a longer session is counted.
const mostDrawn = scenarios.MostExchanges

func (s *server) ladderRoutes() {
	s.ladderRoute("svg", "image/svg+xml", "an SVG image, for light and dark pages",
		`"<svg xmlns=\"http://www.w3.org/2000/svg\">...</svg>"`, (*ladder.Ladder).SVG)
	s.ladderRoute("mmd", "text/vnd.mermaid", "a sequenceDiagram of Mermaid",
		`"sequenceDiagram\n    participant p0 as im.example.com\n"`, (*ladder.Ladder).Mermaid)
}

func (s *server) ladderRoute(
	ending, media, form, text string, write func(*ladder.Ladder, io.Writer) error,
) {
	r := route{
		method: "GET", path: "/v1/sessions/{id}/ladder." + ending, id: "draw-session-" + ending,
		tag: "Sessions", summary: "Draw a session as " + strings.ToUpper(ending),
		description: "What was said in the session, from top to bottom, with what the ledger did " +
			"beside it: as " + form + ". It is made of the journal, and there as long as that " +
			"has the session, open or closed.",
		example: text, problems: []charging.ErrorKind{charging.KindSessionNotFound},
	}
	register(s, r, func(ctx context.Context, in *LadderInput) (*huma.StreamResponse, error) {
		drawn, err := s.ladder(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(h huma.Context) {
			h.SetHeader("Content-Type", media)
			h.SetHeader("Cache-Control", "no-store")
			h.SetHeader("X-Content-Type-Options", "nosniff")
			h.SetHeader("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
			h.SetStatus(http.StatusOK)
			if err := write(drawn, h.BodyWriter()); err != nil {
				s.Log.Debug().Err(err).Str("operation", r.id).Msg("a drawing was not sent")
			}
		}}, nil
	})
	s.operation(&r).Responses["200"] = &huma.Response{
		Description: "OK",
		Content: map[string]*huma.MediaType{
			media: {Schema: textSchema(), Example: example(text)},
		},
	}
}

// ladder makes the drawing of a session.
func (s *server) ladder(ctx context.Context, session string) (*ladder.Ladder, error) {
	if err := s.settleFindings(ctx); err != nil {
		return nil, err
	}
	found, next := s.Journal.Exchanges(scenarios.Filter{
		Session: session, Raw: true, Trees: true, Found: true, Limit: mostDrawn,
	})
	// One session is drawn, also where its name has a star and means itself.
	found = slices.DeleteFunc(found, func(x scenarios.Exchange) bool { return x.Session != session })
	if session == "" || len(found) == 0 {
		return nil, &charging.Error{
			Kind:    charging.KindSessionNotFound,
			Message: "the journal has nothing of session " + strconv.Quote(session),
			Hint:    "GET /v1/exchanges lists what it has; it keeps the last exchanges only",
		}
	}
	d := drawing{server: s, actors: map[string]int{}}
	for i := range found {
		d.meet(&found[i])
	}
	if len(d.names) == 0 {
		d.names = []string{"peer"} // whom nothing names
	}
	d.own = len(d.names)
	d.names = append(d.names, cmp.Or(s.OriginHost, "ocs-sim"))
	if dropped := s.Journal.Dropped(); dropped > 0 && found[0].Type != "initial" {
		text := "what came before made room, with %d exchanges in all"
		d.remark(found[0].At, fmt.Sprintf(text, dropped))
	}
	for i := range found {
		d.add(&found[i])
	}
	slices.SortStableFunc(d.rows, func(a, b drawnRow) int { return a.compare(&b) })
	end := d.rows[len(d.rows)-1].At
	if next != 0 {
		d.remark(end, fmt.Sprintf("the first %d exchanges are drawn; there are more", mostDrawn))
	}
	d.foundBesides(session)
	if text := s.silentEnd(ctx, session); text != "" {
		d.remark(end, text)
	}
	day := found[0].At.UTC().Format(time.DateOnly)
	return &ladder.Ladder{
		Title: "session " + session + ", " + day + " UTC", Actors: d.names, Rows: d.plainRows(),
	}, nil
}

// silentEnd says how a session ended of which no message tells; empty: one does.
func (s *server) silentEnd(ctx context.Context, session string) string {
	one, err := s.Ledger.Session(ctx, charging.SessionID{ID: session})
	if err != nil || one.ClosedBy != charging.ClosedByExpiry {
		return ""
	}
	return "nothing came in time: the session ended at " +
		one.Closed.UTC().Format("2006-01-02 15:04:05") + " (charging clock); what it held was released"
}

// A drawnRow has its place in the order of all that the journal saw: that in which verifications
// compare it. Something came and got a number, or an answer went out behind a number.
type drawnRow struct {
	ladder.Row
	number int64
	answer bool
}

func (r *drawnRow) compare(o *drawnRow) int {
	phase := map[bool]int{true: 1}
	return cmp.Or(cmp.Compare(r.number, o.number), cmp.Compare(phase[r.answer], phase[o.answer]),
		r.At.Compare(o.At))
}

// A drawing is a ladder that is being made.
type drawing struct {
	server *server
	names  []string
	actors map[string]int // places by name
	own    int            // the simulator's place
	rows   []drawnRow
}

// remark adds a line of ours, which has the place at which it is added.
func (d *drawing) remark(at time.Time, text string) {
	number := int64(0)
	if len(d.rows) > 0 {
		number = d.rows[len(d.rows)-1].number
	}
	row := ladder.Row{At: at, Kind: ladder.Remark, From: d.own, Text: text}
	d.rows = append(d.rows, drawnRow{Row: row, number: number, answer: true})
}

// foundBesides adds what was found in the session and in none of its messages, as what never came.
func (d *drawing) foundBesides(session string) {
	list := d.server.Journal.FoundBy(scenarios.FindingFilter{Session: session, Limit: mostDrawn})
	for i := range list.Items {
		found := &list.Items[i]
		known := slices.ContainsFunc(d.rows, func(r drawnRow) bool {
			return r.Kind == ladder.Question && r.number == found.Exchange
		})
		if !known {
			d.remark(found.At, findingLine(found))
		}
	}
}

func (d *drawing) plainRows() []ladder.Row {
	rows := make([]ladder.Row, len(d.rows))
	for i := range d.rows {
		rows[i] = d.rows[i].Row
	}
	return rows
}

// client is the name of who is at the other end of an exchange; empty where nothing tells.
func (d *drawing) client(x *scenarios.Exchange) string {
	switch {
	case !d.server.initiates(x):
		return cmp.Or(x.Peer, x.Door)
	case x.AnswerRaw != "":
		return cmp.Or(brief(x.AnswerRaw).OriginHost, brief(x.RequestRaw).DestinationHost)
	}
	return brief(x.RequestRaw).DestinationHost
}

// meet gives the client of an exchange a place, from left to right. An observation has none.
func (d *drawing) meet(x *scenarios.Exchange) {
	name := d.client(x)
	if _, known := d.actors[name]; known || name == "" || observed(x) {
		return
	}
	d.actors[name] = len(d.names)
	d.names = append(d.names, name)
}

// observed reports whether an exchange is no question and answer, but what a tester told.
func observed(x *scenarios.Exchange) bool { return x.Door == "observation" }

// add draws an exchange: a question, and its answer or that it is missing.
func (d *drawing) add(x *scenarios.Exchange) {
	client := d.actors[d.client(x)]
	if observed(x) {
		row := ladder.Row{At: x.At, Kind: ladder.Remark, From: 0, Text: observation(x)}
		d.rows = append(d.rows, drawnRow{Row: row, number: x.Seq})
		return
	}
	question := ladder.Row{At: x.At, From: client, To: d.own, Text: asking(x)}
	answer := ladder.Row{
		Kind: ladder.Answer, From: d.own, To: client, Text: answering(x), Beside: moves(x),
	}
	for i := range x.Found {
		question.Found = append(question.Found, findingLine(&x.Found[i]))
	}
	if x.ChargedAt != nil {
		question.Clock = *x.ChargedAt
	}
	if d.server.initiates(x) {
		question.From, question.To = question.To, question.From
		answer.From, answer.To = answer.To, answer.From
	}
	if x.SentAt != nil {
		answer.At = *x.SentAt
		answer.Refused = refuses(x)
	} else {
		answer.At, answer.Kind, answer.Text = x.At, ladder.Lost, missingAnswer(x)
	}
	if late := answer.At.Sub(x.At); late >= noticeable {
		answer.Text += fmt.Sprintf(", %v later", late.Round(time.Millisecond))
	}
	d.rows = append(d.rows, drawnRow{Row: question, number: x.Seq},
		drawnRow{Row: answer, number: max(x.Behind, x.Seq), answer: true})
}

// noticeable is the delay of an answer that a drawing tells.
const noticeable = 50 * time.Millisecond

func missingAnswer(x *scenarios.Exchange) string {
	if x.Dropped {
		return "the answer was dropped"
	}
	return "no answer"
}

// observation is the text of one: that of its document, or all there is.
func observation(x *scenarios.Exchange) string {
	var told struct {
		Text string `json:"text"`
	}
	if raw, ok := x.Request.(json.RawMessage); ok {
		_ = json.Unmarshal(raw, &told) // whatever it is, it has no text then
	}
	return cmp.Or(x.Text, told.Text, strings.Join(x.Why, ", "), x.Door)
}

func brief(raw string) diameter.Brief {
	octets, _ := hex.DecodeString(raw) // nothing is brief, too
	return diameter.BriefOf(octets)
}

// asking is a question in a line.
func asking(x *scenarios.Exchange) string {
	words := []string{cmp.Or(brief(x.RequestRaw).Name, "charge")}
	if x.Type != "" {
		words = append(words, x.Type)
	}
	if x.Number != nil && x.Type != "event" {
		words = append(words, strconv.FormatUint(uint64(*x.Number), 10))
	}
	line := strings.Join(words, " ")
	for i := range x.Services {
		service := &x.Services[i]
		var parts []string
		if len(service.Used) > 0 {
			parts = append(parts, "used "+quantities(service.Used))
		}
		if service.Asked {
			parts = append(parts, strings.TrimSpace("asks "+quantities(service.Requested)))
		}
		if len(parts) > 0 {
			line += serviceWords(service) + strings.Join(parts, ", ")
		}
	}
	return line
}

// answering is an answer in a line.
func answering(x *scenarios.Exchange) string {
	b := brief(x.AnswerRaw)
	line := cmp.Or(b.Name, "answer")
	if result := cmp.Or(b.Result, x.Result); result != 0 {
		line += " " + strconv.FormatUint(uint64(result), 10)
	}
	for i := range x.Services {
		service := &x.Services[i]
		var parts []string
		if service.Result != 0 {
			parts = append(parts, strconv.FormatUint(uint64(service.Result), 10))
		}
		if len(service.Granted) > 0 {
			parts = append(parts, "grants "+quantities(service.Granted))
		}
		if service.Final != nil {
			parts = append(parts, "final")
		}
		if len(parts) > 0 {
			line += serviceWords(service) + strings.Join(parts, " ")
		}
	}
	return line
}

// serviceWords begin what is said of a service.
func serviceWords(x *scenarios.ExchangeService) string {
	name := ""
	if x.RatingGroup != nil {
		name = "rg " + strconv.FormatInt(*x.RatingGroup, 10)
	}
	for _, id := range x.Service {
		name += " si " + strconv.FormatUint(uint64(id), 10)
	}
	if name == "" {
		return "; "
	}
	return "; " + strings.TrimSpace(name) + ": "
}

func quantities(all []charging.Quantity) string {
	words := make([]string, len(all))
	for i := range all {
		words[i] = all[i].String()
	}
	return strings.Join(words, " + ")
}

// refuses reports whether an answer says no, altogether or to a service.
func refuses(x *scenarios.Exchange) bool {
	no := func(r charging.Result) bool { return r != 0 && !r.Success() }
	return no(cmp.Or(brief(x.AnswerRaw).Result, x.Result)) ||
		slices.ContainsFunc(x.Services, func(s scenarios.ExchangeService) bool {
			return no(s.Result)
		})
}

// moves tell what the ledger did, who acted, and why it was not what is usual.
func moves(x *scenarios.Exchange) []string {
	var told []string
	if x.Before != nil && x.After != nil && x.Before.Balance.Unit == x.After.Balance.Unit {
		told = append(told, movesOf(x)...)
	}
	for _, why := range x.Why {
		if word, _, _ := strings.Cut(why, " "); telling(strings.TrimSuffix(word, ",")) {
			told = append(told, why)
		}
	}
	return told
}

func movesOf(x *scenarios.Exchange) (told []string) {
	unit := x.After.Balance.Unit
	amount := x.Before.Balance.Amount - x.After.Balance.Amount
	switch {
	case amount > 0:
		told = append(told, "debited "+unit.Of(amount).String())
	case amount < 0:
		told = append(told, "credited "+unit.Of(-amount).String())
	}
	if x.Before.Reserved != x.After.Reserved {
		told = append(told, "reserved "+x.Before.Reserved.String()+" -> "+x.After.Reserved.String())
	}
	if len(told) == 0 {
		told = []string{"nothing moved"}
	}
	told = []string{x.Account + ": " + strings.Join(told, ", ")}
	return append(told, "balance "+x.After.Balance.String()+
		", available "+x.After.Available.String())
}

// telling picks the reasons that a drawing shows; the usual ones are seen from the account.
func telling(code string) bool {
	return slices.Contains([]string{
		charging.BecauseScript, charging.BecauseDenied, charging.BecauseLast,
		charging.BecauseOverrun, charging.BecauseRepeat, charging.BecauseLate,
		charging.BecauseIgnored, charging.BecauseSetting, charging.BecausePayer,
	}, code)
}
