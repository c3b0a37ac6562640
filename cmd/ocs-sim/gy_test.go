//go:build unix

package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// setListener is: listener NAME READY-FILE N. It sets a variable to the address of the listener for
// Diameter that stands at that place, the first at 0.
func setListener(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: listener NAME READY-FILE N")
	}
	var said readiness
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &said))
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	if n >= len(said.Diameter) {
		ts.Fatalf("%s names %d listeners", args[1], len(said.Diameter))
	}
	ts.Setenv(args[0], said.Diameter[n])
}

// writeCertificates is: certify AUTHORITY NAME... It makes an authority, AUTHORITY.pem, and of that
// a certificate NAME.pem with NAME.key for each name, good for 127.0.0.1.
func writeCertificates(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: certify AUTHORITY NAME...")
	}
	root := &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	rootKey := writeCertificate(ts, args[0], root, root, nil)
	for _, name := range args[1:] {
		writeCertificate(ts, name, &x509.Certificate{
			DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
			KeyUsage: x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{
				x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth,
			},
		}, root, rootKey)
	}
}

func writeCertificate(
	ts *testscript.TestScript, name string, c, parent *x509.Certificate, signer *ecdsa.PrivateKey,
) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	if signer == nil {
		signer = key
	}
	c.SerialNumber = big.NewInt(time.Now().UnixNano())
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	raw, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	ts.Check(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	for ending, block := range map[string]*pem.Block{
		".pem": {Type: "CERTIFICATE", Bytes: raw}, ".key": {Type: "PRIVATE KEY", Bytes: private},
	} {
		ts.Check(os.WriteFile(ts.MkAbs(name+ending), pem.EncodeToMemory(block), 0o600))
	}
	return key
}

// condition knows [sctp]: the kernel speaks SCTP.
func condition(name string) (bool, error) {
	if name != "sctp" {
		return false, fmt.Errorf("no condition %q", name)
	}
	protocols, err := os.ReadFile("/proc/net/protocols")
	return err == nil && bytes.Contains(protocols, []byte("SCTP")), nil
}
