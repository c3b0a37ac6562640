package ocssim_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// scripted is a stage whose scenario x is written out, not one of the library.
func scripted(t *testing.T, rules string) *stage {
	t.Helper()
	s := emptyStage(t)
	s.begin(rules)
	return s
}

// begin opens the session, and then has a scenario act.
func (s *stage) begin(rules string) {
	s.t.Helper()
	s.open()
	s.put(rules)
}

func (s *stage) put(rules string) {
	s.t.Helper()
	s.putScenario("{rules: [" + rules + "]}")
}

// journal is all that the journal tells of the exchanges.
func (s *stage) journal() string {
	s.t.Helper()
	var exchanges any
	call(s.t, http.MethodGet, s.server.APIURL()+"/v1/exchanges", "", &exchanges)
	return fmt.Sprint(exchanges)
}

// whole reads a message of any length that 24 bits can tell.
func (s *stage) whole() []byte {
	s.t.Helper()
	head := make([]byte, 4)
	if _, err := io.ReadFull(s.client.r, head); err != nil {
		s.t.Fatal(err)
	}
	frame := make([]byte, binary.BigEndian.Uint32(head)&0xffffff)
	copy(frame, head)
	if _, err := io.ReadFull(s.client.r, frame[4:]); err != nil {
		s.t.Fatal(err)
	}
	return frame
}

// TestAmendedAnswersAreRepeatedToTheOctet edits an answer at several depths, with an edit between
// that finds nothing.
func TestAmendedAnswersAreRepeatedToTheOctet(t *testing.T) {
	t.Parallel()
	s := scripted(t, `{when: {type: update}, amend: [
		{add: {Multiple-Services-Credit-Control: ""}},
		{move: {"Multiple-Services-Credit-Control[last]": before Result-Code}},
		{set: {"Multiple-Services-Credit-Control[0].Rating-Group/-M": 7}},
		{set: {Event-Timestamp: "2026-01-01T00:00:00Z"}},
		{remove: [Cost-Unit, Origin-Host, Auth-Application-Id]},
		{duplicate: Result-Code, flags: {header: T}}]}`)
	first := s.wantAnswerTo(s.update(120), 2)
	s.wantCharged()
	var names []name
	for _, a := range attributes(first[20:]) {
		names = append(names, a.name)
	}
	want := []name{
		sessionID, mscc, resultCode, resultCode, originRealm, ccRequestType, ccRequestNumber, mscc,
	}
	if got := fmt.Sprint(names[:len(want)]); got != fmt.Sprint(want) || first[4] != 0x50 {
		t.Errorf("the answer has %v and flags %#x, want %v and 0x50", names, first[4], want)
	}
	if group, _ := find(first, mscc, ratingGroup); group.number() != 7 {
		t.Errorf("Rating-Group %d in the first group, want the one that was made, 7", group.number())
	}
	again := s.wantRepeat(s.client)
	setIdentifiers(again, hopByHop(first), endToEnd(first))
	if !bytes.Equal(first, again) {
		t.Errorf("the repeat is answered\n% x, want\n% x", again, first)
	}
	const why = "amend: remove Cost-Unit: there is no Cost-Unit; the answer is left as it is"
	if n := strings.Count(s.journal(), why); n < 2 {
		t.Errorf("the journal says %d times %q, want it of the answer and of its repeat", n, why)
	}
}

// TestAnswersAsLongAsAMessageCanBe sends one of nearly 16 MiB; a longer one is left as it was.
func TestAnswersAsLongAsAMessageCanBe(t *testing.T) {
	t.Parallel()
	const most = 16_777_212
	s := scripted(t, `{when: {type: update}, amend: [
		{set: {Error-Message: "`+strings.Repeat("x", 1_000_000)+`"}},
		{duplicate: [`+strings.Repeat("Error-Message, ", 16)+`Error-Message]}]}`)
	s.send(s.update(120))
	frame := s.whole()
	if len(frame) <= most-1_000_100 || len(frame) > most || result(frame) != 2001 {
		t.Errorf("the answer has %d octets and Result-Code %d, want nearly %d and 2001",
			len(frame), result(frame), most)
	}
	if !strings.Contains(s.journal(), "a message has 16777212 octets at most") {
		t.Error("the journal does not say what was left out")
	}
	s.wantAnswerTo(watchdog(7), 7)
	s.wantCharged()
}

// TestErrorsAreAmendedToo amends a refusal, and an answer whose request names no session.
func TestErrorsAreAmendedToo(t *testing.T) {
	t.Parallel()
	s := scripted(t, `{when: {type: event}, answer: {result: 3004},
			amend: {set: {Error-Message: later, Result-Code: DIAMETER_LOOP_DETECTED}, remove: Session-Id}},
		{when: {type: termination}, amend: {set: {Termination-Cause: DIAMETER_LOGOUT}}}`)
	event := s.request
	event.kind, event.session, event.wanted = eventRequest, "stage;9", 1
	for range 2 {
		answer := s.wantAnswerTo(event.frame(5, 105), 5)
		_, there := find(answer, sessionID)
		if said, _ := find(answer, name{0, 281}); there || result(answer) != 3005 ||
			string(said.data) != "later" || answer[4]&0x20 == 0 {
			t.Errorf("the answer is % x, want 3005 with an Error-Message, without Session-Id", answer)
		}
	}
	last := s.request
	last.kind, last.number, last.used = terminationRequest, 1, 60
	answer := answered(t, s.client, last.frame(6, 106))
	if cause, _ := find(answer, terminationCause); cause.number() != 1 {
		t.Errorf("the CCA-T has Termination-Cause %d, want 1", cause.number())
	}
	wantMoney(t, s.server, "at the end", 9_950_000, 0)
}

func TestEditsOverREST(t *testing.T) {
	t.Parallel()
	s := scripted(t, `{when: {type: event}, amend: {set: {User-Name: x}}, fault: {preset: garbage}}`)
	var answer struct {
		Result int
		Edits  []struct{ Op, Path, Value string }
		Why    []string
	}
	call(t, http.MethodPost, s.server.APIURL()+"/v1/charges", `{"session": "r;1", "number": 0,
		"type": "event", "subscriber": "15550100", "services": [{"requested": {"events": 1}}]}`, &answer)
	why := strings.Join(answer.Why, "\n")
	if answer.Result != 2001 || len(answer.Edits) != 1 || answer.Edits[0].Path != "User-Name" ||
		!strings.Contains(why, "there are no AVPs to amend over REST") ||
		!strings.Contains(why, "only delay, hold and drop have a meaning over REST") {
		t.Errorf("the answer is %+v, want it to say that nothing is amended", answer)
	}
}

// TestALateEndOverREST wants the end in place of an answer no earlier than the answer.
func TestALateEndOverREST(t *testing.T) {
	t.Parallel()
	s := scripted(t, "{when: {type: event}, fault: {delay: 150ms, drop: answer}}")
	began := time.Now()
	response, err := http.Post(s.server.APIURL()+"/v1/charges", "application/json",
		strings.NewReader(`{"session": "r;1", "number": 0, "type": "event",
			"subscriber": "15550100", "services": [{"requested": {"events": 1}}]}`))
	if err == nil {
		_ = response.Body.Close()
		t.Errorf("the charge is answered %s, want no answer", response.Status)
	}
	if took := time.Since(began); took < 150*time.Millisecond {
		t.Errorf("the connection ended after %v, want 150ms at least", took)
	}
}

// TestWrongEditsAreToldWhenTheyArePut wants each fault with its place.
func TestWrongEditsAreToldWhenTheyArePut(t *testing.T) {
	t.Parallel()
	s := scripted(t, "{pass: true}")
	for written, want := range map[string]string{
		"set: {Resultcode: 1}":             "no AVP is called Resultcode",
		"set: {Session-Id.Class: 1}":       "Session-Id is no group",
		"set: {Result-Code: ~}":            `"" is no value of Result-Code`,
		"set: {Result-Code: [1]}":          "the value of an AVP is one text or number",
		"set: {Event-Timestamp: tomorrow}": "is no time",
		"remove: Result-Code/M":            "mean nothing",
		"move: {Result-Code: up}":          "is no place",
		"flags: {header: V}":               "no flag V",
		"flags: {Result-Code: T}":          "no flag T",
	} {
		var problem struct {
			Errors []struct {
				Location, Message string
				Line, Column      int
			}
		}
		status := call(t, http.MethodPut, s.server.APIURL()+"/v1/scenarios/y",
			"rules:\n- amend:\n    "+written, &problem)
		if status != http.StatusUnprocessableEntity || len(problem.Errors) != 1 ||
			!strings.Contains(problem.Errors[0].Message, want) || problem.Errors[0].Line != 3 ||
			problem.Errors[0].Column < 12 {
			t.Errorf("%s: %d %+v, want 422 with %q behind column 12", written, status, problem, want)
		}
	}
}
