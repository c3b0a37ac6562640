//go:build interop

package ocssim_test

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// A saying is a message that the server sent, and where.
type saying struct {
	where string
	frame []byte
}

// corpus is what a server says: every message of it in every conversation, the refusals of what no
// conversation can ask, and the requests of its own. What a conversation adds is in here by itself.
func corpus(t *testing.T) []saying {
	t.Helper()
	files, err := filepath.Glob("testdata/*.conv")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata holds no conversations: %v", err)
	}
	var all []saying
	for _, file := range append(files, "cmd/ocs-sim/demo.conv") {
		if _, wrong := wrongOnPurpose(file); wrong {
			continue
		}
		t.Run("play "+filepath.Base(file), func(t *testing.T) {
			p := overheard(t, file)
			all = append(all, sayings(filepath.Base(file), p)...)
		})
	}
	t.Run("refusals", func(t *testing.T) {
		p := startTap(t, startSeeded(t, callerSeed).DiameterAddresses()[0])
		for _, request := range wrongRequests() {
			answerWrong(t, dialGy(t, p.address(), "im.example.net"), request)
		}
		for _, request := range wrongCapabilities() {
			answerWrong(t, connectGy(t, p.address()), request)
		}
		all = append(all, sayings("a refusal", p)...)
	})
	t.Run("requests of the server", func(t *testing.T) {
		all = append(all, sayings("the server's own", ownRequests(t))...)
	})
	return all
}

// overheard plays a conversation through a tap.
func overheard(t *testing.T, file string) *tap {
	t.Helper()
	c := readConversation(t, file)
	server := startFor(t, c)
	p := startTap(t, server.DiameterAddresses()[0])
	// The door closes its connections when the test inside ends, and all frames are there then. It
	// is named like the conversation, since what a conversation breaks on purpose is told by its name.
	t.Run(strings.TrimSuffix(filepath.Base(file), ".conv"), func(t *testing.T) {
		door := overTap(t, server, p)
		door.Settings = c.Needs
		report, err := c.Play(t.Context(), door, conversation.Options{Suffix: "1"})
		if err == nil {
			err = report.Err()
		}
		if err != nil {
			t.Error(err)
		}
	})
	return p
}

// ownRequests makes a server send RAR, ASR and DPR, and answers them.
func ownRequests(t *testing.T) *tap {
	t.Helper()
	server, address := startBare(t)
	p := startTap(t, address)
	client := dialGy(t, p.address(), "im.example.net")
	first := relayedRequests()[0]
	if answer, err := client.ask(first.frame(1, 2)); err != nil || result(answer) != 2001 {
		t.Fatalf("CCR-I: Result-Code %d, %v; want 2001", result(answer), err)
	}
	for _, request := range serverRequests(server) {
		done := make(chan error, 1)
		go func() {
			_, err := request.send(t.Context(), first.session)
			done <- err
		}()
		acceptRequest(t, client, request.code, first.session)
		if err := <-done; err != nil {
			t.Errorf("%s: %v", request.name, err)
		}
	}
	go server.Shutdown(context.Background())
	frame, err := readFrame(client.r)
	if err != nil || command(frame) != disconnectPeer {
		t.Errorf("at its end the server sent % x, %v; want DPR", frame, err)
	}
	return p
}

// startBare starts the Gy door alone, before a charger that grants everything.
func startBare(t *testing.T) (*diameter.Server, string) {
	t.Helper()
	server := diameter.NewServer(diameter.Options{
		OriginHost: "ocs.example.net", OriginRealm: "example.net", Charger: generous{},
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	t.Cleanup(func() { server.Shutdown(context.Background()) })
	return server, listener.Addr().String()
}

// A serverRequest is one that a server sends of its own accord about a session.
type serverRequest struct {
	name string
	code uint32
	send func(ctx context.Context, session string) (uint32, error)
}

func serverRequests(s *diameter.Server) []serverRequest {
	origin := charging.Origin{Host: "im.example.net", Realm: "example.net"}
	return []serverRequest{
		{"RAR", reAuth, func(ctx context.Context, session string) (uint32, error) {
			code, err := s.Reauthorize(ctx, charging.SessionID{ID: session}, origin)
			return uint32(code), err
		}},
		{"ASR", abortSession, func(ctx context.Context, session string) (uint32, error) {
			code, err := s.Abort(ctx, charging.SessionID{ID: session}, origin)
			return uint32(code), err
		}},
	}
}

func sayings(where string, p *tap) []saying {
	var all []saying
	for _, f := range p.all() {
		if f.fromServer {
			all = append(all, saying{fmt.Sprintf("%s, message %d", where, len(all)+1), f.frame})
		}
	}
	return all
}
