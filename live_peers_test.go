//go:build interop

package ocssim_test

import (
	"context"
	"io"
	"maps"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// A livePeer is a client written with somebody else's stack. It opens a session, meets a RAR with a
// CCR-U and an ASR with a CCR-T, and says what came of each step.
type livePeer struct {
	name    string
	command func(t *testing.T, arguments ...string) *exec.Cmd
	session string
	found   []string // the rules that the stack breaks, besides the one that our CCR-T does
}

// TestLivePeers has clients of other stacks talk to the server: capabilities, a session, requests
// of the server's own, the watchdog and the end.
func TestLivePeers(t *testing.T) {
	t.Parallel()
	for _, peer := range []livePeer{
		{"Erlang diameter", erlang, "im.example.net;otp;1", nil},
		{"npm diameter", node, "im.example.net;npm;1", []string{"avp-protected-bit"}},
	} {
		t.Run(peer.name, func(t *testing.T) {
			t.Parallel()
			peer.talk(t)
		})
	}
}

func (p livePeer) talk(t *testing.T) {
	server, address, judged := startJudged(t)
	between := startTap(t, address)
	cmd := p.command(t, "talk", strconv.Itoa(between.port()))
	goOn, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	lines := talking(t, cmd)
	if lines == nil {
		t.FailNow()
	}
	t.Log(awaitLine(t, lines, "diameter"))
	awaitLine(t, lines, "open 2001")
	awaitLine(t, lines, "granted 2001")
	follow := []string{"updated 2001", "terminated 2001"}
	for i, request := range serverRequests(server) {
		if code, err := request.send(context.Background(), p.session); err != nil || code/1000 != 2 {
			t.Errorf("%s = %d, %v; want a success", request.name, code, err)
		}
		awaitLine(t, lines, follow[i])
	}
	between.await(t, deviceWatchdog)
	_, _ = io.WriteString(goOn, "go on\n")
	between.await(t, disconnectPeer)
	if err := between.ended(); err != nil {
		t.Error(err)
	}
	between.judgeAll(t)
	// Their CCR-T, which this repository wrote, reports nothing.
	want := append(p.found, "service-unreported-at-end")
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(judged()))); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// startJudged is startBare with a judge of clients, and what it found so far by rule.
func startJudged(t *testing.T) (*diameter.Server, string, func() map[string]int) {
	t.Helper()
	journal := scenarios.NewJournal(scenarios.JournalOptions{})
	judge := scenarios.NewJudge(journal, scenarios.JudgeOptions{
		Inspect: diameter.NewInspector([]string{"ocs.example.net"}, diameter.SharedDictionary).Inspect,
		Frame:   diameter.FrameOf, Parse: diameter.ParseAnswer,
	})
	t.Cleanup(judge.Close)
	server := diameter.NewServer(diameter.Options{
		OriginHost: "ocs.example.net", OriginRealm: "example.net", Charger: generous{},
		Recorder: judge,
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	t.Cleanup(func() { server.Shutdown(context.Background()) })
	return server, listener.Addr().String(), func() map[string]int {
		if err := judge.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, f := range journal.Findings() {
			t.Logf("%s: %s", f.Rule, f.Seen)
		}
		return journal.FoundBy(scenarios.FindingFilter{}).Counts
	}
}

// awaitLine reads until a line holds a text, and returns it.
func awaitLine(t *testing.T, lines <-chan string, text string) string {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case line, more := <-lines:
			switch {
			case !more:
				t.Fatalf("the peer ended before it said %q", text)
			case strings.Contains(line, text):
				return line
			default:
				t.Log(line)
			}
		case <-late:
			t.Fatalf("the peer did not say %q within %v", text, patience)
		}
	}
}

// await waits until the server has answered a command.
func (p *tap) await(t *testing.T, code uint32) {
	t.Helper()
	again, late := time.NewTicker(20*time.Millisecond), time.After(patience)
	defer again.Stop()
	for {
		for _, f := range p.all() {
			if f.fromServer && !isRequest(f.frame) && command(f.frame) == code {
				return
			}
		}
		select {
		case <-again.C:
		case <-late:
			t.Fatalf("the server answered no command %d within %v", code, patience)
		}
	}
}
