package api_test

import (
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/api"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// oddSession has all that XML and Mermaid would take for their own.
const oddSession = `im.example.com;1;<b>&"#35;%%{end}`

// diameterMessage is a header with a few AVPs of text, by their codes.
func diameterMessage(command uint32, request bool, avps map[uint32]string) []byte {
	m := make([]byte, 20)
	m[0] = 1
	binary.BigEndian.PutUint32(m[4:], command)
	if request {
		m[4] = 0x80
	}
	for _, code := range []uint32{263, 264, 293, 268} {
		if value, found := avps[code]; found {
			m = binary.BigEndian.AppendUint32(m, code)
			m = binary.BigEndian.AppendUint32(m, 0x40000000|uint32(8+len(value)))
			m = append(m, value...)
			for len(m)%4 != 0 {
				m = append(m, 0)
			}
		}
	}
	m[1], m[2], m[3] = byte(len(m)>>16), byte(len(m)>>8), byte(len(m))
	return m
}

func resultAVP(code uint32) string { return string(binary.BigEndian.AppendUint32(nil, code)) }

// A talk records exchanges of oddSession, a second after each other.
type talk struct {
	journal *scenarios.Journal
	at      time.Time
}

// record tells the journal of one exchange; without late time nothing is sent.
func (k *talk) record(r *charging.Request, a *charging.Answer, late time.Duration) {
	k.at = k.at.Add(time.Second)
	asked := diameterMessage(272, true, map[uint32]string{263: oddSession})
	r.Key.Session.ID, r.At = oddSession, k.at.AddDate(9, 0, 0)
	r.Exchange = k.journal.Received(charging.Message{
		Door: "gy", Peer: "im.example.com", At: k.at, Raw: asked,
	})
	k.journal.Answered(r, a)
	if late > 0 {
		k.journal.Sent(r.Exchange, charging.Message{
			At:  k.at.Add(late),
			Raw: diameterMessage(272, false, map[uint32]string{268: resultAVP(uint32(a.Result))}),
		})
	}
}

func cents(amount int64) charging.Quantity {
	return charging.Unit("EUR").Of(amount * charging.MoneyScale / 100)
}

// money is an account's, of a balance and what of it is reserved, in cents.
func money(balance, reserved int64) charging.Funds {
	return charging.Funds{
		Money: cents(balance), Reserved: cents(reserved).Amount, Usable: cents(balance - reserved).Amount,
	}
}

func journalOfASession() *scenarios.Journal {
	journal := scenarios.NewJournal(scenarios.JournalOptions{SessionOf: diameter.SessionOf})
	k := &talk{journal: journal, at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	group := charging.ServiceKey{Group: charging.Known(100)}
	granted := []charging.Quantity{charging.Time.Of(300)}
	used := []charging.Usage{{Units: []charging.Quantity{charging.Time.Of(60)}}}
	k.record(
		&charging.Request{
			Type:     charging.Initial,
			Services: []charging.Service{{Key: group, Asked: true, Requested: granted}},
		},
		&charging.Answer{
			Result: 2001, Account: "alice", Before: money(1000, 0), After: money(1000, 25),
			Services: []charging.ServiceAnswer{{Key: group, Result: 2001, Granted: granted}},
		}, time.Millisecond)
	k.record(
		&charging.Request{
			Key: charging.Key{Number: 1}, Type: charging.Update,
			Services: []charging.Service{{Key: group, Asked: true, Used: used}},
		},
		&charging.Answer{
			Result: 2001, Account: "alice", Before: money(1000, 25), After: money(995, 0),
			Services: []charging.ServiceAnswer{{Key: group, Result: 4012}},
			Why: []charging.Reason{
				{Code: charging.BecauseScript, Rule: "refuse rules[0]", Detail: "the answer is late"},
			},
		}, 800*time.Millisecond)
	k.reauthorize("ocs.example.net")
	k.reauthorize("ocs2.example.net")
	k.observe("INVITE <sip:a@b>; 200 OK & held #1\nend")
	journal.Found(charging.Finding{
		Rule: "usage-above-grant", Severity: charging.Note, Exchange: 2, Session: oddSession,
		Clause: "RFC 8506 section 8.19", Seen: "61 > 60; <b>", Expected: "no more", At: k.at,
	})
	journal.Found(charging.Finding{
		Rule: "no-termination", Severity: charging.Violation, Session: oddSession,
		Clause: "RFC 8506 section 5.5", Seen: "nothing", Expected: "a CCR-T", At: k.at,
	})
	k.record(
		&charging.Request{Key: charging.Key{Number: 2}, Type: charging.Termination},
		&charging.Answer{
			Result: 2001, Account: "alice", Before: money(995, 0), After: money(995, 0),
			Delivery: &charging.Delivery{Drop: true},
		}, 0)
	return journal
}

// reauthorize has the simulator ask, by what it is called on one of its listeners.
func (k *talk) reauthorize(own string) {
	k.at = k.at.Add(time.Second)
	number := k.journal.Received(charging.Message{
		Door: "gy", Peer: own, Ours: true, At: k.at,
		Raw: diameterMessage(258, true, map[uint32]string{263: oddSession, 293: "im.example.com"}),
	})
	k.journal.Sent(number, charging.Message{At: k.at.Add(time.Millisecond), Raw: diameterMessage(
		258, false, map[uint32]string{264: "im.example.com", 268: resultAVP(2002)})})
}

// observe records what a tester saw, whose clock is wrong: its place is that of its arrival.
func (k *talk) observe(text string) {
	k.at = k.at.Add(time.Second)
	k.journal.Observe(scenarios.Observation{
		At: k.at.Add(-time.Hour), Session: oddSession, Text: text,
	})
}

func TestLadderGolden(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, func(o *api.Options) {
		o.Journal, o.OriginHost = journalOfASession(), "ocs.example.net"
	})
	checks := map[string]func(*testing.T, string){"svg": checkSVG, "mmd": checkMermaid}
	media := map[string]string{"svg": "image/svg+xml", "mmd": "text/vnd.mermaid"}
	for ending, check := range checks {
		got := s.want(t, 200, "GET",
			"/v1/sessions/"+url.PathEscape(oddSession)+"/ladder."+ending, "")
		if kind := got.header.Get("Content-Type"); kind != media[ending] {
			t.Errorf("content type %s, want %s", kind, media[ending])
		}
		path := filepath.Join("testdata", "ladder."+ending)
		if *update {
			if err := os.WriteFile(path, []byte(got.text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.text); diff != "" {
			t.Errorf("ladder.%s changed; look at it and run with -update (-want +got):\n%s",
				ending, diff)
		}
		check(t, got.text)
	}
}

// checkSVG wants well-formed XML that fetches nothing.
func checkSVG(t *testing.T, text string) {
	t.Helper()
	decoder, title := xml.NewDecoder(strings.NewReader(text)), false
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the drawing is no XML: %v", err)
		}
		if data, ok := token.(xml.CharData); ok {
			title = title || strings.Contains(string(data), oddSession)
		}
		if element, ok := token.(xml.StartElement); ok {
			for _, a := range element.Attr {
				if strings.Contains(a.Name.Local, "href") || a.Name.Local == "src" {
					t.Errorf("<%s> refers to %s", element.Name.Local, a.Value)
				}
			}
		}
	}
	if !title {
		t.Error("the drawing does not name its session")
	}
}

// mermaidLine is what lines of a sequenceDiagram look like. A text has no # or ; of its own, for
// both end it in Mermaid, but as those of #number;
var mermaidLine = regexp.MustCompile(`^(sequenceDiagram|` +
	`    participant p\d+ as TEXT|` +
	`    p\d+(->>|-->>|--x)p\d+: TEXT|` +
	`    Note (over p\d+(,p\d+)?|right of p\d+): TEXT)$`)

func checkMermaid(t *testing.T, text string) {
	t.Helper()
	rule := regexp.MustCompile(strings.ReplaceAll(
		mermaidLine.String(), "TEXT", `([^#;<>{}"%&]|#\d+;|<br/>)+`))
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if !rule.MatchString(line) {
			t.Errorf("Mermaid would not read the line %q", line)
		}
	}
}

func TestALadderTellsThatSupervisionEndedTheSession(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	s.want(t, 200, "POST", "/v1/charges", charge("initial", 0,
		`, "services": [{"rating_group": 100, "requested": {}}]`))
	const silent = "nothing came in time: the session ended at 2026-03-01 1"
	path := "/v1/sessions/im;1/ladder.mmd"
	if got := s.want(t, 200, "GET", path, ""); strings.Contains(got.text, silent) {
		t.Errorf("an open session is drawn as\n%s", got.text)
	}
	s.want(t, 200, "POST", "/v1/clock/advances", `{"by": "5h"}`)
	if got := s.want(t, 200, "GET", path, ""); !strings.Contains(got.text, silent) {
		t.Errorf("the ladder is\n%s\nwant it to say that the session ended", got.text)
	}
}

func TestNoLadderWithoutExchanges(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	s.want(t, 200, "POST", "/v1/charges", charge("initial", 0, ""))
	s.want(t, 200, "GET", "/v1/sessions/im;1/ladder.svg", "")
	for _, path := range []string{
		"/v1/sessions/im;*/ladder.svg", "/v1/sessions/s2/ladder.svg", "/v1/sessions/s2/ladder.mmd",
	} {
		s.problem(t, 404, "session-not-found", "GET", path, "")
	}
	s.want(t, 204, "DELETE", "/v1/exchanges", "")
	s.problem(t, 404, "session-not-found", "GET", "/v1/sessions/im;1/ladder.svg", "")
}
