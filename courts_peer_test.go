package ocssim_test

import (
	"path/filepath"
	"testing"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// A culprit is a client that goes its own way with identifiers, connections and time.
type culprit struct {
	*testing.T
	server *ocssim.Server
}

func (c culprit) dial(host string) *diameter.Client {
	c.Helper()
	gy, err := diameter.Dial(c.Context(), c.server.DiameterAddresses()[0], diameter.ClientOptions{
		OriginHost: host, OriginRealm: "example.net",
	})
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { _ = gy.Close() })
	return gy
}

// request asks for time of rating group 101, and reports a minute of it behind the first.
func (c culprit) request(kind charging.RequestType, number, endToEnd uint32) *charging.Request {
	s := charging.Service{Key: charging.ServiceKey{Group: charging.Known(101)}}
	s.Asked = kind != charging.Termination
	if kind == charging.Update || kind == charging.Termination {
		s.Used = []charging.Usage{{Units: []charging.Quantity{charging.Time.Of(60)}}}
	}
	return &charging.Request{
		Key:  charging.Key{Session: charging.SessionID{ID: "im.example.net;1;1"}, Number: number},
		Type: kind, EndToEnd: endToEnd, Context: "32260@3gpp.org", Multiple: charging.Known(1),
		Origin:      charging.Origin{Host: "im.example.net", Realm: "example.net"},
		Subscribers: []charging.Identity{{Type: charging.E164, Data: "15550100"}},
		Services:    []charging.Service{s},
	}
}

func (c culprit) ask(gy *diameter.Client, r *charging.Request) *charging.Answer {
	c.Helper()
	answer, err := charging.Ask(c.Context(), gy, r)
	if err != nil {
		c.Fatal(err)
	}
	return answer
}

// shout sends a request and does not care for what comes back.
func (c culprit) shout(gy *diameter.Client, r *charging.Request) {
	c.Helper()
	if err := gy.Send(gy.Frame(r)); err != nil {
		c.Fatal(err)
	}
}

// shouted is shout, and waits until the answer went out, or was dropped.
func (c culprit) shouted(gy *diameter.Client, r *charging.Request) {
	c.Helper()
	c.shout(gy, r)
	call(c, "POST", c.server.APIURL()+"/v1/exchanges/wait",
		`{"session": "`+r.Key.Session.ID+`", "timeout": "20s"}`, nil)
}

const callUpdate, callEnd = charging.Update, charging.Termination

// End-to-End Identifiers and connections are the client's own, whoever stands between.
func TestIdentifiersAreJudgedByWhoSentThem(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		play func(c culprit, direct, relay *diameter.Client)
		want []string
	}{
		"one for two sessions": {func(c culprit, direct, _ *diameter.Client) {
			c.ask(direct, c.request(charging.Initial, 0, 7))
			other := c.request(charging.Initial, 0, 7)
			other.Key.Session.ID = "im.example.net;1;2"
			c.ask(direct, other)
			c.ask(direct, c.request(callEnd, 1, 7))
		}, []string{
			"violation end-to-end-reused: End-to-End Identifier 0x00000007, used for CC-Request",
			"violation end-to-end-reused: End-to-End Identifier 0x00000007, used for CC-Request",
		}},
		"one for two clients": {func(c culprit, direct, _ *diameter.Client) {
			c.ask(direct, c.request(charging.Initial, 0, 7))
			other := c.request(charging.Initial, 0, 7)
			other.Key.Session.ID, other.Origin.Host = "im2.example.net;1;2", "im2.example.net"
			c.ask(c.dial("im2.example.net"), other)
		}, nil},
		"changed in repeats": {func(c culprit, direct, _ *diameter.Client) {
			c.ask(direct, c.request(charging.Initial, 0, 7))
			again := c.request(charging.Initial, 0, 8)
			again.Retransmitted = true
			c.ask(direct, again)
			event := c.request(charging.Event, 0, 9)
			event.Key.Session.ID, event.Action = "im.example.net;1;2", charging.DirectDebiting
			c.ask(direct, event)
			event.EndToEnd, event.Retransmitted = 10, true
			c.ask(direct, event)
		}, []string{
			"violation repeat-end-to-end-changed: the T flag and End-to-End Identifier 0x00000008, in",
			"warning repeat-end-to-end-changed: the T flag and End-to-End Identifier 0x0000000a, in",
		}},
		"another way to the same server": {func(c culprit, direct, relay *diameter.Client) {
			c.ask(relay, c.request(charging.Initial, 0, 7))
			c.ask(c.dial("relay2.example.net"), c.request(charging.Initial, 0, 7))
			c.ask(direct, c.request(charging.Initial, 0, 7))
			c.ask(relay, c.request(callEnd, 1, 8))
		}, []string{
			"warning route-record-missing: Origin-Host im.example.net on the connection of relay",
			"warning route-record-missing: Origin-Host im.example.net on the connection of relay",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := culprit{t, startCourt(t, ocssim.Options{}, "")}
			test.play(c, c.dial("im.example.net"), c.dial("relay.example.net"))
			wantFound(t, c.server, test.want)
		})
	}
}

// A client that gets no answer may go on without one (CONTINUE, RFC 8506 section 5.7).
func TestClientsThatGoOnWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"drop: answer", "drop: request", "hold: {until: never}"} {
		for _, kind := range []string{"initial", "update"} {
			t.Run(kind+", "+fault, func(t *testing.T) {
				t.Parallel()
				c := culprit{t, startCourt(t, ocssim.Options{}, "scenarios:\n  - {name: x, rules: "+
					"[{when: {type: "+kind+"}, times: 1, fault: {"+fault+"}}]}\n")}
				gy := c.dial("im.example.net")
				number := uint32(0)
				if kind == "update" {
					c.ask(gy, c.request(charging.Initial, 0, 0))
					number = 1
				}
				first := c.request(charging.Initial, number, 0)
				if number > 0 {
					first = c.request(callUpdate, number, 0)
				}
				c.shout(gy, first)
				c.ask(gy, c.request(callUpdate, number+1, 0))
				c.ask(gy, c.request(callEnd, number+2, 0))
				wantFound(t, c.server, nil)
			})
		}
	}
}

// What is made wrong on purpose says nothing of the client, whatever it does then.
func TestMalformedAnswersTaintTheirSession(t *testing.T) {
	t.Parallel()
	for _, preset := range diameter.Presets() {
		t.Run(preset.Name, func(t *testing.T) {
			t.Parallel()
			c := culprit{t, startCourt(t, ocssim.Options{}, "scenarios:\n  - {name: x, rules: "+
				"[{when: {type: initial}, fault: {preset: "+preset.Name+"}}]}\n")}
			c.shouted(c.dial("im.example.net"), c.request(charging.Initial, 0, 0))
			gy := c.dial("im.example.net")
			wrong := c.request(callUpdate, 7, 77)
			wrong.Services[0].Used[0].Units[0] = charging.Time.Of(9000)
			wrong.Information.Participants = charging.Known(9)
			c.ask(gy, wrong)
			wrong = c.request(callEnd, 3, 77)
			wrong.Services[0].Key.Group = charging.Known(102)
			c.ask(gy, wrong)
			wantFound(t, c.server, []string{"violation end-to-end-reused"})
		})
	}
}

// What becomes of the server is not held against the client.
func TestServersThatForgetAreNotTheClientsFault(t *testing.T) {
	t.Parallel()
	for name, forget := range map[string]func(c culprit){
		"reset":          func(c culprit) { c.post("POST", "/v1/reset") },
		"reset twice":    func(c culprit) { c.post("POST", "/v1/reset"); c.post("POST", "/v1/reset") },
		"journal":        func(c culprit) { c.post("DELETE", "/v1/exchanges") },
		"findings":       func(c culprit) { c.post("DELETE", "/v1/findings") },
		"rewind":         func(c culprit) { c.post("POST", "/v1/scenarios/x/rewind") },
		"scenario taken": func(c culprit) { c.post("DELETE", "/v1/scenarios/x") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := culprit{t, startCourt(t, ocssim.Options{},
				"scenarios:\n  - {name: x, rules: [{when: {type: event}, pass: true}]}\n")}
			gy := c.dial("im.example.net")
			c.ask(gy, c.request(charging.Initial, 0, 0))
			c.ask(gy, c.request(callUpdate, 1, 0))
			forget(c)
			c.ask(gy, c.request(callUpdate, 2, 0))
			c.ask(gy, c.request(callEnd, 3, 0))
			wantFound(t, c.server, nil)
		})
	}
}

func (c culprit) post(method, path string) {
	c.Helper()
	if status := call(c, method, c.server.APIURL()+path, "", nil); status/100 != 2 {
		c.Fatalf("%s %s = %d", method, path, status)
	}
}

// A session goes on behind a restart, and is judged on from there.
func TestRestartIsNotTheClientsFault(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "ocs.db")
	c := culprit{t, startCourt(t, ocssim.Options{Database: database}, "")}
	gy := c.dial("im.example.net")
	c.ask(gy, c.request(charging.Initial, 0, 0))
	c.ask(gy, c.request(callUpdate, 1, 0))
	wantFound(t, c.server, nil)
	if err := c.server.Close(); err != nil {
		t.Fatal(err)
	}
	c.server = startCourt(t, ocssim.Options{Database: database}, "")
	gy = c.dial("im.example.net")
	again := c.request(callUpdate, 1, 0)
	again.Retransmitted = true
	c.ask(gy, again)
	c.ask(gy, c.request(callUpdate, 2, 0))
	wantFound(t, c.server, nil)
	wrong := c.request(callUpdate, 3, 0)
	wrong.Services[0].Used[0].Units[0] = charging.Time.Of(305)
	c.ask(gy, wrong)
	c.ask(gy, c.request(callEnd, 4, 0))
	wantFound(t, c.server, []string{"note usage-above-grant: CC-Time 305 used of 300 granted"})
}
