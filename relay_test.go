//go:build interop

package ocssim_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestRelay puts freeDiameter between a client and the server. What arrives has then passed the
// grammar of freeDiameter's dictionaries, which drop what does not fit.
func TestRelay(t *testing.T) {
	t.Parallel()
	server := serving{
		binary: goBuild(t, t.TempDir(), "./cmd/ocs-sim"), dir: t.TempDir(), seed: callerSeed,
	}.mustStart(t)
	r := startRelay(t, server.Diameter[0], "ocs.example.net")
	client := dialGy(t, r.address, "im.example.net")
	t.Run("a session and an event are answered", func(t *testing.T) {
		for _, request := range relayedRequests() {
			relayOnce(t, r, client, request)
		}
	})
	t.Run("a repeat on another way gets the same answer", func(t *testing.T) {
		repeatDirectly(t, r, dialGy(t, server.Diameter[0], "im2.example.net"))
	})
}

// routeRecord is what a relay adds to a request (RFC 6733 section 6.7.1).
var routeRecord = name{0, 282}

const relayedState = "\x00state of the proxy\xff"

func relayedRequests() []ccr {
	base := ccr{
		session: "im.example.net;relayed;1", subscriber: "15560000001", group: 100,
		wanted: 120, invited: 3, proxy: relayedState,
	}
	first, update, last, event := base, base, base, base
	first.kind = initialRequest
	update.kind, update.number, update.used, update.invited = updateRequest, 1, 60, 4
	last.kind, last.number, last.used = terminationRequest, 2, 30
	event.kind, event.session, event.wanted = eventRequest, "im.example.net;relayed;2", 2
	return []ccr{first, update, last, event}
}

// relayOnce sends a request through the relay and looks at both sides of it.
func relayOnce(t *testing.T, r *relay, client *gyConn, request ccr) {
	t.Helper()
	sent := request.frame(100+request.number, 200+request.number)
	answer, err := client.ask(sent)
	if err != nil || result(answer) != 2001 {
		t.Fatalf("CCR type %d through freeDiameter: Result-Code %d, %v; want 2001",
			request.kind, result(answer), err)
	}
	compareProxyInfo(t, "the answer at the client", answer, sent)
	frames := r.tap.seen(creditControl, request.session)
	if len(frames) < 2 {
		t.Fatalf("between relay and server passed %d frames, want request and answer", len(frames))
	}
	asked, answered := frames[len(frames)-2], frames[len(frames)-1]
	if record, ok := find(asked, routeRecord); !ok || string(record.data) != "im.example.net" {
		t.Errorf("Route-Record of the request = %q, want im.example.net", record.data)
	}
	if _, ok := find(answered, routeRecord); ok {
		t.Error("the server's answer has a Route-Record; answers carry none")
	}
	if first := attributes(answered[20:])[0]; first.name != sessionID {
		t.Errorf("first AVP of the answer = %v, want Session-Id", first.name)
	}
	compareProxyInfo(t, "the server's answer", answered, sent)
}

// compareProxyInfo wants one Proxy-Info, octet for octet as it was sent.
func compareProxyInfo(t *testing.T, where string, got, sent []byte) {
	t.Helper()
	want, _ := find(sent, proxyInfo)
	count := 0
	for _, a := range attributes(got[20:]) {
		if a.name != proxyInfo {
			continue
		}
		count++
		if !bytes.Equal(a.data, want.data) {
			t.Errorf("Proxy-Info of %s = % x, want % x", where, a.data, want.data)
		}
	}
	if count != 1 {
		t.Errorf("%s has %d Proxy-Info, want 1", where, count)
	}
}

// repeatDirectly asks again for what was relayed, with T and past the relay.
func repeatDirectly(t *testing.T, r *relay, direct *gyConn) {
	t.Helper()
	for _, request := range relayedRequests() {
		sent := request.frame(300, 200+request.number)
		sent[4] |= flagRetransmitted
		answer, err := direct.ask(sent)
		if err != nil {
			t.Fatal(err)
		}
		for _, frame := range r.tap.seen(creditControl, request.session) {
			number, _ := find(frame, ccRequestNumber)
			if isRequest(frame) || number.number() != request.number {
				continue
			}
			if !bytes.Equal(frame[20:], answer[20:]) {
				t.Errorf("repeat of %s number %d:\nanswer % x\n  want % x",
					request.session, request.number, answer[20:], frame[20:])
			}
		}
	}
}

// endsAtTheRelay tells why a conversation does not get through freeDiameter, if it does not.
func endsAtTheRelay(seed, talk string) (why string, ends bool) {
	if strings.Contains(seed, "disconnect: before") && strings.Contains(talk, "\n< none") {
		return "its connection to the server ends: 3002", true
	}
	if strings.Contains(talk, "Destination-Realm=") {
		return "it has no peer of that realm: 3002", true
	}
	connections := map[string]bool{}
	for line := range strings.Lines(talk) {
		if !strings.HasPrefix(line, "> ") {
			continue
		}
		_, after, _ := strings.Cut(line, " conn=")
		name, _, _ := strings.Cut(strings.TrimSpace(after), " ")
		connections[name] = true
	}
	return "it takes one connection of a peer only", len(connections) > 1
}

// TestRelayedConversations plays the demo and the conversations through freeDiameter.
func TestRelayedConversations(t *testing.T) {
	t.Parallel()
	binary := goBuild(t, t.TempDir(), "./cmd/ocs-sim")
	files, err := filepath.Glob("testdata/*.conv")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata holds no conversations: %v", err)
	}
	for _, file := range append(files, "cmd/ocs-sim/demo.conv") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			playThroughRelay(t, binary, file)
		})
	}
}

func playThroughRelay(t *testing.T, binary, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	seed, talk, _ := strings.Cut(string(text), "\n---\n")
	if why, ends := endsAtTheRelay(seed, talk); ends {
		t.Log("not relayed: freeDiameter answers itself, as " + why)
		return
	}
	server := serving{binary: binary, dir: t.TempDir(), seed: seed}
	args := []string{"play", file, "--origin-host", "im.example.net", "--origin-realm", "example.net"}
	for _, setting := range needs(talk) {
		server.more = append(server.more, "--"+setting)
		args = append(args, "--setting", setting)
	}
	p := server.mustStart(t)
	r := startRelay(t, p.Diameter[0], "ocs.example.net")
	args = append(args, "--to", r.address, "--api", p.API)
	out, err := exec.Command(binary, args...).CombinedOutput()
	if err != nil {
		t.Errorf("ocs-sim play %s through freeDiameter: %v\n%s", file, err, out)
	}
}

// needs are the settings that a conversation asks for by lines like "! needs late-usage=debit".
func needs(talk string) (settings []string) {
	for line := range strings.Lines(talk) {
		if setting, ok := strings.CutPrefix(strings.TrimSpace(line), "! needs "); ok {
			settings = append(settings, setting)
		}
	}
	return settings
}

// seen returns the frames of a command that carry a Session-Id, in the order of their passing.
func (p *tap) seen(code uint32, session string) [][]byte {
	var frames [][]byte
	for _, f := range p.all() {
		id, ok := find(f.frame, sessionID)
		if ok && command(f.frame) == code && bytes.Equal(id.data, []byte(session)) {
			frames = append(frames, f.frame)
		}
	}
	return frames
}
