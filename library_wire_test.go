package ocssim_test

import (
	"bytes"
	"net/http"
	"testing"
	"time"
)

// wireProofs are those of the library that conversations cannot tell, by name.
func wireProofs() map[string]wireProof {
	proofs := map[string]wireProof{
		"late-answers": {with: "delay: 150ms", shows: answersLate},
		"held-answer":  {with: "until: now", shows: holdsTheAnswer},
		"lost-answer":  {shows: losesTheAnswer},
		"lost-request": {
			shows: losesTheRequest, why: "the request is dropped: nothing moves",
		},
		"answered-twice":              {shows: answersTwice},
		"answers-out-of-order":        {shows: answersOutOfOrder},
		"slow-slices":                 {with: "octets: 40, pause: 10ms", shows: answersInPieces},
		"disconnect-before-answer":    {shows: endsInPlaceOfTheAnswer},
		"connection-reset":            {shows: endsInPlaceOfTheAnswer},
		"disconnect-after-answer":     {shows: endsBehindTheAnswer},
		"half-closed":                 {shows: closesItsSide},
		"silent-watchdog":             {shows: isSilentToWatchdogs},
		"stops-reading":               {with: "pause: 150ms", shows: readsNothing},
		"goodbye-rebooting":           {shows: saysGoodbye(0)},
		"goodbye-busy":                {shows: saysGoodbye(1)},
		"goodbye-do-not-want-to-talk": {shows: saysGoodbye(2)},
		"leaves-in-mid-session":       {shows: leavesAndIsFoundAgain},
		"server-restarts":             {shows: looksRestarted},
		"rar":                         {with: "type: update", shows: asks(reAuth, 1, nil)},
		"rar-storm":                   {with: "type: update", shows: asks(reAuth, 4, nil)},
		"rar-while-updating":          {shows: asksBeforeTheAnswer},
		"rar-for-unknown-group": {
			with: "type: update, rating_group: 77", shows: asks(reAuth, 1, func(frame []byte) bool {
				group, _ := find(frame, ratingGroup)
				return group.number() == 77
			}),
		},
		"aborted": {shows: asks(abortSession, 1, nil)},
		"topped-up-after-exhaustion": {
			shows: isToppedUp, why: "charged within a limit",
		},
	}
	for name, wrong := range wrongOnce() {
		proofs[name] = wireProof{shows: answersWrongly(wrong, false)}
	}
	for name, wrong := range wrongEachTime() {
		proofs[name] = wireProof{shows: answersWrongly(wrong, true)}
	}
	return proofs
}

// wrongOnce tell the malformed answers; repeats get the sound one.
func wrongOnce() map[string]func([]byte) bool {
	lacks := func(n name) func([]byte) bool {
		return func(frame []byte) bool {
			_, there := find(frame, n)
			return !there
		}
	}
	return map[string]func([]byte) bool{
		"wrong-session-id": func(frame []byte) bool {
			id, there := find(frame, sessionID)
			return there && string(id.data) != "stage;1"
		},
		"wrong-hop-by-hop": func(frame []byte) bool {
			return hopByHop(frame) != 2 && hopByHop(frame) != 9
		},
		"wrong-request-number": func(frame []byte) bool {
			number, _ := find(frame, ccRequestNumber)
			return number.number() == 2
		},
		"no-origin-host": lacks(originHost),
		"no-result-code": lacks(resultCode),
		"experimental-result-only": func(frame []byte) bool {
			_, there := find(frame, name{0, 297}, name{0, 298})
			return there && result(frame) == 0
		},
		"session-id-last": func(frame []byte) bool {
			all := attributes(frame[20:])
			return all[0].name != sessionID && all[len(all)-1].name == sessionID
		},
		"unknown-mandatory-avp": func(frame []byte) bool {
			_, there := find(frame, name{99999, 65535})
			return there
		},
	}
}

// wrongEachTime tell the amended answers, which are remembered as they are.
func wrongEachTime() map[string]func([]byte) bool {
	lacks := func(path ...name) func([]byte) bool {
		return func(frame []byte) bool {
			_, there := find(frame, path...)
			return !there && result(frame) == 2001
		}
	}
	return map[string]func([]byte) bool{
		"no-rating-group": func(frame []byte) bool {
			_, service := find(frame, mscc, resultCode)
			return service && lacks(mscc, ratingGroup)(frame)
		},
		"no-service":             lacks(mscc),
		"no-auth-application-id": lacks(authApplicationID),
	}
}

func answersWrongly(wrong func([]byte) bool, again bool) func(*stage) {
	return func(s *stage) {
		s.send(s.update(120))
		frame, err := readFrame(s.client.r)
		if err != nil || !wrong(frame) {
			s.t.Errorf("the answer is % x, %v; want it wrong as the name says", frame, err)
		}
		s.wantCharged()
		if repeat := s.wantRepeat(s.client); wrong(repeat) != again {
			s.t.Errorf("the repeat is answered % x, wrong %v, want %v", repeat, !again, again)
		}
	}
}

func answersLate(s *stage) {
	sent := time.Now()
	s.send(s.update(120))
	s.wantCharged()
	s.wantAnswer(2)
	if took := time.Since(sent); took < 150*time.Millisecond {
		s.t.Errorf("the answer took %v, want 150ms at least", took)
	}
}

func holdsTheAnswer(s *stage) {
	s.send(s.update(120))
	s.wantCharged()
	s.send(watchdog(7))
	s.wantAnswer(7)
	url := s.server.APIURL() + "/v1/scenarios/x/release"
	if status := call(s.t, http.MethodPost, url, "{until: now}", nil); status != http.StatusOK {
		s.t.Fatalf("release = %d, want 200", status)
	}
	s.wantAnswer(2)
}

func losesTheAnswer(s *stage) {
	s.send(s.update(120))
	s.wantCharged()
	s.wantRepeat(s.client)
}

// losesTheRequest sends the number again with other content: had the first one been heard, it
// would be refused with 5012.
func losesTheRequest(s *stage) {
	s.send(s.update(60))
	answer := s.wantAnswerTo(s.update(120), 2)
	if got := result(answer); got != 2001 {
		s.t.Errorf("Result-Code %d, want 2001", got)
	}
	s.wantCharged()
}

func (s *stage) wantAnswerTo(frame []byte, id uint32) []byte {
	s.t.Helper()
	s.send(frame)
	return s.wantAnswer(id)
}

func answersTwice(s *stage) {
	first := s.wantAnswerTo(s.update(120), 2)
	if second := s.wantAnswer(2); !bytes.Equal(first, second) {
		s.t.Errorf("the second answer is % x, want % x", second, first)
	}
	s.wantCharged()
	s.wantRepeat(s.client)
}

func answersOutOfOrder(s *stage) {
	other := s.request
	other.session = "stage;2"
	s.send(s.update(120), other.frame(3, 103))
	s.wantAnswer(3)
	s.wantAnswer(2)
	wantMoney(s.t, s.server, "with a second session", 9_900_000, 500_000)
}

func answersInPieces(s *stage) {
	sent := time.Now()
	frame := s.wantAnswerTo(s.update(120), 2)
	pauses := time.Duration((len(frame)+39)/40 - 1)
	if took := time.Since(sent); took < pauses*10*time.Millisecond {
		s.t.Errorf("%d octets took %v, want %d pauses of 10ms", len(frame), took, pauses)
	}
	s.wantCharged()
}

func endsInPlaceOfTheAnswer(s *stage) {
	s.send(s.update(120))
	s.wantEnd()
	s.wantCharged()
	s.wantRepeat(s.connect())
}

func endsBehindTheAnswer(s *stage) {
	s.wantAnswerTo(s.update(120), 2)
	s.wantEnd()
	s.wantCharged()
	s.wantRepeat(s.connect())
}

func closesItsSide(s *stage) {
	s.wantAnswerTo(s.update(120), 2)
	s.wantEnd()
	s.wantCharged()
	s.send(s.next())
	waitForAlice(s.t, s.server, 9_850_000)
	wantMoney(s.t, s.server, "charged and not answered", 9_850_000, 250_000)
}

func isSilentToWatchdogs(s *stage) {
	s.wantAnswerTo(s.update(120), 2)
	s.wantCharged()
	s.send(watchdog(7), s.next())
	s.wantAnswer(3)
	wantMoney(s.t, s.server, "requests go on", 9_850_000, 250_000)
}

func readsNothing(s *stage) {
	s.wantAnswerTo(s.update(120), 2)
	since := time.Now()
	s.wantCharged()
	s.wantAnswerTo(watchdog(7), 7)
	if took := time.Since(since); took < 100*time.Millisecond {
		s.t.Errorf("the watchdog was answered after %v, want nothing read for 150ms", took)
	}
}

func saysGoodbye(cause uint32) func(*stage) {
	return func(s *stage) {
		s.wantAnswerTo(s.update(120), 2)
		frame, err := readFrame(s.client.r)
		if err != nil || !isRequest(frame) || command(frame) != disconnectPeer {
			s.t.Fatalf("there comes % x, %v; want a DPR", frame, err)
		}
		if got, _ := find(frame, name{0, 273}); got.number() != cause {
			s.t.Errorf("Disconnect-Cause %d, want %d", got.number(), cause)
		}
		s.wantCharged()
	}
}

// wantRequest reads the next message, which must be a request of the server, and agrees to it.
func (s *stage) wantRequest(code uint32) []byte {
	s.t.Helper()
	frame, err := readFrame(s.client.r)
	if err != nil || !isRequest(frame) || command(frame) != code {
		s.t.Fatalf("there comes % x, %v; want a request with command %d", frame, err, code)
	}
	if id, there := find(frame, sessionID); there && string(id.data) != s.request.session {
		s.t.Errorf("it is about session %s, want %s", id.data, s.request.session)
	}
	s.send(accept(frame))
	return frame
}

func asks(code uint32, times int, also func([]byte) bool) func(*stage) {
	return func(s *stage) {
		s.wantAnswerTo(s.update(120), 2)
		for range times {
			if frame := s.wantRequest(code); also != nil && !also(frame) {
				s.t.Errorf("the request is % x, want another scope", frame)
			}
		}
		s.wantCharged()
		s.wantAnswerTo(s.next(), 3)
		wantMoney(s.t, s.server, "after the update that follows", 9_850_000, 250_000)
	}
}

func asksBeforeTheAnswer(s *stage) {
	s.send(s.update(120))
	s.wantRequest(reAuth)
	s.wantCharged()
	s.wantAnswer(2)
	s.wantRepeat(s.client)
}

func isToppedUp(s *stage) {
	answer := s.wantAnswerTo(s.update(120), 2)
	final, there := find(answer, mscc, name{0, 430}, name{0, 449})
	if !there || final.number() != 1 {
		s.t.Errorf("Final-Unit-Action %d, %v, want 1: redirect", final.number(), there)
	}
	s.wantRequest(reAuth)
	wantMoney(s.t, s.server, "topped up", 14_900_000, 50_000)
	s.wantAnswerTo(s.next(), 3)
	wantMoney(s.t, s.server, "after the update that follows", 14_850_000, 250_000)
}

func leavesAndIsFoundAgain(s *stage) {
	s.wantAnswerTo(s.update(120), 2)
	frame := s.wantRequest(disconnectPeer)
	if cause, _ := find(frame, name{0, 273}); cause.number() != 0 {
		s.t.Errorf("Disconnect-Cause %d, want 0", cause.number())
	}
	s.wantEnd()
	s.wantCharged()
	s.client = s.connect()
	s.wantAnswerTo(s.next(), 3)
	wantMoney(s.t, s.server, "after the update that follows", 9_850_000, 250_000)
}

func looksRestarted(s *stage) {
	s.send(s.update(120))
	s.wantEnd()
	s.wantCharged()
	s.client = s.connect()
	for _, answer := range [][]byte{s.wantRepeat(s.client), s.wantAnswerTo(s.next(), 3)} {
		if state, _ := find(answer, name{0, 278}); state.number() != 4_000_000_000 {
			s.t.Errorf("Origin-State-Id %d, want 4000000000", state.number())
		}
	}
}

// The parameters of a scenario choose on what it acts.
func TestLibraryParametersChooseRequests(t *testing.T) {
	t.Parallel()
	s := newStage(t, "wrong-request-number", "type: termination, times: 2")
	answered(t, s.client, s.update(120))
	s.wantCharged()
	last := s.request
	last.kind, last.number, last.used = terminationRequest, 2, 60
	answer := s.wantAnswerTo(last.frame(3, 103), 3)
	if number, _ := find(answer, ccRequestNumber); number.number() != 3 {
		t.Errorf("CC-Request-Number %d, want a wrong one, 3", number.number())
	}
	wantMoney(t, s.server, "at the end", 9_850_000, 0)
}
