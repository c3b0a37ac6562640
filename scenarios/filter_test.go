package scenarios_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// words are the attributes of a message that is a list of words like Name=value.
type words string

func (w words) Lookup(path string) (values []string) {
	for _, word := range strings.Fields(string(w)) {
		if name, value, _ := strings.Cut(word, "="); name == path {
			values = append(values, value)
		}
	}
	return values
}

// watched is a journal with a conference of two sessions, a RAR, a refused frame and more.
func watched(t testing.TB) *scenarios.Journal {
	t.Helper()
	journal := scenarios.NewJournal(scenarios.JournalOptions{
		SessionOf: func(raw []byte) string {
			return strings.Join(words(raw).Lookup("Session-Id"), "")
		},
		MessageOf: func(raw []byte) string { return strings.Fields(string(raw))[0] },
		Reader: scenarios.Reader{
			Attributes: func(raw []byte) charging.Attributes { return words(raw) },
		},
	})
	begin := situation(initial, 0, service(100))
	begin.Request.Information.Conference = "conf1"
	begin.Request.Services[0].Key.IDs = []uint32{7}
	charge(journal, begin, joined())                                 // 1
	charge(journal, situation(update, 1, service(200)), joined())    // 2
	repeat := joined()                                               //
	repeat.Repeat, repeat.Why = true, nil                            //
	charge(journal, situation(update, 1, service(200)), repeat)      // 3
	rar := journal.Received(message("RAR Session-Id=s1"))            // 4
	journal.Sent(rar, message("RAA Result-Code=2002"))               //
	journal.Observe(scenarios.Observation{Session: "s1", Text: "x"}) // 5
	garbage := journal.Received(message("CCR Origin-Host=im7"))      // 6
	journal.Sent(garbage, message("CCA Result-Code=5014"))           //
	journal.Received(message("DWR Origin-Host=im8"))                 // 7
	journal.Found(charging.Finding{Rule: "usage-above-grant", Exchange: 2})
	return journal
}

func TestFilterByAnything(t *testing.T) {
	t.Parallel()
	journal := watched(t)
	yes, no := true, false
	known := charging.Known
	for name, test := range map[string]struct {
		filter scenarios.Filter
		want   []int64
	}{
		"a subscriber has the RAR and observations of the session": {
			scenarios.Filter{Subscriber: "15550100"}, []int64{1, 2, 3, 4, 5},
		},
		"so has an account": {scenarios.Filter{Account: "alice"}, []int64{1, 2, 3, 4, 5}},
		"a conference is told once in a session": {
			scenarios.Filter{Conference: "CONF*"}, []int64{1, 2, 3, 4, 5},
		},
		"another conference":        {scenarios.Filter{Conference: "conf2"}, []int64{}},
		"a part of a Session-Id":    {scenarios.Filter{Session: "s*"}, []int64{1, 2, 3, 4, 5}},
		"rating group asked":        {scenarios.Filter{RatingGroup: known(200)}, []int64{2, 3}},
		"rating group answered":     {scenarios.Filter{RatingGroup: known(100)}, []int64{1, 2, 3}},
		"service":                   {scenarios.Filter{Service: known(7)}, []int64{1}},
		"context":                   {scenarios.Filter{Context: "*32260*", Type: "initial"}, []int64{1}},
		"scenario":                  {scenarios.Filter{Scenario: "last-minute"}, []int64{1, 2}},
		"repeats":                   {scenarios.Filter{Repeat: &yes}, []int64{3}},
		"no repeats":                {scenarios.Filter{Repeat: &no}, []int64{1, 2}},
		"not answered":              {scenarios.Filter{Sent: &no}, []int64{7}},
		"finding":                   {scenarios.Filter{Finding: "*"}, []int64{2}},
		"other finding":             {scenarios.Filter{Finding: "request*"}, []int64{}},
		"result of what is refused": {scenarios.Filter{Result: results(5014)}, []int64{6}},
		"class of results": {
			scenarios.Filter{Result: scenarios.Results{From: known(5000), To: known(5999)}}, []int64{6},
		},
		"result of a RAA":          {scenarios.Filter{Result: results(2002)}, []int64{4}},
		"origin of what is no CCR": {scenarios.Filter{OriginHost: "im8"}, []int64{7}},
		"AVP":                      {scenarios.Filter{AVP: avp("Origin-Host", "im*")}, []int64{6, 7}},
		"AVP that is missing": {
			scenarios.Filter{Message: "DWR", AVP: avp("X", "none")}, []int64{7},
		},
		"AVP of the answer":          {scenarios.Filter{AnswerAVP: avp("Result-Code", "5*")}, []int64{6}},
		"the last":                   {scenarios.Filter{Last: 2}, []int64{6, 7}},
		"the last of some":           {scenarios.Filter{Type: "update", Last: 1}, []int64{3}},
		"the last of all there is":   {scenarios.Filter{Last: 100, Type: "update"}, []int64{2, 3}},
		"the last before":            {scenarios.Filter{Last: 1, Before: 3, Type: "update"}, []int64{2}},
		"what is tagged":             {scenarios.Filter{Tagged: tagged("alice")}, []int64{1, 2, 3}},
		"what is tagged by its rule": {scenarios.Filter{Tagged: tagged("last-minute")}, []int64{1, 2}},
	} {
		page, _ := journal.Exchanges(test.filter)
		got := []int64{}
		for i := range page {
			got = append(got, page[i].Seq)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func avp(path, glob string) map[string]scenarios.Names {
	return map[string]scenarios.Names{path: {glob}}
}

func tagged(name string) func(string, string) bool {
	return func(account, scenario string) bool { return account == name || scenario == name }
}

func TestDeletingSomeExchanges(t *testing.T) {
	t.Parallel()
	journal := watched(t)
	journal.Found(charging.Finding{Rule: "stays", Exchange: 7})
	if got := journal.Delete(scenarios.Filter{Session: "s1"}); got != 5 {
		t.Errorf("Delete = %d, want 5", got)
	}
	page, _ := journal.Exchanges(scenarios.Filter{})
	if len(page) != 2 || page[0].Seq != 6 || page[1].Seq != 7 {
		t.Errorf("left are %v, want 6 and 7", page)
	}
	if found := journal.Findings(); len(found) != 1 || found[0].Rule != "stays" {
		t.Errorf("findings left are %v, want the one in what is left", found)
	}
	if _, err := journal.Exchange(2); err == nil {
		t.Error("exchange 2 is there, want it gone")
	}
	journal.Sent(2, message("late"))
	if got := journal.Delete(scenarios.Filter{After: 6}); got != 1 {
		t.Errorf("Delete behind 6 = %d, want 1", got)
	}
	last, err := journal.Pick(0, scenarios.Filter{})
	if err != nil || last.Seq != 6 {
		t.Errorf("Latest = %d, %v, want 6", last.Seq, err)
	}
	if journal.Dropped() != 0 {
		t.Errorf("Dropped = %d, want 0: nothing made room", journal.Dropped())
	}
}

func TestPickingTheLatest(t *testing.T) {
	t.Parallel()
	journal := watched(t)
	last, err := journal.Pick(0, scenarios.Filter{Type: "update"})
	if err != nil || last.Seq != 3 || last.RequestRaw == "" {
		t.Errorf("the latest update is %+v, %v; want 3 with its bytes", last, err)
	}
	if one, err := journal.Pick(2, scenarios.Filter{Type: "update"}); err != nil || one.Seq != 2 {
		t.Errorf("update 2 = %+v, %v", one, err)
	}
	for _, test := range []struct {
		number int64
		filter scenarios.Filter
		want   string
	}{
		{1, scenarios.Filter{Type: "update"}, "no exchange is as the query wants it"},
		{0, scenarios.Filter{Type: "event"}, "no exchange is as the query wants it"},
		{99, scenarios.Filter{}, "no exchange 99"},
	} {
		if _, err := journal.Pick(test.number, test.filter); err == nil ||
			!strings.Contains(err.Error(), test.want) {
			t.Errorf("Pick(%d, %+v) = %v, want %q", test.number, test.filter, err, test.want)
		}
	}
}
