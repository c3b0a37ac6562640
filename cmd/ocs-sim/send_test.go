package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	ocssim "github.com/ocs-sim/ocs-sim"
)

// faulty is a server whose answers are all broken: the length of their only AVP leaves the message.
func faulty(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		header := make([]byte, 20)
		for {
			if _, err := io.ReadFull(conn, header); err != nil {
				return
			}
			rest := int64(binary.BigEndian.Uint32(header)&0xffffff) - 20
			if _, err := io.CopyN(io.Discard, conn, rest); err != nil {
				return
			}
			header[3], header[4] = 28, 0
			if _, err := conn.Write(append(header, 0, 0, 1, 12, 0x40, 0, 1, 0)); err != nil {
				return
			}
		}
	}()
	return l.Addr().String()
}

func TestSendShowsWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	args := []string{"send", "dwr", "--no-capabilities", "--to", faulty(t)}
	if status := run(context.Background(), args, &stdout, &stderr); status != exitNo {
		t.Errorf("status %d, want %d", status, exitNo)
	}
	for text, want := range map[string]string{
		stdout.String(): "(fault: these octets are no AVP: 0x0000010c40000100)",
		stderr.String(): "no answer: the connection ended before the answer: ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("send says %q, want %q in it", text, want)
		}
	}
}

func TestSendReadsRawOctetsFromAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dwr.bin")
	frame := []byte{1, 0, 0, 20, 0x80, 0, 1, 24, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 9}
	if err := os.WriteFile(path, frame, 0o600); err != nil {
		t.Fatal(err)
	}
	server, err := ocssim.Start(t.Context(), ocssim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	var stdout, stderr bytes.Buffer
	args := []string{"send", "--raw", path, "--to", server.DiameterAddresses()[0]}
	if status := run(t.Context(), args, &stdout, &stderr); status != exitYes {
		t.Errorf("status %d, want %d: %s", status, exitYes, stderr.String())
	}
	if want := "DWA application=0 flags= hop-by-hop=0x00000009 "; !strings.HasPrefix(
		stdout.String(), want) {
		t.Errorf("send says %q, want it to begin with %q", stdout.String(), want)
	}
}
