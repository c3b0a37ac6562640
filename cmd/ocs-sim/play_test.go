package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
)

// TestPlayEverything plays all conversations of the project in a row against one server, but for
// those that need a setting.
func TestPlayEverything(t *testing.T) {
	t.Parallel()
	server, err := ocssim.Start(t.Context(), ocssim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	args := []string{
		"play", "--to", server.DiameterAddresses()[0], "--api", server.APIURL(), "--reset", "--quiet",
		"--timeout", "1m", // a machine that is busy is no failure
	}
	paths, err := filepath.Glob("../../testdata/*.conv")
	if err != nil || len(paths) == 0 {
		t.Fatalf("Glob found %d conversations (%v), want some", len(paths), err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		talk, err := conversation.Parse(path, text)
		if err != nil {
			t.Fatal(err)
		}
		if len(talk.Needs) == 0 {
			args = append(args, path)
		}
	}
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), args, &stdout, &stderr); status != exitYes || stderr.Len() > 0 {
		t.Errorf("play ends with %d\n%s", status, stderr.String())
	}
}
