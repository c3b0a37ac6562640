package ocssim_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// wantOwn waits for words in the journal.
func (s *stage) wantOwn(words string) {
	s.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if strings.Contains(s.journal(), words) {
			return
		}
	}
	s.t.Errorf("the journal does not say %q:\n%s", words, s.journal())
}

func (s *stage) release(name string, want int) {
	s.t.Helper()
	var told struct{ Released int }
	url := s.server.APIURL() + "/v1/scenarios/x/release"
	status := call(s.t, http.MethodPost, url, fmt.Sprintf("{until: '%s'}", name), &told)
	if status != http.StatusOK || told.Released != want {
		s.t.Errorf("release %q = %d %+v, want 200 and %d", name, status, told, want)
	}
}

// TestAnEndInPlaceOfAnAnswerLosesNoOther sends two requests at once: the first is answered, and
// then the connection ends in place of the second's answer.
func TestAnEndInPlaceOfAnAnswerLosesNoOther(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"before", "{when: before, how: half}"} {
		for _, stageOf := range []func(*testing.T, string) *stage{scripted, secured} {
			s := stageOf(t, "{when: {type: update, number: 2}, fault: {disconnect: "+end+"}}")
			s.send(s.update(120), s.next())
			s.wantAnswer(2)
			s.wantEnd()
			wantMoney(t, s.server, end, 9_850_000, 250_000)
			s.wantOwn("charged as usual, the answer is dropped, ")
			answered(t, s.connect(), afterwards(s.next(), 9))
			wantMoney(t, s.server, end+" and a repeat", 9_850_000, 250_000)
		}
	}
}

// TestAResetIsOne wants the client to see TCP RST, under TLS too, and not an end in good order.
func TestAResetIsOne(t *testing.T) {
	t.Parallel()
	for _, stageOf := range []func(*testing.T, string) *stage{scripted, secured} {
		s := stageOf(t, "{when: {type: update}, fault: {disconnect: {when: before, how: reset}}}")
		s.send(s.update(120))
		if _, err := s.client.r.ReadByte(); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("secure %v: %v, want a reset", s.secure, err)
		}
		s.wantCharged()
		s.wantRepeat(s.connect())
	}
}

// TestHalfClosedUnderTLS wants the end of our side as TLS says it, and that the client may go on.
func TestHalfClosedUnderTLS(t *testing.T) {
	t.Parallel()
	s := secured(t, "{when: {type: update}, times: 1, fault: {disconnect: half}}")
	closesItsSide(s)
	if _, ok := s.client.Conn.(*tls.Conn); !ok {
		t.Error("the client's connection is not one over TLS")
	}
}

func TestALateEnd(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{
		"{delay: 150ms, disconnect: before}", "{delay: 150ms, drop: answer, disconnect: after}",
		"{hold: {until: now, max: 150ms}, drop: answer, disconnect: before}",
	} {
		s := scripted(t, "{when: {type: update}, fault: "+fault+"}")
		began := time.Now()
		s.send(s.update(120), watchdog(7)) // which is answered while the end is awaited
		s.wantAnswer(7)
		s.wantCharged()
		s.wantEnd()
		if took := time.Since(began); took < 150*time.Millisecond {
			t.Errorf("%s: the connection ended after %v, want 150ms at least", fault, took)
		}
		s.wantOwn("charged as usual, the answer is late, the answer is dropped, the connection is closed")
		s.wantRepeat(s.connect())
	}
}

// TestFaultsTogether has many at once: late, malformed, in slices, twice, and a goodbye behind.
func TestFaultsTogether(t *testing.T) {
	t.Parallel()
	s := scripted(t, `{when: {type: update}, times: 1, amend: {remove: Origin-Realm},
		fault: {delay: 100ms, preset: t-flag, slice: 9, repeat: 1, goodbye: busy}}`)
	began := time.Now()
	s.send(s.update(120))
	s.wantCharged()
	first := s.wantAnswer(2)
	second := s.wantAnswer(2)
	_, there := find(first, originRealm)
	if first[4]&flagRetransmitted == 0 || there || !bytes.Equal(first, second) {
		t.Errorf("the answers are\n% x and\n% x, want both with T and without Origin-Realm",
			first, second)
	}
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("the answer took %v, want 100ms at least", took)
	}
	frame, err := readFrame(s.client.r)
	if err != nil || command(frame) != disconnectPeer || !isRequest(frame) {
		t.Fatalf("there comes % x, %v, want a DPR", frame, err)
	}
	s.wantOwn("charged as usual, the answer is amended, the answer is late, " +
		"the answer goes out malformed: t-flag, it goes out 2 times, in pieces of 9 octets, " +
		"a goodbye follows")
	repeat := s.wantRepeat(s.connect())
	if _, there = find(repeat, originRealm); there || repeat[4]&flagRetransmitted != 0 {
		t.Errorf("the repeat is answered % x, want it amended and not malformed", repeat)
	}
}

// TestFaultsOnRepeats wants the sound answer first, and a malformed one for its repeats.
func TestFaultsOnRepeats(t *testing.T) {
	t.Parallel()
	s := scripted(t, `{when: {type: update}, after: 1, repeat: true,
		fault: {preset: no-result-code, slice: 11, repeat: 1}}`)
	sound := s.wantAnswerTo(s.update(120), 2)
	if result(sound) != 2001 {
		t.Errorf("Result-Code %d, want 2001", result(sound))
	}
	for id := range uint32(2) {
		s.send(afterwards(s.update(120), 60+id))
		for range 2 {
			if answer := s.wantAnswer(60 + id); result(answer) != 0 {
				t.Errorf("the repeat has Result-Code %d, want none", result(answer))
			}
		}
	}
	s.wantCharged()
	s.wantOwn("a repeat: nothing moves, the answer goes out malformed: no-result-code, " +
		"it goes out 2 times, in pieces of 11 octets")
}

// TestReorderWaitsForAnAnswerThatGoesOut passes over one that is dropped, and waits for its delay
// before.
func TestReorderWaitsForAnAnswerThatGoesOut(t *testing.T) {
	t.Parallel()
	s := scripted(t, `{when: {type: update, number: 1}, fault: {reorder: true, delay: 100ms}},
		{when: {type: update, number: 2}, fault: {drop: answer}}`)
	other := s.request
	other.session = "stage;2"
	began := time.Now()
	s.send(s.update(120), s.next(), other.frame(5, 105))
	s.wantAnswer(5)
	waitForAlice(t, s.server, 9_850_000)
	s.wantAnswerTo(watchdog(7), 7)
	<-time.After(150*time.Millisecond - time.Since(began))
	other.kind, other.number, other.used = updateRequest, 3, 60
	s.send(other.frame(6, 106))
	s.wantAnswer(6)
	s.wantAnswer(2)
	wantMoney(t, s.server, "at the end", 9_800_000, 500_000)
}

// TestWhoeverHoldsIsGone wants answers let go that nobody could release any more.
func TestWhoeverHoldsIsGone(t *testing.T) {
	t.Parallel()
	for what, act := range map[string]func(s *stage){
		"deleted": func(s *stage) {
			call(s.t, http.MethodDelete, s.server.APIURL()+"/v1/scenarios/x", "", nil)
		},
		"deleted by tag": func(s *stage) {
			call(s.t, http.MethodDelete, s.server.APIURL()+"/v1/scenarios?tag=ci", "", nil)
		},
		"replaced": func(s *stage) { s.put("{pass: true}") },
		"rewound": func(s *stage) {
			call(s.t, http.MethodPost, s.server.APIURL()+"/v1/scenarios/x/rewind", "", nil)
		},
	} {
		s := scripted(t, "{pass: true}")
		call(t, http.MethodPut, s.server.APIURL()+"/v1/scenarios/x",
			"{tags: [ci], rules: [{when: {type: update}, times: 1, fault: {hold: {until: a}}}]}", nil)
		s.release("a", 0)
		s.send(s.update(120))
		s.wantCharged()
		s.wantAnswerTo(watchdog(7), 7)
		s.release("b", 0)
		s.wantOwn("charged as usual, the answer is late")
		act(s)
		if frame := s.wantAnswer(2); result(frame) != 2001 {
			t.Errorf("%s: Result-Code %d, want 2001", what, result(frame))
		}
	}
}

// TestAHoldThatRunsOutWhileTheClockTurns turns the clock by hours, so that the session is closed
// for its silence; the answer that was given goes out by the wall clock all the same.
func TestAHoldThatRunsOutWhileTheClockTurns(t *testing.T) {
	t.Parallel()
	s := scripted(t, "{when: {type: update}, fault: {hold: {until: a, max: 200ms}}}")
	began := time.Now()
	s.send(s.update(120))
	s.wantCharged()
	call(t, http.MethodPost, s.server.APIURL()+"/v1/clock/advances", "{by: 24h}", nil)
	if frame := s.wantAnswer(2); result(frame) != 2001 {
		t.Errorf("Result-Code %d, want 2001", result(frame))
	}
	if took := time.Since(began); took < 200*time.Millisecond {
		t.Errorf("the answer took %v, want 200ms at least", took)
	}
	wantMoney(t, s.server, "when supervision ended the session", 9_900_000, 0)
	s.release("a", 0)
}

// TestAPeerThatLeftMeanwhile closes its connection while its answers are late in all ways.
func TestAPeerThatLeftMeanwhile(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{
		"{delay: 100ms}", "{hold: {until: a, max: 100ms}}", "{reorder: true}",
		"{delay: 100ms, preset: garbage, repeat: 3, slice: 1}", "{delay: 100ms, goodbye: busy}",
		"{slice: {octets: 1, pause: 50ms}}",
	} {
		s := scripted(t, "{when: {type: update}, fault: "+fault+"}")
		s.send(s.update(120))
		s.wantCharged()
		_ = s.client.Close()
		s.client = s.connect()
		s.wantOwn("charged as usual")
		s.wantRepeat(s.client)
		answered(t, s.client, s.request.frame(70, 101))
	}
}

// TestStepsBeginWhenAnAnswerIsKeptBack has a RAR overtake the answer that is held.
func TestStepsBeginWhenAnAnswerIsKeptBack(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{
		"{hold: {until: a}}", "{delay: 10m}", "{drop: answer}", "{reorder: true}",
	} {
		s := scripted(t, "{when: {type: update}, times: 1, fault: "+fault+", do: [{rar: {}}]}")
		s.send(s.update(120))
		frame, err := readFrame(s.client.r)
		if err != nil || !isRequest(frame) || command(frame) != reAuth {
			t.Fatalf("%s: there comes % x, %v, want a RAR", fault, frame, err)
		}
		s.wantCharged()
	}
}

// TestSlicesOfOneOctet come whole, whatever their size, under TLS as well.
func TestSlicesOfOneOctet(t *testing.T) {
	t.Parallel()
	for _, stageOf := range []func(*testing.T, string) *stage{scripted, secured} {
		s := stageOf(t, "{when: {type: update}, times: 1, fault: {slice: 1}}")
		s.wantAnswerTo(s.update(120), 2)
		answered(t, s.client, s.next())
	}
}

// TestFaultsUnderTwoIdentities breaks the answer of one of two servers in one; what is wrong stays
// with it, and the origin in it is its own.
func TestFaultsUnderTwoIdentities(t *testing.T) {
	t.Parallel()
	server := startPair(t)
	addresses := server.DiameterAddresses()
	s := &stage{t: t, server: server, address: addresses[1]}
	call(t, http.MethodDelete,
		server.APIURL()+"/v1/scenarios/the-first-update-is-answered-in-an-hour", "", nil)
	s.begin("{when: {type: update}, times: 1, amend: {add: {Class: x}}, " +
		"fault: {preset: session-id-last}}")
	answer := s.wantAnswerTo(s.update(120), 2)
	if host, _ := find(answer, originHost); string(host.data) != "ocs2.example.com" {
		t.Errorf("Origin-Host %s, want ocs2.example.com", host.data)
	}
	s.address = addresses[0]
	repeat := s.wantRepeat(s.connect())
	host, _ := find(repeat, originHost)
	first := attributes(repeat[20:])[0]
	if class, there := find(repeat, name{0, 25}); string(host.data) == "ocs2.example.com" ||
		first.name != sessionID || !there || string(class.data) != "x" {
		t.Errorf("the other server repeats % x, want it by its name, in order and amended", repeat)
	}
}
