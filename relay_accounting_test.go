//go:build interop

package ocssim_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestRelayAccounting has freeDiameter, which must have seen application 3 in our CEA, carry
// accounting to the server, and judge the grammar of the answers.
func TestRelayAccounting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "records.jsonl")
	server := serving{
		binary: goBuild(t, dir, "./cmd/ocs-sim"), dir: dir, seed: accountingSeed,
		more: []string{"--cdr", file, "--interim-interval", "5m"},
	}.mustStart(t)
	r := startRelay(t, server.Diameter[0], "ocs.example.net")
	client := dialGy(t, r.address, "im.example.net")
	for i, record := range []acr{
		{session: "im.example.net;rf;1", kind: startRecord},
		{session: "im.example.net;rf;1", kind: interimRecord, number: 1},
		{session: "im.example.net;rf;1", kind: stopRecord, number: 2},
		{session: "im.example.net;rf;2", kind: eventRecord},
	} {
		answer, err := client.ask(record.frame(uint32(100 + i)))
		if err != nil || result(answer) != 2001 {
			t.Fatalf("%s through freeDiameter: Result-Code %d, %v; want 2001",
				record.key(), result(answer), err)
		}
	}
	if got := len(readRecords(t, file)); got != 4 {
		t.Errorf("%d records in the file, want 4", got)
	}
}

// TestDissectorOfAccounting has Wireshark's dissector judge accounting: what is answered to sound
// requests, and to such as lack something.
func TestDissectorOfAccounting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	setting := serving{
		binary: goBuild(t, dir, "./cmd/ocs-sim"), dir: dir, seed: accountingSeed,
		more: []string{"--interim-interval", "5m"},
	}
	capture := captureAlone(t, func(t *testing.T) {
		server, err := setting.start()
		if err != nil {
			t.Error(err)
			return
		}
		defer server.stop(t)
		conn, err := openGy(server.Diameter[0], "im.example.net")
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		for i, kind := range []uint32{startRecord, interimRecord, stopRecord, eventRecord, 9} {
			r := acr{session: "im.example.net;rf;1", kind: kind, number: uint32(i)}
			if _, err := conn.ask(r.frame(uint32(100 + i))); err != nil {
				t.Error(err)
			}
		}
	})
	ports := diameterPorts(t, capture)
	answers := dissect(t, capture, ports,
		"diameter.cmd.code == 271 && diameter.flags.request == 0", "diameter.Result-Code")
	if got := strings.Join(answers, " "); got != "2001 2001 2001 2001 5004" {
		t.Errorf("Result-Codes of the ACAs = %s, want four times 2001 and 5004", got)
	}
	// The request with record type 9 is meant to be wrong; no answer is.
	wrong := dissect(t, capture, ports, "diameter.flags.request == 0 && diameter.Result-Code != 5004 "+
		"&& (_ws.malformed || _ws.expert.severity >= 0x00600000)",
		"frame.number", "diameter.cmd.code", "_ws.expert.message", "_ws.malformed")
	for _, line := range wrong {
		t.Errorf("tshark, of frame, command, message: %s", line)
	}
}
