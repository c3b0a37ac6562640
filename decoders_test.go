//go:build interop

package ocssim_test

import (
	"bytes"
	"encoding/hex"
	"os/exec"
	"strings"
	"testing"
)

// A decoder is somebody else's stack, reading messages as lines of hexadecimal digits.
type decoder struct {
	name    string
	command func(t *testing.T, arguments ...string) *exec.Cmd
	// excuses are the sentences it may say of a sound message, and why.
	excuses map[string]string
}

func decoders() []decoder {
	return []decoder{
		{name: "Erlang diameter", command: erlang},
		{name: "npm diameter", command: node, excuses: map[string]string{
			"Can't find command with code 279": "an answer repeats the command that it refuses " +
				"(3001), which no client sends that lacks it",
			"Can't find application with ID 77": "as above, of the application (3007)",
		}},
	}
}

// TestDecoders gives all that a server says to the decoders of other people's stacks. They are
// strict: what is too much, too little, of a wrong size or unknown is an error to them.
func TestDecoders(t *testing.T) {
	t.Parallel()
	all := corpus(t)
	if len(all) < 500 {
		t.Fatalf("the conversations have %d messages, want all of them", len(all))
	}
	for _, d := range decoders() {
		t.Run(d.name, func(t *testing.T) {
			said := d.decode(t, append(all, unsound()...))
			for i, s := range unsound() {
				if verdict := said[len(all)+i]; strings.HasPrefix(verdict, "ok ") {
					t.Errorf("%s: %q; a decoder that lets this pass judges nothing", s.where, verdict)
				}
			}
			d.compare(t, all, said)
		})
	}
}

// unsound are messages that a strict decoder does not let pass.
func unsound() []saying {
	return []saying{
		{"an AVP that nobody knows", soundAnswer(func(m *message) {
			m.number(name{vendor3GPP, 65000}, 1)
		})},
		{"a value that nobody defined", soundAnswer(func(m *message) { m.number(name{0, 422}, 9) })},
	}
}

// decode returns what the decoder says of each message.
func (d decoder) decode(t *testing.T, all []saying) []string {
	t.Helper()
	var asked bytes.Buffer
	for _, s := range all {
		asked.WriteString(hex.EncodeToString(s.frame) + "\n")
	}
	cmd := d.command(t, "decode")
	var errs strings.Builder
	cmd.Stdin, cmd.Stderr = &asked, &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, errs.String())
	}
	version, said, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	lines := strings.Split(said, "\n")
	t.Logf("%s read %d messages", version, len(lines))
	if len(lines) != len(all) {
		t.Fatalf("%d lines came back, want %d", len(lines), len(all))
	}
	return lines
}

// compare wants every message read, and every excuse needed.
func (d decoder) compare(t *testing.T, all []saying, said []string) {
	t.Helper()
	needed := map[string]bool{}
	for i, s := range all {
		if strings.HasPrefix(said[i], "ok ") {
			continue
		}
		if _, excused := d.excuses[said[i]]; excused {
			needed[said[i]] = true
			continue
		}
		t.Errorf("%s: %s\n% x", s.where, said[i], s.frame)
	}
	for sentence := range d.excuses {
		if !needed[sentence] {
			t.Errorf("nothing needs the excuse %q", sentence)
		}
	}
}

// erlang runs the peer that is written for Erlang/OTP's diameter.
func erlang(_ *testing.T, arguments ...string) *exec.Cmd {
	return exec.Command("escript", append([]string{"testdata/peers/otp.escript"}, arguments...)...)
}
