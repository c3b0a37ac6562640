package ocssim_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// A wrongness makes of the octets of a sound answer those that a preset promises. What the promise
// leaves open is taken from what came.
type wrongness func(sound, came []byte) []byte

// wrongnesses are the presets, written from their sentences in docs/reference/scenarios.md and by
// RFC 6733 alone: nothing of the server's own code makes the octets.
func wrongnesses() map[string]wrongness {
	return map[string]wrongness{
		"bad-avp-length":        lastLength(func(length int) int { return length + 8 }),
		"bad-length":            messageLength(func(length int) int { return length - 1 }),
		"cut-off":               func(sound, _ []byte) []byte { return sound[:len(sound)/2] },
		"dirty-padding":         dirtied,
		"e-flag":                flagged(0x20),
		"experimental-result":   experimental,
		"garbage":               anyOctets,
		"giant-avp-length":      lastLength(func(int) int { return 16777215 }),
		"giant-length":          messageLength(func(int) int { return 16777212 }),
		"no-origin-host":        without(originHost),
		"no-origin-realm":       without(originRealm),
		"no-request-number":     without(ccRequestNumber),
		"no-result-code":        without(resultCode),
		"no-session-id":         without(sessionID),
		"r-flag":                flagged(0x80),
		"result-twice":          doubled(resultCode),
		"session-id-last":       putLast(sessionID),
		"short-avp-length":      firstLength(7),
		"short-length":          messageLength(func(length int) int { return length - 4 }),
		"t-flag":                flagged(0x10),
		"unknown-mandatory-avp": unknownLast,
		"wrong-application":     word(8, func(uint32) uint32 { return 16777238 }),
		"wrong-command":         word(4, func(w uint32) uint32 { return w&0xff000000 | 258 }),
		"wrong-end-to-end":      otherwise(16),
		"wrong-hop-by-hop":      otherwise(12),
		"wrong-number":          valued(ccRequestNumber, func(n uint32) uint32 { return n + 1 }),
		"wrong-session-id":      otherSession,
		"wrong-type":            valued(ccRequestType, func(uint32) uint32 { return 4 }),
		"wrong-version":         word(0, func(w uint32) uint32 { return w&0xffffff | 2<<24 }),
	}
}

// octetsOf are the AVPs at command level, padding included, and where they begin.
func octetsOf(frame []byte) (all [][]byte, begin []int) {
	for at := 20; at < len(frame); {
		length := (int(binary.BigEndian.Uint32(frame[at+4:])&0xffffff) + 3) &^ 3
		all, begin = append(all, frame[at:at+length]), append(begin, at)
		at += length
	}
	return all, begin
}

func is(octets []byte, n name) bool {
	return n.vendor == 0 && octets[4]&0x80 == 0 && binary.BigEndian.Uint32(octets) == n.code
}

// joined closes a message of AVPs under the header of a sound one.
func joined(sound []byte, all [][]byte) []byte {
	frame := slices.Concat(sound[:20], slices.Concat(all...))
	putLength(frame[1:], len(frame))
	return frame
}

func word(at int, change func(uint32) uint32) wrongness {
	return func(sound, _ []byte) []byte {
		binary.BigEndian.PutUint32(sound[at:], change(binary.BigEndian.Uint32(sound[at:])))
		return sound
	}
}

func flagged(bit byte) wrongness {
	return func(sound, _ []byte) []byte {
		sound[4] |= bit
		return sound
	}
}

// otherwise takes any other four octets for those of the sound answer.
func otherwise(at int) wrongness {
	return func(sound, came []byte) []byte {
		if bytes.Equal(sound[at:at+4], came[at:at+4]) {
			return nil
		}
		copy(sound[at:at+4], came[at:])
		return sound
	}
}

func anyOctets(sound, came []byte) []byte {
	if len(came) != len(sound) || came[0] == 1 {
		return nil
	}
	return came
}

func messageLength(change func(int) int) wrongness {
	return func(sound, _ []byte) []byte {
		putLength(sound[1:], change(len(sound)))
		return sound
	}
}

func lastLength(change func(int) int) wrongness {
	return func(sound, _ []byte) []byte {
		_, begin := octetsOf(sound)
		at := begin[len(begin)-1] + 5
		length := int(sound[at])<<16 | int(sound[at+1])<<8 | int(sound[at+2])
		putLength(sound[at:], change(length))
		return sound
	}
}

func firstLength(length int) wrongness {
	return func(sound, _ []byte) []byte {
		putLength(sound[25:], length)
		return sound
	}
}

func dirtied(sound, came []byte) []byte {
	all, begin := octetsOf(sound)
	for i, octets := range all {
		length := int(binary.BigEndian.Uint32(octets[4:]) & 0xffffff)
		for at := begin[i] + length; at < begin[i]+len(octets); at++ {
			if came[at] == 0 {
				return nil
			}
			sound[at] = came[at]
		}
	}
	return sound
}

func without(n name) wrongness {
	return func(sound, _ []byte) []byte {
		all, _ := octetsOf(sound)
		return joined(sound, slices.DeleteFunc(all, func(o []byte) bool { return is(o, n) }))
	}
}

func doubled(n name) wrongness {
	return func(sound, _ []byte) []byte {
		all, _ := octetsOf(sound)
		at := slices.IndexFunc(all, func(o []byte) bool { return is(o, n) })
		return joined(sound, slices.Insert(all, at, all[at]))
	}
}

func putLast(n name) wrongness {
	return func(sound, _ []byte) []byte {
		all, _ := octetsOf(sound)
		at := slices.IndexFunc(all, func(o []byte) bool { return is(o, n) })
		moved := all[at]
		return joined(sound, append(slices.Delete(all, at, at+1), moved))
	}
}

func valued(n name, change func(uint32) uint32) wrongness {
	return func(sound, _ []byte) []byte {
		all, _ := octetsOf(sound)
		at := slices.IndexFunc(all, func(o []byte) bool { return is(o, n) })
		binary.BigEndian.PutUint32(all[at][8:], change(binary.BigEndian.Uint32(all[at][8:])))
		return sound
	}
}

// otherSession takes any other Session-Id for that of the sound answer.
func otherSession(sound, came []byte) []byte {
	all, _ := octetsOf(sound)
	theirs, _ := octetsOf(came)
	if !is(theirs[0], sessionID) || bytes.Equal(all[0], theirs[0]) {
		return nil
	}
	all[0] = theirs[0]
	return joined(sound, all)
}

func experimental(sound, came []byte) []byte {
	m := &message{}
	m.group(name{0, 297}, func() {
		m.number(vendorID, vendor3GPP)
		m.number(name{0, 298}, result(sound))
	})
	frame := without(resultCode)(sound, came)
	all, _ := octetsOf(frame)
	return joined(frame, append(all, m.bytes))
}

func unknownLast(sound, _ []byte) []byte {
	all, _ := octetsOf(sound)
	theirs := []byte{0, 0, 0xff, 0xff, 0xc0, 0, 0, 16, 0, 1, 0x86, 0x9f, 0, 0, 0, 0}
	return joined(sound, append(all, theirs))
}

// secured is a stage whose client comes over TLS.
func secured(t *testing.T, rules string) *stage {
	t.Helper()
	certificates := httptest.NewTLSServer(http.NotFoundHandler())
	certificates.Close()
	server, err := ocssim.Start(t.Context(), ocssim.Options{
		Seeds:     []document.File{{Name: "stage.yaml", Data: []byte(stageSeed)}},
		Listeners: []ocssim.Listener{{Address: "127.0.0.1:0", Transport: diameter.TLS}},
		TLS:       &tls.Config{Certificates: certificates.TLS.Certificates},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	s := &stage{t: t, server: server, address: server.DiameterAddresses()[0], secure: true}
	s.begin(rules)
	return s
}

// TestPresetsToTheOctet has each preset act on one answer, over TCP and over TLS, and holds every
// octet that comes against the sound answer, which a repeat gets on another connection. Money moved
// once; the connection, its other session and other clients go on; and the journal says so.
func TestPresetsToTheOctet(t *testing.T) {
	t.Parallel()
	wrong := wrongnesses()
	for name := range presetsOnPage(t) {
		if wrong[name] == nil {
			t.Errorf("nothing shows what %s makes of an answer", name)
		}
	}
	for preset, expected := range wrong {
		rules := "{when: {type: update}, times: 1, fault: {preset: " + preset + "}}"
		t.Run(preset, func(t *testing.T) {
			t.Parallel()
			showPreset(scripted(t, rules), preset, expected)
		})
		t.Run(preset+" over TLS", func(t *testing.T) {
			t.Parallel()
			showPreset(secured(t, rules), preset, expected)
		})
	}
}

// presetsOnPage reads the names from the reference.
func presetsOnPage(t *testing.T) map[string]bool {
	t.Helper()
	page, err := os.ReadFile("docs/reference/scenarios.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "### Malformed answers")
	table, _, _ = strings.Cut(table, "\n## ")
	names := make(map[string]bool)
	for line := range strings.Lines(table) {
		if name, ok := strings.CutPrefix(line, "| `"); ok {
			name, _, _ = strings.Cut(name, "`")
			names[name] = true
		}
	}
	if len(names) < 29 {
		t.Fatalf("the page has %d presets, want 29", len(names))
	}
	return names
}

func showPreset(s *stage, preset string, expected wrongness) {
	t := s.t
	other := s.request
	other.session = "stage;2"
	answered(t, s.client, other.frame(50, 150))
	second := s.connect()
	s.send(s.update(120))
	waitForAlice(t, s.server, 9_900_000)
	sound := answered(t, second, s.update(120))
	came := s.octetsBefore(7)
	want := expected(bytes.Clone(sound), came)
	if !bytes.Equal(came, want) {
		t.Errorf("%s makes of\n%x\nthis:\n%x\nwant\n%x", preset, sound, came, want)
	}
	other.kind, other.number, other.used = updateRequest, 1, 60
	answered(t, s.client, other.frame(51, 151))
	answered(t, s.client, s.next())
	wantMoney(t, s.server, "at the end", 9_800_000, 500_000)
	said := "x rules[0]: charged as usual, the answer goes out malformed: " + preset
	if !strings.Contains(s.journal(), said) {
		t.Errorf("the journal does not say that %s was charged as usual", preset)
	}
	if !strings.Contains(s.rawJournal(), hex.EncodeToString(came)) {
		t.Errorf("the journal does not keep the octets of %s", preset)
	}
}

// rawJournal is the journal with the octets of its messages.
func (s *stage) rawJournal() string {
	s.t.Helper()
	var exchanges any
	call(s.t, http.MethodGet, s.server.APIURL()+"/v1/exchanges?raw=true", "", &exchanges)
	return fmt.Sprint(exchanges)
}

// octetsBefore reads what comes before the answer to a watchdog request, which is passed over.
func (s *stage) octetsBefore(id uint32) []byte {
	s.t.Helper()
	s.send(watchdog(id))
	head := make([]byte, 16)
	binary.BigEndian.PutUint32(head, deviceWatchdog)
	binary.BigEndian.PutUint32(head[8:], id)
	binary.BigEndian.PutUint32(head[12:], id)
	var came []byte
	for {
		octet, err := s.client.r.ReadByte()
		if err != nil {
			s.t.Fatalf("after % x: %v, want the answer to a watchdog request", came, err)
		}
		if came = append(came, octet); bytes.HasSuffix(came, head) {
			break
		}
	}
	begin := len(came) - 20
	length := int(binary.BigEndian.Uint32(came[begin:]) & 0xffffff)
	if _, err := io.CopyN(io.Discard, s.client.r, int64(length-20)); err != nil {
		s.t.Fatal(err)
	}
	return came[:begin]
}
