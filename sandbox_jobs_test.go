package ocssim_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// patient is how long a job waits for an answer: 200 of them share what processors there are.
const patient = time.Minute

// A job is one test job of many, which all do the same under the same names, but for a number.
type job struct {
	n       int
	url     string // of the simulator
	sandbox api.Sandbox
	seen    chan string // what a listener to its events saw
}

func (j *job) name() string { return fmt.Sprintf("job-%d", j.n) }

func (j *job) order() string {
	return fmt.Sprintf(`{"name": "job-%[1]d", "tags": ["ci"], "seed": {
		"plans": {"im": {"currency": "EUR", "rules": [
			{"unit": "time", "per": "60s", "price": "0.%03[1]d EUR"}]}},
		"dictionary": [{"name": "Acme-%[1]d", "code": 1, "vendor": 99999,
			"type": "UTF8String"}],
		"accounts": [{"id": "alice", "plan": "im", "subscribers": [{"e164": "15550100"}],
			"balances": [{"amount": "10.00 EUR"}]}],
		"scenarios": [{"name": "last", "rules": [{"when": {"type": "termination"}, "times": 1,
			"answer": {"result": %[2]d, "level": "command", "ledger": "normal"}}]}]}}`,
		j.n, 5000+j.n)
}

// began is where the job's clock stands still.
func (j *job) began() time.Time {
	return time.Date(2035, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, j.n)
}

func (j *job) run(t *testing.T) {
	if status := call(t, "POST", j.url+"/v1/sandboxes", j.order(), &j.sandbox); status != 201 {
		t.Errorf("create %s = %d, want 201", j.name(), status)
		return
	}
	j.listen(t)
	call(t, "PUT", j.sandbox.API+"/v1/clock", fmt.Sprintf(
		`{"now": %q, "stopped": true}`, j.began().Format(time.RFC3339)), nil)
	j.talk(t)
	j.look(t)
	if status := call(t, "DELETE", j.url+"/v1/sandboxes/"+j.name(), "", nil); status != 204 {
		t.Errorf("delete %s = %d, want 204", j.name(), status)
	}
	if streamed := <-j.seen; strings.Count(streamed, "event: exchange") < 4 {
		t.Errorf("the stream of %s = %q, want its exchanges", j.name(), streamed)
	} else {
		j.own(t, "stream", streamed)
	}
}

// listen follows the events of the sandbox until it is gone.
func (j *job) listen(t *testing.T) {
	j.seen = make(chan string, 1)
	response, err := http.Get(j.sandbox.API + "/v1/events?after=0")
	if err != nil {
		t.Errorf("listen to %s: %v", j.name(), err)
		j.seen <- ""
		return
	}
	go func() {
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		j.seen <- string(text)
	}()
}

// talk is the same in all jobs, but for the price, the scenario's result, and a number that every
// second client leaves out.
func (j *job) talk(t *testing.T) {
	number := 2 + j.n%2
	talk, err := conversation.Parse(j.name(), fmt.Appendf(nil, `
> initial s1 15550100 rg=100 want=60s
< 2001 rg=100 2001
+ 60s
> update s1 rg=100 used=60s want=60s
< 2001 cost=0.%03d
> termination s1 rg=100 used=60s number=%d
< %d
= alice %d.%03d EUR reserved 0.00
`, j.n, number, 5000+j.n, (10_000-2*j.n)/1000, (10_000-2*j.n)%1000))
	if err != nil {
		t.Errorf("%s: %v", j.name(), err)
		return
	}
	door := ocssim.NewGyDoor(j.sandbox.Diameter[0], diameter.ClientOptions{
		OriginHost: fmt.Sprintf("im-%d.example.com", j.n), OriginRealm: "example.com",
		Timeout: patient,
	})
	defer door.Close()
	control := ocssim.NewControlDoor(j.sandbox.API, "")
	report, err := talk.Play(context.Background(), door.Door(control),
		conversation.Options{Timeout: patient})
	if err != nil || report.Err() != nil {
		t.Errorf("%s: %v, %v", j.name(), err, report.Err())
	}
}

// look asks for all that a sandbox keeps.
func (j *job) look(t *testing.T) {
	var exchanges struct{ Items []any }
	call(t, "GET", j.sandbox.API+"/v1/exchanges?type=update", "", &exchanges)
	if len(exchanges.Items) != 1 {
		t.Errorf("%s has %d updates in its journal, want its own alone", j.name(),
			len(exchanges.Items))
	}
	var verified struct{ Satisfied bool }
	call(t, "POST", j.sandbox.API+"/v1/verifications", fmt.Sprintf(
		`{"match": {"type": "termination", "result": %d}, "count": 1}`, 5000+j.n), &verified)
	if !verified.Satisfied {
		t.Errorf("%s does not find its own result", j.name())
	}
	var last struct{ Verdict, Reason string }
	call(t, "GET", j.sandbox.API+"/v1/scenarios/last?wait=50s", "", &last)
	if last.Verdict != "pass" {
		t.Errorf("the verdict of %s = %s: %s, want pass", j.name(), last.Verdict, last.Reason)
	}
	var found struct{ Counts map[string]int }
	call(t, "GET", j.sandbox.API+"/v1/findings", "", &found)
	if gaps := found.Counts["request-number-gap"]; gaps != j.n%2 {
		t.Errorf("%s has %d gaps in its numbers, want %d", j.name(), gaps, j.n%2)
	}
	var clock struct{ Now time.Time }
	call(t, "GET", j.sandbox.API+"/v1/clock", "", &clock)
	if want := j.began().Add(time.Minute); !clock.Now.Equal(want) {
		t.Errorf("the clock of %s = %v, want %v", j.name(), clock.Now, want)
	}
	for _, path := range []string{
		"/v1/exchanges.pcapng", "/v1/exchanges.ndjson", "/v1/peers", "/v1/dictionaries",
	} {
		j.own(t, path, j.get(t, path))
	}
}

func (j *job) get(t *testing.T, path string) string {
	response, err := http.Get(j.sandbox.API + path)
	if err != nil {
		t.Errorf("GET %s of %s: %v", path, j.name(), err)
		return ""
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("GET %s of %s = %d: %v", path, j.name(), response.StatusCode, err)
	}
	return string(text)
}

// own looks for names of other jobs.
func (j *job) own(t *testing.T, where, text string) {
	names := regexp.MustCompile(`(?:im|Acme)-(\d+)`).FindAllStringSubmatch(text, -1)
	if len(names) == 0 && where != "/v1/peers" {
		t.Errorf("%s of %s has not even its own names", where, j.name())
	}
	for _, name := range names {
		if name[1] != fmt.Sprint(j.n) {
			t.Errorf("%s of %s has %s", where, j.name(), name[0])
			return
		}
	}
}
