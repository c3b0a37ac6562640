package ocssim_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/charging/findings"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// A charge is a conversation over real sockets with what it is found fault with: the severity and
// the rule of each finding, and how what was seen begins.
type charge struct {
	name     string
	talk     string // a line that begins with | does not wait for the answer to the one before
	scripted string // the rule of a scenario
	settings string
	stamped  bool // each request has the wall clock's Event-Timestamp
	want     []string
}

// readCharges reads a file of them: "## name", then lines of a conversation; "? finding" is one
// that is due.
func readCharges(t *testing.T, name string) (charges []charge) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if title, begins := strings.CutPrefix(line, "## "); begins {
			charges = append(charges, charge{name: strings.TrimSpace(title)})
			continue
		}
		if len(charges) == 0 {
			continue
		}
		c := &charges[len(charges)-1]
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "?":
			c.want = append(c.want, rest)
		case "script":
			c.scripted = "scenarios:\n  - {name: x, rules: [" + rest + "]}\n"
		case "settings":
			c.settings = "settings: " + rest + "\n"
		case "stamped":
			c.stamped = true
		case "":
		default:
			c.talk += line
		}
	}
	return charges
}

// Each rule that goes by the course of a session is broken in several ways, and nearly broken.
func TestCoursesAreJudgedOverSockets(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/findings/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("Glob found %d files (%v), want some", len(names), err)
	}
	for _, name := range names {
		for _, c := range readCharges(t, name) {
			t.Run(strings.TrimSuffix(filepath.Base(name), ".txt")+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				server := startCourt(t, ocssim.Options{}, c.settings+c.scripted)
				playIn(t, c.door(t, server), c.talk)
				wantFound(t, server, c.want)
			})
		}
	}
}

// door is a Gy client; what answers look like is judged where they are not wrong on purpose, and no
// turned clock has the server forget.
func (c *charge) door(t *testing.T, server *ocssim.Server) conversation.Door {
	t.Helper()
	door := conversation.Door{}
	if c.scripted != "" || strings.Contains(c.talk, "\n+ ") {
		gy := ocssim.NewGyDoor(server.DiameterAddresses()[0], diameter.ClientOptions{
			DestinationRealm: "example.net",
		})
		t.Cleanup(func() { _ = gy.Close() })
		control := ocssim.NewControlDoor(server.APIURL(), "")
		door = gy.Door(nil)
		door.Books, door.Turner, door.Caller = control, control, control
	} else {
		door = overGy(t, server)
	}
	if c.stamped {
		door.Charger = stamping{door.Charger}
	}
	return door
}

// stamping adds the wall clock's time to requests.
type stamping struct{ charging.Charger }

func (s stamping) Charge(
	ctx context.Context, r *charging.Request, reply func(*charging.Answer),
) {
	r.EventTime = time.Now()
	s.Charger.Charge(ctx, r, reply)
}

func startCourt(t *testing.T, o ocssim.Options, more string) *ocssim.Server {
	t.Helper()
	seed, err := os.ReadFile("testdata/findings/seed.yaml")
	if err != nil {
		t.Fatal(err)
	}
	o.Seeds = append(o.Seeds, document.File{Name: "seed.yaml", Data: append(seed, more...)})
	server, err := ocssim.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

// playIn plays a conversation and waits for each answer that it says nothing about.
func playIn(t *testing.T, door conversation.Door, text string) {
	t.Helper()
	talk, err := conversation.Parse("talk", []byte(inTurn(text)))
	if err != nil {
		t.Fatal(err)
	}
	report, err := talk.Play(t.Context(), door, conversation.Options{Suffix: "1"})
	if err == nil {
		err = report.Err()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// wantFound compares what was found so far.
func wantFound(t *testing.T, server *ocssim.Server, want []string) {
	t.Helper()
	found := foundAt(t, server)
	slices.Sort(want)
	if len(found) != len(want) {
		t.Fatalf("%d findings, want %d:\n%s", len(found), len(want), strings.Join(found, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(found[i], want[i]) {
			t.Errorf("finding %q, want %q", found[i], want[i])
		}
	}
}

// foundAt is what was found, sorted.
func foundAt(t *testing.T, server *ocssim.Server) []string {
	t.Helper()
	api := client.New(server.APIURL(), client.Options{})
	list, err := api.Findings(t.Context(), client.FindingFilter{Page: client.Page{Limit: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range list.Items {
		found = append(found, string(f.Severity)+" "+f.Rule+": "+f.Seen)
		if rule, _ := findings.Of(f.Rule); f.Expected != rule.Expected || f.Clause != rule.Clause {
			t.Errorf("finding %+v does not say what its rule says", f)
		}
	}
	slices.Sort(found)
	return found
}

// inTurn has a conversation wait for each answer that it says nothing about.
func inTurn(talk string) string {
	var b strings.Builder
	waiting := false
	for line := range strings.Lines(talk) {
		if waiting && !strings.HasPrefix(line, "<") && !strings.HasPrefix(line, "|") {
			b.WriteString("< any\n")
		}
		waiting = strings.HasPrefix(line, ">")
		b.WriteString(strings.TrimPrefix(line, "|")) // not in turn
	}
	if waiting {
		b.WriteString("< any\n")
	}
	return b.String()
}
