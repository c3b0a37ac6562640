//go:build interop

package ocssim_test

import (
	"context"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A livePeer is a client written with somebody else's stack. It opens a session, meets a RAR with a
// CCR-U and an ASR with a CCR-T, and says what came of each step.
type livePeer struct {
	name    string
	command func(t *testing.T, arguments ...string) *exec.Cmd
	session string
}

// TestLivePeers has clients of other stacks talk to the server: capabilities, a session, requests
// of the server's own, the watchdog and the end.
func TestLivePeers(t *testing.T) {
	t.Parallel()
	for _, peer := range []livePeer{
		{"Erlang diameter", erlang, "im.example.net;otp;1"},
		{"npm diameter", node, "im.example.net;npm;1"},
	} {
		t.Run(peer.name, func(t *testing.T) {
			t.Parallel()
			peer.talk(t)
		})
	}
}

func (p livePeer) talk(t *testing.T) {
	server, address := startBare(t)
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
