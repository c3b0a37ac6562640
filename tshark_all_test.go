//go:build interop

package ocssim_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// dissectorExcuses are what tshark may say of a sound message, as patterns, and why.
func dissectorExcuses() map[string]string {
	const refused = "Failed-AVP shows what was refused as it was"
	return map[string]string{
		`^Unknown AVP \d+ .*\t5001\t`:   refused + " (RFC 6733 section 7.1.5)",
		`^Reserved bit set\t.*\t3009\t`: refused + " (RFC 6733 section 7.1.3)",
		`^Unknown command\b.*\t3001\t`:  "an answer repeats the command that it refuses",
		`^Unknown Application Id\b.*\t3007\t`: "an answer repeats the application that it " +
			"refuses",
	}
}

// TestDissectorOnEverything captures all conversations, and the refusals of what no conversation
// can say, and has Wireshark's dissector judge what the server sent. What clients send may be wrong
// on purpose.
func TestDissectorOnEverything(t *testing.T) {
	t.Parallel()
	capture := captureAlone(t, func(t *testing.T) {
		again := exec.Command(os.Args[0], "-test.run", "^(TestConversations|TestWrongRequests)$")
		if out, err := again.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", again, err, out)
		}
	})
	ports := diameterPorts(t, capture)
	answers := dissect(t, capture, ports, "diameter.flags.request == 0", "diameter.cmd.code")
	if len(answers) < 500 {
		t.Errorf("the capture holds %d segments with answers, want those of all conversations",
			len(answers))
	}
	wrong := dissect(t, capture, ports,
		"tcp.srcport in {"+strings.Join(ports, ",")+"} && "+
			"diameter && (_ws.malformed || _ws.expert.severity >= 0x00600000)",
		"_ws.expert.message", "_ws.malformed", "diameter.Session-Id", "diameter.Result-Code",
		"tcp.payload")
	judgeDissected(t, wrong)
}

// judgeDissected wants an excuse for everything that tshark says, and something for every excuse.
func judgeDissected(t *testing.T, wrong []string) {
	t.Helper()
	needed := map[string]bool{}
	for _, line := range wrong {
		excused := false
		for pattern := range dissectorExcuses() {
			if regexp.MustCompile(pattern).MatchString(line) {
				excused, needed[pattern] = true, true
			}
		}
		if !excused {
			t.Errorf("tshark, of message, malformed, Session-Id, Result-Code, octets: %s", line)
		}
	}
	for pattern := range dissectorExcuses() {
		if !needed[pattern] {
			t.Errorf("nothing needs the excuse %q", pattern)
		}
	}
}

// diameterPorts finds the ports that CERs went to.
func diameterPorts(t *testing.T, capture string) []string {
	t.Helper()
	lines := tshark(t, "-r", capture, "--enable-heuristic", "diameter_tcp",
		"-Y", "diameter.cmd.code == 257 && diameter.flags.request == 1",
		"-T", "fields", "-e", "tcp.dstport")
	slices.Sort(lines)
	if len(lines) == 0 {
		t.Fatal("the capture holds no Capabilities-Exchange-Request")
	}
	return slices.Compact(lines)
}

// dissect returns the fields of all frames that a filter lets through, a line each.
func dissect(
	t *testing.T, capture string, ports []string, filter string, fields ...string,
) []string {
	t.Helper()
	args := []string{"-r", capture, "-Y", filter, "-T", "fields"}
	for _, port := range ports {
		args = append(args, "-d", "tcp.port=="+port+",diameter")
	}
	for _, field := range fields {
		args = append(args, "-e", field)
	}
	return tshark(t, args...)
}
