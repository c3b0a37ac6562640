package diameter

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/ocs-sim/ocs-sim/charging"
)

// An authority makes certificates.
type authority struct {
	testing.TB
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) *authority {
	a := &authority{TB: t}
	a.key, a.certificate = a.sign(&x509.Certificate{
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	return a
}

// sign completes a certificate; that of the authority itself where there is none yet.
func (a *authority) sign(c *x509.Certificate) (*ecdsa.PrivateKey, *x509.Certificate) {
	a.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.Fatal(err)
	}
	c.SerialNumber, c.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: "test"}
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.certificate, a.key
	if parent == nil {
		parent, signer = c, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		a.Fatal(err)
	}
	signed, err := x509.ParseCertificate(raw)
	if err != nil {
		a.Fatal(err)
	}
	return key, signed
}

// issue makes a certificate for names and addresses.
func (a *authority) issue(names ...string) tls.Certificate {
	template := &x509.Certificate{
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	key, signed := a.sign(template)
	return tls.Certificate{Certificate: [][]byte{signed.Raw}, PrivateKey: key}
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// A logbook keeps what is logged.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// expect waits until something is logged.
func (l *logbook) expect(t *testing.T, part string) {
	t.Helper()
	waitFor(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return strings.Contains(l.text.String(), part)
	})
}

// openSecureDoor starts a server with TLS.
func openSecureDoor(t *testing.T, o Options, c *tls.Config) *door {
	t.Helper()
	l, err := Listen(TLS, "127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	return openDoorOn(t, o, l)
}

// dialSecurely connects over TLS, without a CER.
func (d *door) dialSecurely(t *testing.T, c *tls.Config) *rawPeer {
	t.Helper()
	conn, err := tls.Dial("tcp", d.address, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &rawPeer{t, conn}
}

func clientOptions(c *tls.Config) ClientOptions {
	return ClientOptions{
		OriginHost: "secure.example.org", OriginRealm: "example.org", TLS: c, Timeout: patience,
	}
}

func TestOverTLSAllIsAsOverTCP(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	d := openSecureDoor(t, Options{}, &tls.Config{
		Certificates: []tls.Certificate{ca.issue("127.0.0.1")},
	})
	p := d.dialSecurely(t, &tls.Config{RootCAs: ca.pool()})
	p.send(cer())
	tree := p.expect(p.receive(), charging.Success)
	if got := tree.values("Host-IP-Address"); len(got) != 1 || got[0] != "127.0.0.1" {
		t.Errorf("Host-IP-Address = %v, want 127.0.0.1", got)
	}
	p.send(dwr(), ccr(1, 0), ccr(2, 1), with(dwr(), func(b []byte) { b[0] = 2 }))
	for _, want := range []charging.Result{2001, 2001, 2001, resultUnsupportedVersion} {
		p.expect(p.receive(), want)
	}
	p.send(dpr())
	p.expect(p.receive(), charging.Success)
	p.expectClosed()

	trusting := clientOptions(&tls.Config{RootCAs: ca.pool()})
	c, err := Dial(context.Background(), "tls://"+d.address, trusting)
	if err != nil {
		t.Fatalf("Dial(tls://%s) = %v, want a client", d.address, err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("Close() = %v, want nil", err)
	}
}

// RFC 6733 section 6.10: over TLS a peer may say that it wants TLS, as it has it already.
func TestInbandSecurity(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	secure := openSecureDoor(t, Options{}, &tls.Config{
		Certificates: []tls.Certificate{ca.issue("127.0.0.1")},
	})
	plain := openDoor(t, Options{})
	for _, c := range []struct {
		name          string
		offered       []uint32
		secure, plain charging.Result
	}{
		{"nothing", nil, 2001, 2001},
		{"none", []uint32{0}, 2001, 2001},
		{"TLS", []uint32{1}, 2001, 5017},
		{"TLS or none", []uint32{1, 0}, 2001, 2001},
		{"something else", []uint32{2}, 5017, 5017},
	} {
		parts := []part{number(avpAuthApplicationID, 4)}
		for _, id := range c.offered {
			parts = append(parts, number(avpInbandSecurityID, id))
		}
		for _, p := range []struct {
			peer *rawPeer
			want charging.Result
		}{
			{secure.dialSecurely(t, &tls.Config{RootCAs: ca.pool()}), c.secure},
			{plain.dial(t), c.plain},
		} {
			p.peer.send(cerFrom("a.example.org", parts...))
			p.peer.expect(p.peer.receive(), p.want)
			if p.want == charging.Success {
				p.peer.expectAlive()
			} else {
				p.peer.expectClosed()
			}
		}
	}
}

func TestMutualTLS(t *testing.T) {
	t.Parallel()
	ca, stranger := newAuthority(t), newAuthority(t)
	log := &logbook{}
	d := openSecureDoor(t, Options{Log: zerolog.New(log)}, &tls.Config{
		Certificates: []tls.Certificate{ca.issue("127.0.0.1")},
		ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: ca.pool(),
	})
	for name, c := range map[string]struct {
		shown []tls.Certificate
		log   string
	}{
		"none":            {nil, "TLS could not be begun"},
		"of another":      {[]tls.Certificate{stranger.issue("x")}, "TLS could not be begun"},
		"of the right CA": {[]tls.Certificate{ca.issue("x")}, ""},
	} {
		client, err := Dial(context.Background(), "tls://"+d.address, clientOptions(&tls.Config{
			RootCAs: ca.pool(), Certificates: c.shown,
		}))
		if (err == nil) != (c.log == "") {
			t.Errorf("certificate %s: Dial() = %v", name, err)
		}
		if err == nil {
			_ = client.Close()
		}
		log.expect(t, c.log)
	}
}

func TestWhatIsWrongWithTLSIsSaid(t *testing.T) {
	t.Parallel()
	ca, stranger := newAuthority(t), newAuthority(t)
	log := &logbook{}
	secure := openSecureDoor(t, Options{Log: zerolog.New(log)}, &tls.Config{
		Certificates: []tls.Certificate{ca.issue("ocs.example.net")}, MinVersion: tls.VersionTLS13,
	})
	plain := openDoor(t, Options{Log: zerolog.New(log)})
	t.Run("plain Diameter at TLS", func(t *testing.T) {
		p := secure.dial(t)
		p.send(cer())
		log.expect(t, "what arrives is not TLS, and this address serves TLS only")
		if _, err := Dial(context.Background(), secure.address, clientOptions(nil)); err == nil {
			t.Error("Dial() without TLS = nil, want an error")
		}
	})
	t.Run("plain Diameter at TLS of those who say so", func(t *testing.T) {
		alert := []byte{0x15, 3, 1, 0, 2, 2, 70}
		_, err := readFrame(bufio.NewReader(bytes.NewReader(alert)))
		if err == nil || !strings.Contains(err.Error(), "reach it with tls://") {
			t.Errorf("readFrame(a TLS alert) = %v, want what to do", err)
		}
	})
	t.Run("TLS at plain Diameter", func(t *testing.T) {
		_, err := Dial(context.Background(), "tls://"+plain.address, clientOptions(nil))
		if err == nil || !strings.Contains(err.Error(), "begin TLS") {
			t.Errorf("Dial(tls://) = %v, want that TLS could not be begun", err)
		}
		log.expect(t, "the peer begins TLS, and this address serves none")
	})
	t.Run("nothing at all", func(t *testing.T) {
		quick := openSecureDoor(t, Options{CapabilitiesTimeout: 50 * time.Millisecond},
			&tls.Config{Certificates: []tls.Certificate{ca.issue("x")}})
		quick.dial(t).expectClosed()
	})
	for name, c := range map[string]*tls.Config{
		"another authority": {RootCAs: stranger.pool(), ServerName: "ocs.example.net"},
		"another name":      {RootCAs: ca.pool()},
		"an old version": {
			RootCAs: ca.pool(), ServerName: "ocs.example.net", MaxVersion: tls.VersionTLS12,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Dial(context.Background(), "tls://"+secure.address, clientOptions(c))
			if err == nil || !strings.Contains(err.Error(), "begin TLS") {
				t.Errorf("Dial() = %v, want that TLS could not be begun", err)
			}
		})
	}
	log.expect(t, "TLS could not be begun")
	// The doors are open still.
	good := &tls.Config{RootCAs: ca.pool(), ServerName: "ocs.example.net"}
	p := secure.dialSecurely(t, good)
	p.send(cer())
	p.expect(p.receive(), charging.Success)
	plain.connect(t).expectAlive()
	if _, err := Listen(TLS, "127.0.0.1:0", nil); err == nil {
		t.Error("Listen(TLS) without a certificate = nil, want an error")
	}
}
