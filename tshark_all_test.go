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

// An excuse is what tshark may say of a sound message: of the sentences of its experts, Session-Ids
// and Result-Codes, parted by tabs.
type excuse struct {
	said      string // a pattern
	why       string
	sometimes bool // whether the conversations may do without it
}

func dissectorExcuses() []excuse {
	const refused = "Failed-AVP shows what was refused as it was"
	return []excuse{
		{
			said: `^(Unknown AVP \d+ [^\t]*)\t[^\t]*\t[^\t]*\t(5001|5004|5005|5008|5009|5014)\t`,
			why:  refused + " (RFC 6733 section 7.1.5)",
		},
		{said: `^Reserved bit set\t.*\t3009\t`, why: refused + " (RFC 6733 section 7.1.3)"},
		{said: `^Unknown command\b.*\t3001\t`, why: "an answer repeats the command it refuses"},
		{said: `^Unknown Application Id\b.*\t3007\t`, why: "and the application"},
		{
			said: `^Data is empty(,Data is empty)*\t\t`, sometimes: true,
			why: "a group may be empty, as a Trigger that disarms all; the judge of grammar " +
				"sees to it that nothing else is",
		},
		{
			said: `^(Unknown AVP (66[5-9]|3926) \(vendor=\w+\), if you know what this is you can ` +
				`add it to dictionary.xml,?)+\t\t`, sometimes: true,
			why: "tshark 4.0 has no AVPs that RFC 8506 added to answers, nor Related-Trigger",
		},
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
	excuses := dissectorExcuses()
	needed := make([]bool, len(excuses))
	for _, line := range wrong {
		at := slices.IndexFunc(excuses, func(e excuse) bool {
			return regexp.MustCompile(e.said).MatchString(line)
		})
		if at < 0 {
			t.Errorf("tshark, of message, malformed, Session-Id, Result-Code, octets: %s", line)
			continue
		}
		needed[at] = true
	}
	for i, e := range excuses {
		if !needed[i] && !e.sometimes {
			t.Errorf("nothing needs the excuse %q (%s)", e.said, e.why)
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
