package ocssim_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/recording"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// cannotBeImported names conversations whose capture does not become one that passes, and why.
func cannotBeImported() map[string]string {
	return map[string]string{}
}

// Every conversation that runs at Gy is played, its journal is exported and imported again, and
// what it became passes against its own seed.
func TestCapturesBecomeConversations(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/*.conv")
	if err != nil || len(names) == 0 {
		t.Fatalf("Glob found %d conversations (%v), want some", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".conv"), func(t *testing.T) {
			t.Parallel()
			importAgain(t, readConversation(t, name))
		})
	}
}

func importAgain(t *testing.T, c *conversation.Conversation) {
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
	for _, path := range []string{"/v1/exchanges.pcapng", "/v1/exchanges.ndjson?raw=true"} {
		captured := fetchCapture(t, server.APIURL()+path)
		got, err := recording.Import(t.Context(), captured.Frames, recording.Options{
			Name: c.Name, Rehearse: ocssim.Rehearse,
		})
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if dir := os.Getenv("OCS_IMPORTED"); dir != "" {
			file := filepath.Join(dir, filepath.Base(c.Name))
			if err := os.WriteFile(file, got.Text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, left := range got.Unproved {
			t.Errorf("%s: packet %d, line %d: %s", path, left.Packet, left.Line, left.Why)
		}
		t.Logf("%d rules", got.Rules)
		if os.Getenv("OCS_IMPORTED") != "" {
			break
		}
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
