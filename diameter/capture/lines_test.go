package capture_test

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// told is a frame as text: when, from whom, to whom, and in which line.
func told(r *capture.Recording) (all []string) {
	name := func(end netip.AddrPort) string {
		if name := r.Names[end.Addr()]; name != "" {
			return fmt.Sprintf("%s:%d", name, end.Port())
		}
		return end.String()
	}
	for _, f := range r.Frames {
		all = append(all, fmt.Sprintf("%s %s > %s %d %d", f.At.UTC().Format(time.RFC3339Nano),
			name(f.From), name(f.To), f.Packet, f.Octets[5:8]))
	}
	return all
}

// said makes a message of somebody.
func said(command uint32, request bool, host string) string {
	m := spoken(command, request, 1, 8)[:20+16]
	m = append(m, avp(264, host)...)
	m[3] = byte(len(m))
	return hex.EncodeToString(m)
}

func TestLinesOfTheJournalAreRead(t *testing.T) {
	t.Parallel()
	const line = `{"seq": %d, "at": "2026-03-01T12:00:0%dZ", "door": %q, "peer": %q, ` +
		`"request_raw": %q, "sent_at": "2026-03-01T12:00:0%dZ", "answer_raw": %q, "why": ["x"]}`
	im, ocs := "im.example.com", "ocs.example.net"
	file := strings.Join([]string{
		fmt.Sprintf(line, 1, 1, "gy", "127.0.0.1:4711", said(257, true, im), 2, said(257, false, ocs)),
		fmt.Sprintf(line, 2, 3, "gy", im, said(272, true, im), 6, said(272, false, ocs)),
		"",
		fmt.Sprintf(line, 3, 4, "gy", ocs, said(258, true, ocs), 5, said(258, false, im)),
		`{"seq": 4, "at": "2026-03-01T12:00:07Z", "door": "gy", "peer": "b", "request_raw": "` +
			said(272, true, "b") + `"}`,
		`{"seq": 5, "at": "2026-03-01T12:00:07Z", "door": "rest"}`,
		`{"seq": 6, "at": "2026-03-01T12:00:07Z", "door": "observation", "text": "200 OK"}`,
		fmt.Sprintf(line, 7, 8, "gy", ocs, said(280, true, ocs), 9, said(280, false, im)),
		`{"seq": 8, "at": "2026-03-01T12:00:09Z", "door": "gy", "request_raw": "` +
			said(272, true, im)[:60] + `"}`,
	}, "\n")
	got, err := read("x.ndjson", file)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"2026-03-01T12:00:01Z im.example.com:40000 > ocs.example.net:3868 1 [0 1 1]",
		"2026-03-01T12:00:02Z ocs.example.net:3868 > im.example.com:40000 1 [0 1 1]",
		"2026-03-01T12:00:03Z im.example.com:40000 > ocs.example.net:3868 2 [0 1 16]",
		"2026-03-01T12:00:04Z ocs.example.net:3868 > im.example.com:40000 4 [0 1 2]",
		"2026-03-01T12:00:05Z im.example.com:40000 > ocs.example.net:3868 4 [0 1 2]",
		"2026-03-01T12:00:06Z ocs.example.net:3868 > im.example.com:40000 2 [0 1 16]",
		"2026-03-01T12:00:07Z b:40000 > ocs.example.net:3868 5 [0 1 16]",
		"2026-03-01T12:00:08Z ocs.example.net:3868 > im.example.com:40000 8 [0 1 24]",
		"2026-03-01T12:00:09Z im.example.com:40000 > ocs.example.net:3868 8 [0 1 24]",
	}
	if diff := cmp.Diff(want, told(got)); diff != "" {
		t.Errorf("frames (-want +got):\n%s", diff)
	}
	wantNotes(t, got, "line 6: exchanges of door rest", "line 7: exchanges of door observation",
		"line 9: a message is left out: request_raw: the message says that it has")
}

func TestSimpleLinesAreRead(t *testing.T) {
	t.Parallel()
	request, answer := said(272, true, "im"), said(272, false, "ocs")
	spaced := strings.ToUpper(request[:8]) + " " + request[8:20] + ":" + request[20:]
	file := "\xef\xbb\xbf" + strings.Join([]string{
		`{"at": 1772366400.000000001, "from": "im", "to": "ocs", "raw": "` + spaced + `"}`,
		`{"at": "2026-03-01T13:00:00+01:00", "from": "ocs", "to": "im", "raw": "` + answer + `"}`,
		`{"at": 1.7723664e9, "from": "192.0.2.1:5000", "to": "2001:db8::1", "raw": "` + request + `"}`,
	}, "\r\n")
	got, err := read("x", file)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"2026-03-01T12:00:00Z ocs:3868 > im:40000 2 [0 1 16]",
		"2026-03-01T12:00:00Z 192.0.2.1:5000 > [2001:db8::1]:3868 3 [0 1 16]",
		"2026-03-01T12:00:00.000000001Z im:40000 > ocs:3868 1 [0 1 16]",
	}
	if diff := cmp.Diff(want, told(got)); diff != "" {
		t.Errorf("frames (-want +got):\n%s", diff)
	}
	wantNotes(t, got)
}

func TestFaultsOfLinesComeAllAtOnce(t *testing.T) {
	t.Parallel()
	request := said(272, true, "im")
	file := strings.Join([]string{
		`{"seq": 7, "at": "2026-03-01T12:00:07Z", "door": "gy", "peer": "im"}`,
		`{"at": "noon", "from": "a", "to": "b", "raw": "` + request + `"}`,
		`{"at": 5, "from": "a", "raw": "` + request + `"}`,
		`{"at": 5, "from": "a", "to": "b", "raw": "xyz"}`,
		`{"at": 5, "from": "a", "to": "b", "raw": "` + request[:30] + `"}`,
		`{"at": 5, "from": "a", "to": "b"}`,
		`{"at": -1, "from": "a", "to": "b", "raw": "` + request + `"}`,
		`{"at": 1e999999999, "from": "a", "to": "b", "raw": "` + request + `"}`,
		`{"hello": "world"}`,
		`{`,
	}, "\n")
	_, err := read("x.ndjson", file)
	if err == nil {
		t.Fatal("a file full of faults is read")
	}
	want := []string{
		"x.ndjson:1: exchange 7 has no octets; write the file with `ocs-sim journal export",
		`x.ndjson:2: at: "noon" is no time; write a time of RFC 3339`,
		"x.ndjson:3: to is missing",
		"x.ndjson:4: raw: it is no hexadecimal",
		"x.ndjson:5: raw: its 15 octets begin no message",
		"x.ndjson:6: raw is missing",
		"x.ndjson:7: at: -1 is no time",
		"x.ndjson:8: at: 1e999999999 is no time",
		"x.ndjson:9: this is neither an exchange of the journal nor",
		"x.ndjson:10: this is no JSON object",
	}
	got := strings.Split(err.Error(), "\n")
	equal := cmp.Comparer(func(a, b string) bool {
		return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
	})
	if diff := cmp.Diff(want, got, equal, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// What was cut off while it was written is read up to there, as packets are.
func TestTheLastLineMayBeTorn(t *testing.T) {
	t.Parallel()
	whole := `{"at": 5, "from": "a", "to": "b", "raw": "` + said(272, true, "im") + `"}`
	got, err := read("x.ndjson", whole+"\n"+whole[:60])
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Frames) != 1 {
		t.Errorf("%d messages, want 1", len(got.Frames))
	}
	wantNotes(t, got, "line 2: the file ends within the line, which is left out")
	for _, file := range []string{whole[:60], whole + "\n" + whole[:60] + "\n" + whole} {
		if _, err := read("x.ndjson", file); err == nil {
			t.Errorf("%q is read", file)
		}
	}
}

func TestDecodedPacketsAreRefusedOnce(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		`{"index":{"_index":"packets-2024-05-01"}}` + "\n" + `{"timestamp":"1","layers":{}}` + "\n",
		`[ { "_index": "packets-2024-05-01", "_source": { "layers": {} } } ]`,
		"Frame 1: 100 bytes on wire",
	} {
		_, err := read("x", file)
		if err == nil || strings.Count(err.Error(), "\n") > 0 ||
			!strings.Contains(err.Error(), "tshark -r IN -w OUT.pcapng") {
			t.Errorf("%q gives %v", file, err)
		}
	}
}

func TestTheLineOfTheReferenceIsRead(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/reference/captures.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(page), "```json\n")
	block, _, _ = strings.Cut(block, "```")
	got, err := read("captures.md", block)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"2026-03-01T12:00:00.5Z im:40000 > 192.0.2.2:3868 1 [0 1 24]"}
	if diff := cmp.Diff(want, told(got)); diff != "" {
		t.Errorf("frames (-want +got):\n%s", diff)
	}
}
