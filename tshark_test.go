//go:build interop

package ocssim_test

import (
	"net"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDissector captures a whole demo on the loopback device and has Wireshark's dissector judge
// every message: flags, lengths, padding, enumerations, types, unknown AVPs.
func TestDissector(t *testing.T) {
	t.Parallel()
	binary := goBuild(t, t.TempDir(), "./cmd/ocs-sim")
	capture := captureAlone(t, func(t *testing.T) {
		if out, err := exec.Command(binary, "demo").CombinedOutput(); err != nil {
			t.Errorf("ocs-sim demo: %v\n%s", err, out)
		}
	})
	ports := diameterPorts(t, capture)
	commands := dissect(t, capture, ports, "diameter", "diameter.cmd.code")
	if len(commands) < 20 || !slices.Contains(commands, strconv.Itoa(disconnectPeer)) {
		t.Errorf("the capture holds %d Diameter segments, the commands %v; want the whole demo",
			len(commands), commands)
	}
	wrong := dissect(t, capture, ports,
		"diameter && (_ws.malformed || _ws.expert.severity >= 0x00600000)",
		"frame.number", "diameter.cmd.code", "_ws.expert.message", "_ws.malformed")
	for _, line := range wrong {
		t.Errorf("tshark, of frame, command, message: %s", line)
	}
}

// captureAlone runs play in a network of its own, where only a loopback device is, so that nothing
// else on the machine gets into the capture, and returns the capture's file.
func captureAlone(t *testing.T, play func(*testing.T)) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "demo.pcapng")
	done := make(chan struct{})
	go func() {
		defer close(done)
		// The thread keeps the new network and everything started from it gets it too. Since it
		// stays locked, it ends with this goroutine and nobody else ever runs on it.
		runtime.LockOSThread()
		if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
			t.Errorf("make a network of our own: %v; the interop suite runs as root", err)
			return
		}
		up := exec.Command("ip", "link", "set", "dev", "lo", "up")
		if out, err := up.CombinedOutput(); err != nil {
			t.Errorf("ip link set dev lo up: %v\n%s", err, out)
			return
		}
		captureWhile(t, file, play)
	}()
	<-done
	if t.Failed() {
		t.FailNow()
	}
	return file
}

// captureWhile captures the loopback device into a file. A canary, sent until tshark shows it, says
// when the capture has begun, and when all that came before its end is written.
func captureWhile(t *testing.T, file string, play func(*testing.T)) {
	cage, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Error(err)
		return
	}
	defer cage.Close()
	cmd := exec.Command("tshark", "-i", "lo", "-w", file,
		"-P", "-l", "-T", "fields", "-e", "udp.length")
	read := talking(t, cmd)
	if read == nil {
		return
	}
	if !seenCanary(cage, read, 17) {
		t.Error("tshark did not begin to capture")
		return
	}
	play(t)
	if !seenCanary(cage, read, 19) {
		t.Error("tshark did not capture to the end")
	}
}

// seenCanary sends datagrams of a size until a line shows it.
func seenCanary(cage *net.UDPConn, lines <-chan string, size int) bool {
	again, late := time.NewTicker(50*time.Millisecond), time.After(patience)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			if _, err := cage.WriteTo(make([]byte, size), cage.LocalAddr()); err != nil {
				return false
			}
		case line, more := <-lines:
			if !more {
				return false
			}
			if strings.TrimSpace(line) == strconv.Itoa(8+size) {
				return true
			}
		case <-late:
			return false
		}
	}
}

func tshark(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.Command("tshark", args...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark %s: %v\n%s", strings.Join(args, " "), err, said.String())
	}
	text := strings.TrimSpace(string(out))
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
