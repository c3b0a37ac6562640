package ocssim_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// sayGoodbye is a DPR of the client.
func sayGoodbye(id uint32) []byte {
	m := newMessage(disconnectPeer, flagRequest, 0)
	m.text(originHost, "im.example.net")
	m.text(originRealm, "example.net")
	m.number(name{0, 273}, 0)
	return m.frame(id, id)
}

// TestWatchdogsAsScripted refuses one, drops one, has one late and malformed, and answers the rest.
func TestWatchdogsAsScripted(t *testing.T) {
	t.Parallel()
	s := scripted(t, `{when: {message: DWR, nth: 1}, answer: {result: 3004}},
		{when: {message: DWR, nth: 2}, fault: {drop: answer}},
		{when: {message: DWR, nth: 3}, amend: {set: {Origin-State-Id: 7}, remove: User-Name},
			fault: {delay: 100ms, preset: no-origin-host, repeat: 1, slice: 7}}`)
	if busy := s.wantAnswerTo(watchdog(60), 60); result(busy) != 3004 || busy[4]&0x20 == 0 {
		t.Errorf("the first is answered % x, want 3004 with the E flag", busy)
	}
	began := time.Now()
	s.send(watchdog(61), watchdog(62), watchdog(63))
	if sound := s.wantAnswer(63); result(sound) != 2001 {
		t.Errorf("the fourth has Result-Code %d, want 2001", result(sound))
	}
	first := s.wantAnswer(62)
	_, there := find(first, originHost)
	if state, _ := find(first, name{0, 278}); there || state.number() != 7 ||
		!bytes.Equal(first, s.wantAnswer(62)) || time.Since(began) < 100*time.Millisecond {
		t.Errorf("the third is answered % x, want it late, twice, with state 7 and no host", first)
	}
	s.wantOwn("x rules[0]: nothing is charged, answered 3004")
	s.wantOwn("x rules[1]: nothing is charged, the answer is dropped")
	s.wantOwn("x rules[2]: nothing is charged, the answer is amended, the answer is late, " +
		"the answer goes out malformed: no-origin-host, it goes out 2 times, in pieces of 7 octets")
	s.wantOwn("amend: remove User-Name: there is no User-Name; the answer is left as it is")
	s.wantComplete("DWR", 4)
	answered(t, s.client, s.update(120))
	s.wantCharged()
}

// wantComplete waits until so many messages between peers are over, whether answered or not.
func (s *stage) wantComplete(message string, count int) {
	s.t.Helper()
	var waited struct{ Satisfied bool }
	call(s.t, http.MethodPost, s.server.APIURL()+"/v1/exchanges/wait",
		fmt.Sprintf(`{"message": %q, "count": %d, "timeout": "10s"}`, message, count), &waited)
	if !waited.Satisfied {
		s.t.Errorf("not %d exchanges of %s are complete, want those without an answer, too",
			count, message)
	}
}

// TestCapabilitiesAsScripted refuses a client by its name, resets another, and gives a third what
// another server would say.
func TestCapabilitiesAsScripted(t *testing.T) {
	t.Parallel()
	s := scripted(t, `{when: {message: CER, origin_host: refused*}, answer: {result: 5012}},
		{when: {message: CER, avp: {Origin-Host: reset.example.net}},
			fault: {disconnect: {when: before, how: reset}}},
		{when: {message: CER, if: 'origin_host == "silent.example.net"'}, fault: {drop: request}},
		{when: {message: CER}, amend: {set: {Product-Name: other}}}`)
	ask := func(host string) ([]byte, *gyConn, error) {
		c := connectGy(t, s.address)
		_ = c.SetDeadline(time.Now().Add(patience))
		frame, err := c.ask(capabilities(host))
		return frame, c, err
	}
	frame, c, err := ask("refused.example.net")
	if err != nil || result(frame) != 5012 {
		t.Errorf("the refused one gets % x, %v, want 5012", frame, err)
	}
	if _, err := readFrame(c.r); err == nil {
		t.Error("the refused one's connection goes on, want its end")
	}
	if frame, _, err = ask("reset.example.net"); err == nil {
		t.Errorf("the reset one gets % x, want nothing", frame)
	}
	frame, _, err = ask("third.example.net")
	product, _ := find(frame, productName)
	if err != nil || result(frame) != 2001 || string(product.data) != "other" {
		t.Errorf("the third gets % x, %v, want another product's name", frame, err)
	}
	silent := connectGy(t, s.address)
	if _, err := silent.Write(capabilities("silent.example.net")); err != nil {
		t.Fatal(err)
	}
	s.wantOwn("x rules[2]: nothing is charged, the answer is dropped")
	var peers any
	call(t, http.MethodGet, s.server.APIURL()+"/v1/peers", "", &peers)
	answered(t, s.client, s.update(120))
	s.wantCharged()
}

// TestGoodbyesAsScripted answers one with an error, which ends the connection all the same, and
// does not hear another, whose connection goes on.
func TestGoodbyesAsScripted(t *testing.T) {
	t.Parallel()
	s := scripted(t, `{when: {message: DPR}, times: 1, fault: {drop: request}},
		{when: {message: DPR}, answer: {result: 5012}}`)
	s.send(sayGoodbye(60))
	s.wantComplete("DPR", 1)
	answered(t, s.client, s.update(120))
	s.wantCharged()
	if frame := s.wantAnswerTo(sayGoodbye(61), 61); result(frame) != 5012 {
		t.Errorf("the goodbye is answered with %d, want 5012", result(frame))
	}
	s.wantEnd()
}

func TestWhatMessagesBetweenPeersHaveNot(t *testing.T) {
	t.Parallel()
	s := scripted(t, "{pass: true}")
	for rule, want := range map[string]string{
		"when: {message: DWR, type: update}, pass: true":               "a DWR has no type",
		"when: {message: CER, rating_group: 7}, pass: true":            "a CER has no ",
		"when: {message: DPR, nth: {per: session, is: 1}}, pass: true": "use total",
		"when: {message: DWR}, limit: {grant: 1s}":                     "could be limited",
		"when: {message: DWR}, answer: {result: 3004, level: mscc}":    "and nothing else",
		"when: {message: DWR}, do: [{rar: {}}]":                        "do and expect go with",
		"expect: {within: 1s, request: {message: DPR}}":                "a DPR is none",
		"when: {message: DWR}, repeat: true, fault: {repeat: 1}":       "never remembered",
		"when: {message: STR}, fault: {drop: answer}":                  "use CCR, ACR, CER, DWR, DPR",
	} {
		var problem struct{ Errors []struct{ Message string } }
		status := call(t, http.MethodPut, s.server.APIURL()+"/v1/scenarios/y", "{rules: [{"+rule+"}]}",
			&problem)
		if status != http.StatusUnprocessableEntity || len(problem.Errors) == 0 ||
			!strings.Contains(problem.Errors[0].Message, want) {
			t.Errorf("%s: %d %+v, want 422 with %q", rule, status, problem, want)
		}
	}
	var problem struct{ Errors []struct{ Message string } }
	call(t, http.MethodPut, s.server.APIURL()+"/v1/scenarios/y",
		"{subscriber: '15550100', rules: [{when: {message: DWR}, fault: {drop: answer}}]}", &problem)
	if len(problem.Errors) != 1 || !strings.Contains(problem.Errors[0].Message, "no subscriber") {
		t.Errorf("%+v, want a fault of the subscriber", problem)
	}
}
