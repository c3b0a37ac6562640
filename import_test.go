package ocssim_test

import (
	"bytes"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/recording"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// cannotBeImported names conversations whose capture does not become one that passes, and why.
func cannotBeImported() map[string]string {
	return map[string]string{
		"session-forgotten": "the charging clock was turned by ten minutes between two requests, " +
			"which no message tells, so that the repeat behind is known still",
	}
}

// Every conversation that runs at Gy is played, its journal is exported and imported again, and
// what it became passes against its own seed.
func TestCapturesBecomeConversations(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/*.conv")
	if err != nil || len(names) == 0 {
		t.Fatalf("Glob found %d conversations (%v), want some", len(names), err)
	}
	for i, path := range names {
		name := strings.TrimSuffix(filepath.Base(path), ".conv")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			captured := captureOf(t, readConversation(t, path))
			importAgain(t, name, captured[i%len(captured)])
		})
	}
}

// captureOf plays a conversation and exports the journal in both forms, which must hold the same
// messages.
func captureOf(t *testing.T, c *conversation.Conversation) []*capture.Recording {
	t.Helper()
	server := startFor(t, c)
	gy := ocssim.NewGyDoor(server.DiameterAddresses()[0], diameter.ClientOptions{
		DestinationRealm: "example.net", Dictionary: server.Dictionary(),
	})
	door, control := gy.Door(nil), ocssim.NewControlDoor(server.APIURL(), "")
	door.Books, door.Turner, door.Caller, door.Settings = control, control, control, c.Needs
	if _, err := c.Play(t.Context(), door, conversation.Options{Suffix: "1"}); err != nil {
		t.Fatal(err)
	}
	if err := gy.Close(); err != nil {
		t.Fatal(err)
	}
	packets := fetchCapture(t, server.APIURL()+"/v1/exchanges.pcapng")
	lines := fetchCapture(t, server.APIURL()+"/v1/exchanges.ndjson?raw=true")
	if diff := cmp.Diff(messagesOf(packets), messagesOf(lines)); diff != "" {
		t.Errorf("the forms differ (-packets +lines):\n%s", diff)
	}
	return []*capture.Recording{packets, lines}
}

// messagesOf are the messages without when they were captured, which both forms tell in their way.
func messagesOf(r *capture.Recording) []string {
	all := make([]string, len(r.Frames))
	for i := range r.Frames {
		all[i] = string(r.Frames[i].Octets)
	}
	slices.Sort(all)
	return all
}

func importAgain(t *testing.T, name string, captured *capture.Recording) {
	t.Helper()
	got, err := recording.Import(t.Context(), captured.Frames, recording.Options{
		Name: name, Rehearse: ocssim.Rehearse,
	})
	if err != nil {
		t.Fatal(err)
	}
	why, cannot := cannotBeImported()[name]
	switch {
	case cannot && len(got.Unproved) == 0:
		t.Errorf("everything came out as captured, and yet it is said that %s", why)
	case cannot:
		t.Log(why)
	case len(got.Unproved) > 0:
		t.Errorf("not as captured: %+v\nin\n%s", got.Unproved, got.Text)
	}
}

func fetchCapture(t *testing.T, url string) *capture.Recording {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(response.Body); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("GET %s = %d, %v", url, response.StatusCode, err)
	}
	recorded, err := capture.Read("journal", &body)
	if err != nil {
		t.Fatalf("GET %s: %v", url, err)
	}
	return recorded
}
