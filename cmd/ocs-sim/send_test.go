package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
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
