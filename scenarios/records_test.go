package scenarios_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

const recordsName = "records.jsonl"

func openRecords(t *testing.T, o scenarios.RecordOptions) *scenarios.Records {
	t.Helper()
	records, _, err := scenarios.OpenRecords(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = records.Close() })
	return records
}

func record(kind charging.RecordType, session string, number uint32) *charging.Request {
	return &charging.Request{
		Key:    charging.Key{Session: charging.SessionID{ID: session}, Number: number},
		Record: kind, Origin: charging.Origin{Host: "im.example.com", Realm: "example.com"},
		At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
	}
}

func ask(t *testing.T, r *scenarios.Records, request *charging.Request) *charging.Answer {
	t.Helper()
	answer, err := charging.Ask(t.Context(), r, request)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// lines reads the file; every line must be JSON.
func lines(t *testing.T, path string) (list []map[string]any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil || !strings.HasSuffix(line, "\n") {
			t.Fatalf("line %q is no whole line of JSON: %v", line, err)
		}
		list = append(list, fields)
	}
	return list
}

func TestARecordIsALine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), recordsName)
	records := openRecords(t, scenarios.RecordOptions{
		Path: path,
		ServiceInformation: func(charging.Attributes) map[string]any {
			return map[string]any{"IMS-Information": map[string]any{"Service-Id": "conf1"}}
		},
	})
	r := record(charging.EventRecord, "s;1", 0)
	r.Context, r.Retransmitted = "32260@3gpp.org", true
	r.EventTime = r.At.Add(-time.Second)
	r.Subscribers = []charging.Identity{{Type: charging.SIP, Data: "sip:alice@example.com"}}
	r.Information = charging.Information{
		Participants: charging.Known(3), MediaKnown: true, Media: []string{"audio", "message"},
		Conference: "conf1", ServiceType: charging.Known(105), Role: charging.Known(7),
		Counters: charging.Counters{Sent: charging.Known(2)},
	}
	r.Services = []charging.Service{{
		Key:  charging.ServiceKey{Group: charging.Known(100)},
		Used: []charging.Usage{{Units: []charging.Quantity{charging.Time.Of(60)}}},
	}}
	if a := ask(t, records, r); a.Result != charging.Success || a.Repeat {
		t.Fatalf("answer %d, repeat %t, want 2001, false", a.Result, a.Repeat)
	}
	want := map[string]any{
		"at": "2026-03-01T12:00:00Z", "event_time": "2026-03-01T11:59:59Z", "type": "event",
		"session": "s;1", "number": 0.0, "origin_host": "im.example.com",
		"origin_realm": "example.com", "retransmitted": true, "context": "32260@3gpp.org",
		"subscribers":  []any{map[string]any{"sip": "sip:alice@example.com"}},
		"participants": 3.0, "media": []any{"audio", "message"}, "conference": "conf1",
		"service_type": "joining", "role": 7.0, "counters": map[string]any{"sent": 2.0},
		"services": []any{map[string]any{"rating_group": 100.0, "used": []any{"60s"}}},
		"service_information": map[string]any{
			"IMS-Information": map[string]any{"Service-Id": "conf1"},
		},
	}
	if diff := cmp.Diff([]map[string]any{want}, lines(t, path)); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

func TestARecordIsKeptOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), recordsName)
	records := openRecords(t, scenarios.RecordOptions{Path: path})
	again := func(records *scenarios.Records, want bool) {
		t.Helper()
		r := record(charging.StartRecord, "s;1", 0)
		if a := ask(t, records, r); a.Result != charging.Success || a.Repeat != want {
			t.Errorf("answer %d, repeat %t, want 2001, %t", a.Result, a.Repeat, want)
		}
	}
	again(records, false)
	again(records, true)
	// Another type, number, session, sub-session or origin is another record.
	others := []*charging.Request{
		record(charging.EventRecord, "s;1", 0), record(charging.InterimRecord, "s;1", 1),
		record(charging.StartRecord, "s;2", 0), record(charging.StartRecord, "s;1", 0),
		record(charging.StartRecord, "s;1", 0),
	}
	others[3].Key.Session.Sub, others[4].Origin.Host = 7, "im2.example.com"
	for i, r := range others {
		if a := ask(t, records, r); a.Repeat {
			t.Errorf("record %d is taken for a repeat", i)
		}
	}
	if err := records.Close(); err != nil {
		t.Fatal(err)
	}
	// The end of the file is known after a restart.
	second := openRecords(t, scenarios.RecordOptions{Path: path})
	again(second, true)
	if a := ask(t, second, others[3]); !a.Repeat {
		t.Error("a sub-session's record is not known after a restart")
	}
	second.Forget()
	again(second, false)
	if got := len(lines(t, path)); got != 7 {
		t.Errorf("%d lines, want 7", got)
	}
}

func TestTheOldestRecordsAreForgotten(t *testing.T) {
	t.Parallel()
	records := openRecords(t, scenarios.RecordOptions{Remembered: 3})
	for i := range uint32(5) {
		ask(t, records, record(charging.EventRecord, "s;1", i))
	}
	for number, want := range map[uint32]bool{2: true, 3: true, 4: true} {
		if a := ask(t, records, record(charging.EventRecord, "s;1", number)); a.Repeat != want {
			t.Errorf("record %d: repeat %t, want %t", number, a.Repeat, want)
		}
	}
	if a := ask(t, records, record(charging.EventRecord, "s;1", 0)); a.Repeat {
		t.Error("record 0 is known, want it forgotten")
	}
}

func TestTheOrderOfRecordsIsJudged(t *testing.T) {
	t.Parallel()
	const start, interim, stop = charging.StartRecord, charging.InterimRecord, charging.StopRecord
	type step struct {
		kind   charging.RecordType
		number uint32
		want   any
	}
	for name, steps := range map[string][]step{
		"in order":            {{start, 0, nil}, {interim, 1, nil}, {stop, 2, nil}},
		"interim first":       {{interim, 1, "no-start"}, {interim, 2, nil}, {stop, 3, nil}},
		"stop alone":          {{stop, 1, "no-start"}},
		"a start that starts": {{start, 0, nil}, {start, 1, "started-twice"}},
		"behind the stop":     {{start, 0, nil}, {stop, 1, nil}, {interim, 2, "after-stop"}},
		"a gap":               {{start, 0, nil}, {interim, 3, "gap"}, {stop, 4, nil}},
		"late": {
			{start, 0, nil}, {interim, 2, "gap"}, {interim, 1, "late"}, {stop, 3, nil},
		},
		"another life":       {{start, 0, nil}, {stop, 1, nil}, {start, 2, nil}, {stop, 3, nil}},
		"events stand alone": {{charging.EventRecord, 7, nil}, {charging.EventRecord, 3, nil}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), recordsName)
			records := openRecords(t, scenarios.RecordOptions{Path: path})
			for i, s := range steps {
				if i == len(steps)-1 { // the file tells as much as memory does
					_ = records.Close()
					records = openRecords(t, scenarios.RecordOptions{Path: path})
				}
				if a := ask(t, records, record(s.kind, "s;1", s.number)); a.Result != charging.Success {
					t.Errorf("step %d: %d, want 2001", i, a.Result)
				}
			}
			for i, line := range lines(t, path) {
				if got := line["out_of_order"]; got != steps[i].want {
					t.Errorf("step %d: out_of_order %v, want %v", i, got, steps[i].want)
				}
			}
		})
	}
}

func TestAHalfRecordIsCutOff(t *testing.T) {
	t.Parallel()
	whole := `{"type":"start","session":"s;1","number":0,"origin_host":"im.example.com"}` + "\n"
	for name, c := range map[string]struct {
		before, after string
	}{
		"nothing is wrong":           {whole, whole},
		"a line has no end":          {whole + `{"type":"interim","ses`, whole},
		"a whole object without end": {whole + strings.TrimSpace(whole), whole},
		"the only line has no end":   {`{"type":"st`, ""},
		"a power cut left zeros":     {whole + "\x00\x00\x00\n\x00\x00", whole},
		"an empty file":              {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), recordsName)
			if err := os.WriteFile(path, []byte(c.before), 0o600); err != nil {
				t.Fatal(err)
			}
			records, notice, err := scenarios.OpenRecords(scenarios.RecordOptions{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			defer records.Close()
			if got, _ := os.ReadFile(path); string(got) != c.after {
				t.Errorf("the file holds %q, want %q", got, c.after)
			}
			if told := notice != ""; told != (c.before != c.after) {
				t.Errorf("notice %q", notice)
			}
			a := ask(t, records, record(charging.StartRecord, "s;1", 0))
			if want := strings.HasPrefix(c.after, whole); a.Repeat != want {
				t.Errorf("repeat %t, want %t", a.Repeat, want)
			}
			lines(t, path)
		})
	}
}

func TestAnothersFileIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a seed": "plans:\n  im: {}\n", "a seed without an end": "plans: {}",
		"other JSON": "{\n  \"accounts\": []\n}\n", "a long line": strings.Repeat("x", 9<<20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), recordsName)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			records, _, err := scenarios.OpenRecords(scenarios.RecordOptions{Path: path})
			if err == nil {
				_ = records.Close()
				t.Error("the file was opened, want an error")
			}
			if got, _ := os.ReadFile(path); string(got) != text {
				t.Error("the file was changed")
			}
		})
	}
}

func TestALongFileIsKnownByItsEnd(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), recordsName)
	var text strings.Builder
	for i := 0; text.Len() < 9<<20; i++ {
		fmt.Fprintf(&text, `{"type":"event","session":"s;%d","number":0,"origin_host":`+
			`"im.example.com","pad":%q}`+"\n", i, strings.Repeat("x", 1000))
	}
	last := strings.Count(text.String(), "\n") - 1
	text.WriteString(`{"half`)
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	records := openRecords(t, scenarios.RecordOptions{Path: path})
	a := ask(t, records, record(charging.EventRecord, fmt.Sprintf("s;%d", last), 0))
	if !a.Repeat {
		t.Error("the last record is not known")
	}
	if got := len(lines(t, path)); got != last+1 {
		t.Errorf("%d lines, want %d", got, last+1)
	}
}

func TestManyAtOnceAreKeptInWhole(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), recordsName)
	records := openRecords(t, scenarios.RecordOptions{Path: path, MaxWaiting: 8})
	const senders, each = 16, 50
	var all sync.WaitGroup
	for sender := range senders {
		all.Go(func() {
			for n := range uint32(each) {
				r := record(charging.EventRecord, fmt.Sprintf("s;%d", sender/2), n)
				a, err := charging.Ask(context.Background(), records, r)
				if err != nil || a.Result != charging.Success {
					t.Errorf("answer %+v, %v, want 2001", a, err)
				}
			}
		})
	}
	all.Wait()
	// Two senders sent each record: one of them was written.
	if got := len(lines(t, path)); got != senders/2*each {
		t.Errorf("%d lines, want %d", got, senders/2*each)
	}
}

func TestRecordsAnswerOnPurpose(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), recordsName)
	set := newSet(t, `{name: full, rules: [
		{when: {message: ACR, type: interim}, times: 1, answer: {result: 4002}},
		{when: {message: ACR, type: stop}, fault: {delay: 2s}},
		{when: {type: event}, answer: {result: 5012}}]}`)
	records := openRecords(t, scenarios.RecordOptions{Path: path, Script: set})
	for _, c := range []struct {
		request *charging.Request
		want    charging.Result
	}{
		{record(charging.StartRecord, "s;1", 0), 2001},
		{record(charging.InterimRecord, "s;1", 1), 4002},
		{record(charging.InterimRecord, "s;1", 1), 2001},
		{record(charging.EventRecord, "s;1", 0), 2001}, // the last rule is about CCR
	} {
		if a := ask(t, records, c.request); a.Result != c.want || a.Repeat {
			t.Errorf("%s: %d, repeat %t, want %d", c.request.Kind(), a.Result, a.Repeat, c.want)
		}
	}
	a := ask(t, records, record(charging.StopRecord, "s;1", 2))
	if a.Delivery == nil || a.Delivery.Delay != 2*time.Second {
		t.Errorf("delivery %+v, want a delay of 2s", a.Delivery)
	}
	if got := len(lines(t, path)); got != 4 {
		t.Errorf("%d lines, want 4: what is refused is not kept", got)
	}
}

func TestAClosedFileOfRecordsTakesNothing(t *testing.T) {
	t.Parallel()
	records := openRecords(t, scenarios.RecordOptions{})
	if err := records.Close(); err != nil {
		t.Fatal(err)
	}
	a := ask(t, records, record(charging.EventRecord, "s;1", 0))
	if a.Result != charging.UnableToComply {
		t.Errorf("answer %d, want 5012", a.Result)
	}
	if err := records.Close(); err != nil {
		t.Errorf("the second Close = %v, want nil", err)
	}
}

func TestRulesAboutAccountingHaveTheirOwnWords(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		`{when: {message: ACR, type: start}, answer: {result: 4002}}`:          "",
		`{when: {message: ACR}, fault: {delay: 1s}}`:                           "",
		`{when: {message: ACR}, pass: true}`:                                   "",
		`{when: {message: ACR, type: initial}, pass: true}`:                    "rules[0].when.type",
		`{when: {type: stop}, pass: true}`:                                     "rules[0].when.type",
		`{when: {message: XYZ}, pass: true}`:                                   "rules[0].when.message",
		`{when: {message: ACR}, limit: {grant: 60s}}`:                          "rules[0].limit",
		`{when: {message: ACR}, answer: {grant: none}}`:                        "rules[0].answer",
		`{when: {message: ACR}, answer: {result: 4002, ledger: skip}}`:         "rules[0].answer",
		`{when: {message: ACR}, answer: {result: 4012, level: mscc}}`:          "rules[0].answer",
		`{when: {message: CCR, type: event}, answer: {result: 4012}}`:          "",
		`{when: {message: ACR, conference: "c*"}, answer: {result: "5012"}}`:   "",
		`{when: {message: ACR, origin_host: "im*"}, answer: {result: "4002"}}`: "",
	} {
		doc := parse(t, `{name: x, rules: [`+rule+`]}`)
		var path string
		if faults := scenarios.Check(doc, scenarios.Wire{}); len(faults) > 0 {
			path = faults[0].Path
		}
		if path != want {
			t.Errorf("%s has its first fault at %q, want %q", rule, path, want)
		}
	}
}
