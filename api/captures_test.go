package api_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/api"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// positions finds texts in a file, one behind the other.
func positions(t *testing.T, file string, texts ...string) {
	t.Helper()
	rest := []byte(file)
	for _, text := range texts {
		_, behind, found := bytes.Cut(rest, []byte(text))
		if !found {
			t.Fatalf("%q is not in the capture behind what should stand before it", text)
		}
		rest = behind
	}
}

func TestACaptureIsInTheOrderOfTime(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{})
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	received := func(peer string, after time.Duration) int64 {
		return journal.Received(charging.Message{
			Door: "gy", Peer: peer, At: at.Add(after),
			Raw: diameterMessage(272, true, map[uint32]string{264: peer, 293: "two.example.com"}),
		})
	}
	sent := func(number int64, after time.Duration) {
		journal.Sent(number, charging.Message{
			At:  at.Add(after),
			Raw: diameterMessage(272, false, map[uint32]string{264: "two.example.com"}),
		})
	}
	late := received("one.example.com", 0)
	prompt := received("one.example.com", time.Second)
	own := received("ocs.example.net", 2*time.Second)
	journal.Received(charging.Message{Door: "rest", At: at, Raw: []byte(`{"session": "no wire"}`)})
	lost := received("127.0.0.1:5", 4*time.Second)
	sent(prompt, time.Second)
	sent(late, 3*time.Second)
	sent(own, 3*time.Second+1)
	if lost != 5 { // of it nothing is sent
		t.Fatalf("the last exchange is %d, want 5", lost)
	}
	s := start(t, seedText, func(o *api.Options) {
		o.Journal, o.OriginHost = journal, "ocs.example.net"
	})
	got := s.want(t, 200, "GET", "/v1/exchanges.pcapng", "")
	if kind := got.header.Get("Content-Type"); kind != "application/x-pcapng" {
		t.Errorf("content type %s, want application/x-pcapng", kind)
	}
	positions(t, got.text,
		"ocs-sim 1.2.3", "\x0a\x00\x00\x01ocs.example.net\x00",
		"\x0a\x01\x00\x01one.example.com\x00", "exchange 1", "exchange 2", "answers exchange 2",
		"\x0a\x01\x00\x02two.example.com\x00",
		"\x0a\x00\x00\x01\x0a\x01\x00\x02", "exchange 3", // from the server
		"answers exchange 1",
		"\x0a\x01\x00\x02\x0a\x00\x00\x01", "answers exchange 3",
		"\x0a\x01\x00\x03127.0.0.1:5\x00", "exchange 5", "nothing was sent in answer")
	if bytes.Contains([]byte(got.text), []byte("no wire")) {
		t.Error("a charge over REST is in the capture")
	}
	part := s.want(t, 200, "GET", "/v1/exchanges.pcapng?door=rest", "")
	if bytes.Contains([]byte(part.text), []byte("exchange ")) {
		t.Error("a capture of what came over REST has packets")
	}
}
