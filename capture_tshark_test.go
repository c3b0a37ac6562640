//go:build interop

package ocssim_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// exported is the capture of a server's journal, in a file.
func exported(t *testing.T, server *ocssim.Server, query string) string {
	t.Helper()
	response, err := http.Get(server.APIURL() + "/v1/exchanges.pcapng" + query)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("GET /v1/exchanges.pcapng = %d, %v: %s", response.StatusCode, err, data)
	}
	file := filepath.Join(t.TempDir(), "journal.pcapng")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// judgeCapture has tshark judge packets: checksums and sequence numbers are as they must be.
func judgeCapture(t *testing.T, file string) {
	t.Helper()
	for _, line := range tshark(t, "-r", file, "-o", "tcp.check_checksum:TRUE",
		"-o", "ip.check_checksum:TRUE",
		"-Y", "tcp.checksum.status != 1 || ip.checksum.status != 1 || tcp.analysis.flags") {
		t.Errorf("tshark: %s", line)
	}
}

// TestCaptureOfTheDemo has Wireshark's dissector read what the journal of a demo is exported as,
// and that of a conversation in which the server speaks first.
func TestCaptureOfTheDemo(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		packets int
		comment string
	}{
		"cmd/ocs-sim/demo.conv":         {20, "granted rg=100 300s by conference n=3"},
		"testdata/rar-then-update.conv": {6, "exchange "},
	} {
		talk := readConversation(t, name)
		server := startFor(t, talk)
		report, err := talk.Play(t.Context(), overGy(t, server), conversation.Options{})
		if err == nil {
			err = report.Err()
		}
		if err != nil {
			t.Fatal(err)
		}
		file := exported(t, server, "")
		judgeCapture(t, file)
		all := tshark(t, "-r", file, "-T", "fields", "-e", "_ws.col.Protocol")
		if len(all) < want.packets || len(slices.Compact(all)) != 1 || all[0] != "DIAMETER" {
			t.Errorf("%s: packets of %v, want %d and more of DIAMETER", name, all, want.packets)
		}
		// What clients send may have AVPs that this tshark does not know.
		for _, line := range tshark(t, "-r", file, "-Y",
			"_ws.malformed || (ip.src == 10.0.0.1 && _ws.expert.severity >= 0x00600000)") {
			t.Errorf("%s: tshark: %s", name, line)
		}
		comments := strings.Join(tshark(t, "-r", file, "-T", "fields", "-e", "frame.comment"), "\n")
		if !strings.Contains(comments, want.comment) {
			t.Errorf("%s: the comments are\n%s\nwant one with %s", name, comments, want.comment)
		}
	}
}

const presetSeed = `
plans:
  im: {currency: EUR, rules: [{name: all, unit: time, per: 60s, price: 0.05 EUR}]}
accounts:
  - {id: alice, plan: im, subscribers: [{e164: "15550100"}], balances: [{amount: 100.00 EUR}]}
`

// TestCaptureOfPresets exports an answer of each preset, with a sound one behind it: whatever the
// malformed one is taken for, tshark finds the messages that follow.
func TestCaptureOfPresets(t *testing.T) {
	t.Parallel()
	server := startSeeded(t, presetSeed)
	api := client.New(server.APIURL(), client.Options{})
	for i, preset := range diameter.Presets() {
		scenario := fmt.Sprintf(`{"rules": [{"when": {"type": "initial"}, "times": 1,
			"fault": {"preset": %q}}]}`, preset.Name)
		if _, err := api.PutScenario(t.Context(), "preset", []byte(scenario)); err != nil {
			t.Fatal(err)
		}
		session := preset.Name + ";1;1"
		conn := dialGy(t, server.DiameterAddresses()[0], preset.Name+".example.net")
		for number := range uint32(2) {
			request := ccr{
				session: session, host: preset.Name + ".example.net", subscriber: "15550100",
				kind: initialRequest + number, number: number, group: 100, wanted: 60,
			}
			if _, err := conn.Write(request.frame(number, uint32(i)<<8|number)); err != nil {
				t.Fatal(err)
			}
			awaitExchanges(t, server, session, int(number)+1)
		}
		file := exported(t, server, "?session="+session)
		judgeCapture(t, file)
		judgePreset(t, file, preset.Name)
	}
}

// awaitExchanges waits until so many exchanges of a session are over.
func awaitExchanges(t *testing.T, server *ocssim.Server, session string, count int) {
	t.Helper()
	body := fmt.Sprintf(`{"session": %q, "count": %d}`, session, count)
	response, err := http.Post(server.APIURL()+"/v1/exchanges/wait", "application/json",
		strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if !strings.Contains(string(text), `"satisfied":true`) {
		t.Fatalf("of session %s came %s", session, text)
	}
}

// judgePreset wants four packets, of which tshark may find fault with the second only.
func judgePreset(t *testing.T, file, preset string) {
	t.Helper()
	frames := tshark(t, "-r", file, "-Y", "diameter && !_ws.malformed", "-T", "fields",
		"-e", "frame.number")
	for _, frame := range []string{"1", "3", "4"} {
		if !slices.Contains(frames, frame) {
			t.Errorf("%s: tshark sees sound Diameter in frames %v, want %s among them",
				preset, frames, frame)
		}
	}
	comment := tshark(t, "-r", file, "-Y", "frame.number == 2", "-T", "fields",
		"-e", "frame.comment")
	if len(comment) != 1 || !strings.Contains(comment[0], "rule: preset") ||
		!strings.Contains(comment[0], "malformed: "+preset) {
		t.Errorf("%s: the comment of the answer is %v, want the rule that acted", preset, comment)
	}
}

// TestCaptureOfFindings looks for what was found in a request with Wireshark's own filter, and for
// octets that are no Diameter, which must not keep it from reading the rest.
func TestCaptureOfFindings(t *testing.T) {
	t.Parallel()
	server := startSeeded(t, presetSeed)
	conn := dialGy(t, server.DiameterAddresses()[0], "im.example.net")
	request := ccr{
		session: "found;1", host: "im.example.net", subscriber: "15550100",
		kind: initialRequest, group: 100, wanted: 60,
	}
	if _, err := conn.Write(request.frame(1, 1)); err != nil {
		t.Fatal(err)
	}
	awaitExchanges(t, server, "found;1", 1)
	request.kind, request.number = initialRequest+1, 5
	frames := append(request.frame(2, 2), strings.Repeat("garbage ", 9)...)
	if _, err := conn.Write(frames); err != nil {
		t.Fatal(err)
	}
	awaitExchanges(t, server, "found;1", 2)
	file := exported(t, server, "")
	judgeCapture(t, file)
	got := tshark(t, "-r", file, "-Y", `frame.comment contains "finding: request-number-gap"`,
		"-T", "fields", "-e", "diameter.CC-Request-Number")
	if !slices.Equal(got, []string{"5"}) {
		t.Errorf("tshark finds the gap in the requests %v, want 5", got)
	}
}

// TestCaptureOfALargeMessage has tshark put together again what no packet could hold.
func TestCaptureOfALargeMessage(t *testing.T) {
	t.Parallel()
	large := newMessage(creditControl, flagRequest, creditControlApplication)
	large.text(sessionID, "large;1;1")
	large.text(originHost, strings.Repeat("x", 150_000))
	var data bytes.Buffer
	w, err := capture.NewWriter(&data, "test", "ocs.example.net")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Write(capture.Message{Client: "a", Raw: large.frame(1, 2)}); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "large.pcapng")
	if err := os.WriteFile(file, data.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	judgeCapture(t, file)
	got := tshark(t, "-r", file, "-Y", "diameter", "-T", "fields", "-e", "frame.number",
		"-e", "diameter.Session-Id")
	if want := []string{"3\tlarge;1;1", "6\tlarge;1;1"}; !slices.Equal(got, want) {
		t.Errorf("tshark sees %q, want %q", got, want)
	}
}
