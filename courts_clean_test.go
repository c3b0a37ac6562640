package ocssim_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"
	"time"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// A client that does everything right is found fault with nowhere, in strict mode or over TLS.
func TestCleanClientsAreNotBlamed(t *testing.T) {
	t.Parallel()
	identity := selfSigned(t)
	trusted := x509.NewCertPool()
	trusted.AddCert(identity.Leaf)
	for _, c := range readCharges(t, "testdata/findings/clean.txt") {
		t.Run(c.name+"/strict", func(t *testing.T) {
			t.Parallel()
			server := startCourt(t, ocssim.Options{}, "settings: {strictness: strict}\n")
			playIn(t, c.door(t, server), c.talk)
			wantFound(t, server, nil)
		})
		t.Run(c.name+"/TLS", func(t *testing.T) {
			t.Parallel()
			server := startCourt(t, ocssim.Options{
				Diameter: []string{"tls://127.0.0.1:0"},
				TLS:      &tls.Config{Certificates: []tls.Certificate{identity}},
			}, "")
			gy := ocssim.NewGyDoor("tls://"+server.DiameterAddresses()[0], diameter.ClientOptions{
				DestinationRealm: "example.net", TLS: &tls.Config{RootCAs: trusted},
			})
			t.Cleanup(func() { _ = gy.Close() })
			door, control := gy.Door(nil), ocssim.NewControlDoor(server.APIURL(), "")
			door.Books, door.Turner, door.Caller = control, control, control
			playIn(t, door, c.talk)
			wantFound(t, server, nil)
		})
	}
}

// selfSigned is a certificate of 127.0.0.1.
func selfSigned(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"ocs.example.net"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:   time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	made, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(made)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{made}, PrivateKey: key, Leaf: leaf}
}
