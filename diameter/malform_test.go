package diameter

import (
	"bytes"
	"encoding/binary"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

// TestPresets holds each preset against the octets of the sound answer: what it says is wrong, and
// nothing else.
func TestPresets(t *testing.T) {
	t.Parallel()
	sound := encoded(twoServices())
	lookup := func(frame []byte, path string) string {
		values := Attributes(frame).Lookup(path)
		if len(values) == 0 {
			return ""
		}
		return values[0]
	}
	length := func(frame []byte) int { return int(binary.BigEndian.Uint32(frame) & 0xffffff) }
	differing := func(frame []byte) (places []int) {
		for i := range min(len(frame), len(sound)) {
			if frame[i] != sound[i] {
				places = append(places, i)
			}
		}
		return places
	}
	only := func(from, to int) func([]byte) bool {
		return func(f []byte) bool {
			places := differing(f)
			return len(f) == len(sound) && len(places) > 0 && places[0] >= from &&
				places[len(places)-1] < to
		}
	}
	lacks := func(path string) func([]byte) bool {
		return func(f []byte) bool {
			return lookup(f, path) == "" && lookup(sound, path) != "" && Render(f).Fault == ""
		}
	}
	lastAVP := len(sound) - len(appendServiceAnswer(nil, &twoServices().Services[1], nil, false))
	checks := map[string]func(f []byte) bool{
		"wrong-session-id":  func(f []byte) bool { return lookup(f, "Session-Id") == "s1;wrong" },
		"wrong-hop-by-hop":  only(12, 16),
		"wrong-end-to-end":  only(16, 20),
		"wrong-number":      func(f []byte) bool { return lookup(f, "CC-Request-Number") == "2" },
		"wrong-type":        func(f []byte) bool { return lookup(f, "CC-Request-Type") == "4" },
		"wrong-command":     func(f []byte) bool { return parseHeader(f).command == 258 },
		"wrong-application": func(f []byte) bool { return parseHeader(f).application == 16777238 },
		"wrong-version":     func(f []byte) bool { return f[0] == 2 && only(0, 1)(f) },
		"no-origin-host":    lacks("Origin-Host"),
		"no-origin-realm":   lacks("Origin-Realm"),
		"no-session-id":     lacks("Session-Id"),
		"no-result-code":    lacks("Result-Code"),
		"no-request-number": lacks("CC-Request-Number"),
		"session-id-last": func(f []byte) bool {
			avps := Render(f).AVPs
			return avps[len(avps)-1].Name == "Session-Id" && avps[0].Name != "Session-Id"
		},
		"experimental-result": func(f []byte) bool {
			return lookup(f, "Result-Code") == "" &&
				lookup(f, "Experimental-Result.Vendor-Id") == "10415" &&
				lookup(f, "Experimental-Result.Experimental-Result-Code") == "2001"
		},
		"result-twice": func(f []byte) bool { return len(Render(f).values("Result-Code")) == 2 },
		"unknown-mandatory-avp": func(f []byte) bool {
			avps := Render(f).AVPs
			last := avps[len(avps)-1]
			return last.Code == 65535 && last.Vendor == 99999 && last.Flags == "VM"
		},
		"t-flag":           func(f []byte) bool { return f[4] == sound[4]|flagRetransmitted },
		"e-flag":           func(f []byte) bool { return f[4] == sound[4]|flagError },
		"r-flag":           func(f []byte) bool { return f[4] == sound[4]|flagRequest },
		"bad-avp-length":   func(f []byte) bool { return avpLength(f[lastAVP:]) == len(f)-lastAVP+8 },
		"giant-avp-length": func(f []byte) bool { return avpLength(f[lastAVP:]) == 0xffffff },
		"short-avp-length": func(f []byte) bool { return avpLength(f[headerLength:]) == 7 },
		"bad-length":       func(f []byte) bool { return length(f) == len(f)-1 && only(1, 4)(f) },
		"short-length":     func(f []byte) bool { return length(f) == len(f)-4 && only(1, 4)(f) },
		"giant-length":     func(f []byte) bool { return length(f) == 0xfffffc && only(1, 4)(f) },
		"cut-off":          func(f []byte) bool { return bytes.Equal(f, sound[:len(sound)/2]) },
		"dirty-padding": func(f []byte) bool {
			return f[headerLength+10] == 0xff && f[headerLength+11] == 0xff
		},
		"garbage": func(f []byte) bool { return len(f) == len(sound) && f[0] == 'H' },
	}
	for _, preset := range Presets() {
		check, known := checks[preset.Name]
		if !known {
			t.Errorf("preset %s has no check", preset.Name)
			continue
		}
		before := bytes.Clone(sound)
		if got := malformed(sound, preset.Name); !check(got) {
			t.Errorf("%s (%s) makes of\n%x\nthis:\n%x", preset.Name, preset.Does, sound, got)
		}
		if !bytes.Equal(before, sound) {
			t.Fatalf("%s changed the answer in place", preset.Name)
		}
		delete(checks, preset.Name)
	}
	for name := range checks {
		t.Errorf("there is no preset %s", name)
	}
}

func TestPresetsOfAnythingDoNotBreak(t *testing.T) {
	t.Parallel()
	frames := [][]byte{
		encoded(&charging.Answer{Result: charging.TooBusy}),
		endMessage(appendMessage(nil, header{command: commandCreditControl, application: 4}), 0),
	}
	for _, frame := range frames {
		for _, preset := range Presets() {
			malformed(frame, preset.Name)
		}
	}
}

// TestPresetsAreDocumented holds the table of the reference against what there is.
func TestPresetsAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/reference/scenarios.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "### Malformed answers")
	table, _, _ = strings.Cut(table, "\n## ")
	var want []string
	for _, preset := range Presets() {
		want = append(want, "| `"+preset.Name+"` | "+preset.Does+" |")
	}
	var got []string
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, "| `") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("presets in scenarios.md (-want +got):\n%s", diff)
	}
}
