//go:build interop

package ocssim_test

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// readCapture reads a file that must be readable.
func readCapture(t *testing.T, file string) *capture.Recording {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	recording, err := capture.Read(filepath.Base(file), bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return recording
}

// run runs a tool.
func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// sightings are packets and commands, one for each message, as tshark sees them.
func sightings(t *testing.T, file string, ports []string, more ...string) (all []string) {
	t.Helper()
	args := append(more, "-r", file, "-Y", "diameter",
		"-T", "fields", "-e", "frame.number", "-e", "diameter.cmd.code")
	for _, port := range ports {
		args = append(args, "-d", "tcp.port=="+port+",diameter")
	}
	for _, line := range tshark(t, args...) {
		number, commands, _ := strings.Cut(line, "\t")
		for command := range strings.SplitSeq(commands, ",") {
			all = append(all, number+" "+command)
		}
	}
	return all
}

// read are packets and commands as they are read here.
func read(r *capture.Recording) (all []string) {
	for _, f := range r.Frames {
		command := int(f.Octets[5])<<16 | int(f.Octets[6])<<8 | int(f.Octets[7])
		all = append(all, fmt.Sprintf("%d %d", f.Packet, command))
	}
	return all
}

// octets are the messages alone, in hexadecimal.
func octets(r *capture.Recording) (all []string) {
	for _, f := range r.Frames {
		all = append(all, hex.EncodeToString(f.Octets))
	}
	return all
}

// TestCaptureIsReadAsTsharkReadsIt captures a demo, makes files of other forms of it with the tools
// of Wireshark, and compares what is read with what tshark sees.
func TestCaptureIsReadAsTsharkReadsIt(t *testing.T) {
	t.Parallel()
	binary := goBuild(t, t.TempDir(), "./cmd/ocs-sim")
	file := captureAlone(t, func(t *testing.T) {
		if out, err := exec.Command(binary, "demo").CombinedOutput(); err != nil {
			t.Errorf("ocs-sim demo: %v\n%s", err, out)
		}
	})
	ports := diameterPorts(t, file)
	all := readCapture(t, file)
	if len(all.Frames) < 20 {
		t.Fatalf("the demo has %d messages: %q", len(all.Frames), all.Notes)
	}
	made := func(name string) string { return filepath.Join(t.TempDir(), name) }
	forms := map[string]func(to string){
		"as it is":          func(to string) { run(t, "cp", file, to) },
		"pcap":              func(to string) { run(t, "editcap", "-F", "pcap", file, to) },
		"pcap, nanoseconds": func(to string) { run(t, "editcap", "-F", "nsecpcap", file, to) },
		"compressed":        func(to string) { run(t, "sh", "-c", "gzip -c "+file+" > "+to) },
		"two sections":      func(to string) { run(t, "sh", "-c", "cat "+file+" > "+to) },
		"raw IP":            func(to string) { run(t, "editcap", "-C", "14", "-T", "rawip", file, to) },
		"a segment lost": func(to string) {
			run(t, "editcap", file, to, strconv.Itoa(all.Frames[10].Packet))
		},
		"out of order": func(to string) { swapped(t, file, to, all.Frames[8].Packet) },
	}
	for name, form := range forms {
		to := made("form")
		form(to)
		var more []string
		if name == "out of order" { // else tshark leaves out what comes late, or waits for what is lost
			more = []string{"-o", "tcp.reassemble_out_of_order:TRUE"}
		}
		want := sightings(t, to, ports, more...)
		got := readCapture(t, to)
		slices.SortStableFunc(got.Frames, func(a, b capture.Frame) int {
			return cmp.Compare(a.Packet, b.Packet)
		})
		if !slices.Equal(read(got), want) {
			t.Errorf("%s: of packet and command are read\n%q, tshark sees\n%q\nnotes: %q",
				name, read(got), want, got.Notes)
		}
	}
	readTwice(t, file, all)
	readExported(t, file, ports, all)
}

// swapped changes the order of a packet and the one of the same direction behind it.
func swapped(t *testing.T, file, to string, number int) {
	t.Helper()
	dir := t.TempDir()
	part := func(name, packets string) string {
		run(t, "editcap", "-r", file, filepath.Join(dir, name), packets)
		return filepath.Join(dir, name)
	}
	run(t, "mergecap", "-a", "-w", to, part("a", fmt.Sprintf("1-%d", number-1)),
		part("b", strconv.Itoa(number+1)), part("c", strconv.Itoa(number)),
		part("d", fmt.Sprintf("%d-100000", number+2)))
}

// readTwice reads a capture of which each packet is there twice.
func readTwice(t *testing.T, file string, want *capture.Recording) {
	t.Helper()
	twice := filepath.Join(t.TempDir(), "twice.pcapng")
	run(t, "mergecap", "-w", twice, file, file)
	got := readCapture(t, twice)
	if !slices.Equal(octets(got), octets(want)) {
		t.Errorf("of packets that are there twice %d messages are read, want %d",
			len(got.Frames), len(want.Frames))
	}
	if len(got.Notes) == 0 || !strings.Contains(got.Notes[0], "were captured twice") {
		t.Errorf("the notes are %q, want one on packets that were captured twice", got.Notes)
	}
}

// readExported reads what tshark exports as PDUs.
func readExported(t *testing.T, file string, ports []string, want *capture.Recording) {
	t.Helper()
	exported := filepath.Join(t.TempDir(), "exported.pcapng")
	args := []string{"-r", file, "-U", "OSI layer 7", "-w", exported}
	for _, port := range ports {
		args = append(args, "-d", "tcp.port=="+port+",diameter")
	}
	tshark(t, args...)
	if got := readCapture(t, exported); !slices.Equal(octets(got), octets(want)) {
		t.Errorf("of exported PDUs %d messages are read, want %d; notes: %q",
			len(got.Frames), len(want.Frames), got.Notes)
	}
}

// TestCaptureOfText reads what text2pcap makes of messages in hexadecimal: over TCP and SCTP, on
// Ethernet and raw.
func TestCaptureOfText(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	var want []string
	for number := range uint32(3) {
		one := ccr{
			session: "text;1;1", host: "im.example.net", subscriber: "15550100",
			kind: initialRequest + number, number: number, group: 100, wanted: 60,
		}
		request := one.frame(number, number)
		want = append(want, hex.EncodeToString(request))
		fmt.Fprintf(&text, "10:00:0%d.5\n000000", number)
		for _, octet := range request {
			fmt.Fprintf(&text, " %02x", octet)
		}
		text.WriteString("\n\n")
	}
	dump := filepath.Join(t.TempDir(), "dump.txt")
	if err := os.WriteFile(dump, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"TCP":       {"-T", "40000,3868"},
		"SCTP":      {"-S", "40000,3868,46"},
		"TCP, IPv6": {"-T", "40000,3868", "-6", "2001:db8::1,2001:db8::2"},
	} {
		file := filepath.Join(t.TempDir(), "made.pcapng")
		run(t, "text2pcap", append([]string{"-q", "-t", "%H:%M:%S."}, append(args, dump, file)...)...)
		got := readCapture(t, file)
		if !slices.Equal(octets(got), want) {
			t.Errorf("%s: %d messages are read, want %d; notes: %q",
				name, len(got.Frames), len(want), got.Notes)
		}
		if seen := sightings(t, file, nil); !slices.Equal(read(got), seen) {
			t.Errorf("%s: read is %q, tshark sees %q", name, read(got), seen)
		}
	}
}

// TestCaptureIsWhatTheJournalHas has tcpdump capture all interfaces while a client talks to a
// server, and compares what is read of the capture with what is read of the journal.
func TestCaptureIsWhatTheJournalHas(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	binary := goBuild(t, dir, "./cmd/ocs-sim")
	conversation, err := filepath.Abs("cmd/ocs-sim/demo.conv")
	if err != nil {
		t.Fatal(err)
	}
	lines, any := filepath.Join(dir, "journal.ndjson"), filepath.Join(dir, "any.pcap")
	captureAlone(t, func(t *testing.T) {
		listener := exec.Command("tcpdump", "-i", "any", "-U", "-Z", "root", "-w", any)
		if talking(t, listener) == nil {
			return
		}
		if !eventually(func() bool { i, err := os.Stat(any); return err == nil && i.Size() > 0 }) {
			t.Error("tcpdump did not begin to capture")
			return
		}
		talk := readConversation(t, conversation)
		server, err := serving{binary: binary, dir: dir, seed: string(talk.Seed)}.start()
		if err != nil {
			t.Error(err)
			return
		}
		defer server.stop(t)
		for _, args := range [][]string{
			{"play", conversation, "--to", server.Diameter[0]},
			{"journal", "export", lines, "--api", server.API},
		} {
			if out, err := exec.Command(binary, args...).CombinedOutput(); err != nil {
				t.Errorf("ocs-sim %s: %v\n%s", strings.Join(args, " "), err, out)
			}
		}
		if !eventually(func() bool { return len(readCapture(t, any).Frames) >= 24 }) {
			t.Errorf("the capture has %q", read(readCapture(t, any)))
		}
	})
	got, want := readCapture(t, any), readCapture(t, lines)
	if len(want.Frames) < 20 || !slices.Equal(sorted(octets(got)), sorted(octets(want))) {
		t.Errorf("the capture has %d messages, the journal %d; notes %q and %q",
			len(got.Frames), len(want.Frames), got.Notes, want.Notes)
	}
}

func sorted(all []string) []string { return slices.Sorted(slices.Values(all)) }

// eventually asks until something holds, or for too long.
func eventually(holds func() bool) bool {
	again, late := time.NewTicker(20*time.Millisecond), time.After(patience)
	defer again.Stop()
	for !holds() {
		select {
		case <-again.C:
		case <-late:
			return false
		}
	}
	return true
}
