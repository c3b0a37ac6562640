//go:build interop

package ocssim_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// secureConfiguration is that of freeDiameter which reaches the server over TLS from the first
// octet on (RFC 6733 section 13.1), shows who it is, and looks who the server is.
const secureConfiguration = `
Identity = "` + relayHost + `";
Realm = "example.net";
Port = %[1]d;
SecPort = 0;
No_SCTP;
No_IPv6;
ListenOn = "127.0.0.1";
TcTimer = 6;
TwTimer = 6;
TLS_Cred = "%[2]s/` + relayHost + `.pem", "%[2]s/` + relayHost + `.key";
TLS_CA = "%[2]s/ca.pem";
LoadExtension = "/usr/lib/freeDiameter/dict_nasreq.fdx";
LoadExtension = "/usr/lib/freeDiameter/dict_dcca.fdx";
LoadExtension = "/usr/lib/freeDiameter/dict_dcca_3gpp.fdx";
LoadExtension = "/usr/lib/freeDiameter/acl_wl.fdx" : "%[2]s/peers.acl";
ConnectPeer = "%[3]s" { ConnectTo = "127.0.0.1"; No_SCTP; No_IPv6; Port = %[4]d; };
`

// TestRelayOverTLS has freeDiameter, with GnuTLS, take requests to a listener with TLS and a name
// of its own.
func TestRelayOverTLS(t *testing.T) {
	t.Parallel()
	const self = "ocs2.example.net"
	dir := t.TempDir()
	issueCertificates(t, dir, self, relayHost)
	server := serving{
		binary: goBuild(t, t.TempDir(), "./cmd/ocs-sim"), dir: t.TempDir(), seed: callerSeed,
		more: []string{
			"--diameter", "tls://127.0.0.1:0?origin-host=" + self, "--watchdog", "6s",
			"--tls-certificate", filepath.Join(dir, self+".pem"),
			"--tls-key", filepath.Join(dir, self+".key"),
			"--tls-client-ca", filepath.Join(dir, "ca.pem"),
		},
	}.mustStart(t)
	_, port, err := net.SplitHostPort(server.Diameter[1])
	if err != nil {
		t.Fatal(err)
	}
	client := dialGy(t, startSecureRelay(t, dir, self, port), "im.example.net")
	for _, request := range relayedRequests() {
		answer, err := client.ask(request.frame(1, 1))
		if err != nil || result(answer) != 2001 {
			t.Fatalf("CCR type %d over TLS: Result-Code %d, %v; want 2001",
				request.kind, result(answer), err)
		}
		if host, _ := find(answer, originHost); string(host.data) != self {
			t.Errorf("Origin-Host = %s, want %s", host.data, self)
		}
	}
}

// startSecureRelay runs freeDiameter until the end of the test, and returns where clients connect
// once it is open towards the server.
func startSecureRelay(t *testing.T, dir, server, serverPort string) string {
	t.Helper()
	port := freePort(t)
	writeFile(t, filepath.Join(dir, "peers.acl"), "ALLOW_IPSEC *.example.net\n")
	configuration := filepath.Join(dir, "freeDiameter.conf")
	text := strings.ReplaceAll(secureConfiguration, "%[4]d", serverPort)
	writeFile(t, configuration, fmt.Sprintf(text, port, dir, server))
	lines := talking(t, exec.Command("freeDiameterd", "-c", configuration))
	if lines == nil {
		t.FailNow()
	}
	late := time.After(patience)
	for {
		select {
		case line, more := <-lines:
			if !more {
				t.Fatal("freeDiameterd ended before it was connected")
			}
			t.Log("freeDiameter: " + line)
			if strings.Contains(line, "-> 'STATE_OPEN'") && strings.Contains(line, server) {
				go drain(lines)
				return fmt.Sprintf("127.0.0.1:%d", port)
			}
		case <-late:
			t.Fatalf("freeDiameter did not open %s within %v", server, patience)
		}
	}
}

// issueCertificates makes an authority, ca.pem, and of it NAME.pem with NAME.key for each name.
func issueCertificates(t *testing.T, dir string, names ...string) {
	t.Helper()
	authority := &x509.Certificate{
		Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign,
	}
	key := issueCertificate(t, dir, "ca", authority, authority, nil)
	for _, host := range names {
		issueCertificate(t, dir, host, &x509.Certificate{
			Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
			KeyUsage: x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{
				x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth,
			},
		}, authority, key)
	}
}

func issueCertificate(
	t *testing.T, dir, file string, c, parent *x509.Certificate, signer *ecdsa.PrivateKey,
) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if signer == nil {
		signer = key
	}
	c.SerialNumber = big.NewInt(time.Now().UnixNano())
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	certificate, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for ending, block := range map[string]*pem.Block{
		".pem": {Type: "CERTIFICATE", Bytes: certificate},
		".key": {Type: "PRIVATE KEY", Bytes: secret},
	} {
		writeFile(t, filepath.Join(dir, file+ending), string(pem.EncodeToMemory(block)))
	}
	return key
}
