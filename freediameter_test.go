//go:build interop

package ocssim_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const relayHost = "relay.example.net"

// freeDiameterConfiguration is that of a relay agent in front of one server. Its dictionaries
// judge every answer's grammar and drop what does not fit.
const freeDiameterConfiguration = `
Identity = "` + relayHost + `";
Realm = "example.net";
Port = %[1]d;
SecPort = 0;
No_SCTP;
No_IPv6;
ListenOn = "127.0.0.1";
TcTimer = 6;
TwTimer = 6;
TLS_Cred = "%[2]s/relay.pem", "%[2]s/relay.key";
TLS_CA = "%[2]s/relay.pem";
LoadExtension = "/usr/lib/freeDiameter/dict_nasreq.fdx";
LoadExtension = "/usr/lib/freeDiameter/dict_dcca.fdx";
LoadExtension = "/usr/lib/freeDiameter/dict_dcca_3gpp.fdx";
LoadExtension = "/usr/lib/freeDiameter/acl_wl.fdx" : "%[2]s/peers.acl";
ConnectPeer = "%[3]s" { ConnectTo = "127.0.0.1"; No_TLS; No_SCTP; No_IPv6; Port = %[4]d; };
`

// A relay is freeDiameter between the clients of a test and one server.
type relay struct {
	address string // where clients connect
	tap     *tap   // between the relay and the server
}

// startRelay runs freeDiameter until the end of the test, and returns once it is open towards the
// server, whose Origin-Host must be the one given. It listens on all addresses, whatever ListenOn
// says of the loopback device, so somebody else may have its port by then: it is started again.
func startRelay(t *testing.T, server, serverHost string) *relay {
	t.Helper()
	between := startTap(t, server)
	for range 5 {
		if r := tryRelay(t, between, serverHost); r != nil {
			return r
		}
	}
	t.Fatal("freeDiameterd found no port of its own in five tries")
	return nil
}

func tryRelay(t *testing.T, between *tap, serverHost string) *relay {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	writeCertificate(t, dir)
	writeFile(t, filepath.Join(dir, "peers.acl"), "ALLOW_IPSEC *.example.net\n")
	configuration := filepath.Join(dir, "freeDiameter.conf")
	writeFile(t, configuration,
		fmt.Sprintf(freeDiameterConfiguration, port, dir, serverHost, between.port()))
	cmd := exec.Command("freeDiameterd", "-c", configuration)
	lines := talking(t, cmd)
	if lines == nil {
		t.FailNow()
	}
	if !opened(t, lines, serverHost) {
		return nil
	}
	return &relay{address: fmt.Sprintf("127.0.0.1:%d", port), tap: between}
}

// opened reads until freeDiameter listens and has opened its connection to the server, in either
// order. It is false where the port was taken; any other end fails the test.
func opened(t *testing.T, lines <-chan string, serverHost string) bool {
	t.Helper()
	late := time.After(patience)
	taken, listens, open := false, false, false
	for !listens || !open {
		select {
		case line, more := <-lines:
			if !more && taken {
				return false
			}
			if !more {
				t.Fatal("freeDiameterd ended before it was connected")
			}
			t.Log("freeDiameter: " + line)
			taken = taken || strings.Contains(line, "Address already in use")
			listens = listens || strings.Contains(line, "daemon initialized")
			open = open || strings.Contains(line, "-> 'STATE_OPEN'") &&
				strings.Contains(line, serverHost)
		case <-late:
			t.Fatalf("freeDiameter did not open %s within %v", serverHost, patience)
		}
	}
	go drain(lines)
	return true
}

func drain(lines <-chan string) {
	for range lines {
	}
}

// talking starts a program, ends it with the test, and returns the lines that it says; nil where it
// does not start, which fails the test. Any goroutine may call it.
func talking(t *testing.T, cmd *exec.Cmd) <-chan string {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Error(err)
		return nil
	}
	defer write.Close()
	cmd.Stdout, cmd.Stderr = write, write
	if err := cmd.Start(); err != nil {
		read.Close()
		t.Errorf("%v; the interop suite needs the Debian packages that .ci/run installs", err)
		return nil
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		end := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
		cmd.Wait()
		end.Stop()
	})
	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		defer read.Close()
		for scan := bufio.NewScanner(read); scan.Scan(); {
			lines <- scan.Text()
		}
	}()
	return lines
}

// writeCertificate makes the certificate that freeDiameter wants even where it never speaks TLS.
func writeCertificate(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: relayHost},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	writeFile(t, filepath.Join(dir, "relay.pem"), block("CERTIFICATE", certificate))
	writeFile(t, filepath.Join(dir, "relay.key"), block("EC PRIVATE KEY", secret))
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// freePort finds a port for a program that cannot choose one itself.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func (p *tap) port() int { return p.listener.Addr().(*net.TCPAddr).Port }
