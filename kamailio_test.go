//go:build interop

package ocssim_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/client"
)

const kamailioConfiguration = `
log_stderror=yes
children=1
disable_tcp=yes
listen=udp:127.0.0.1:%d
loadmodule "cdp.so"
modparam("cdp", "config_file", "%s")
request_route { exit; }
`

const kamailioPeers = `<?xml version="1.0" encoding="UTF-8"?>
<DiameterPeer FQDN="im.example.net" Realm="example.net" Vendor_Id="10415"
  Product_Name="Kamailio" AcceptUnknownPeers="1" DropUnknownOnDisconnect="1" Tc="1" Workers="1"
  QueueLength="32" TransactionTimeout="5" SessionsHashSize="128"
  DefaultAuthSessionTimeout="3600" MaxAuthSessionTimeout="3600">
 <Peer FQDN="localhost" Realm="example.net" port="%s"/>
 <Auth id="4" vendor="10415"/>
 <DefaultRoute FQDN="localhost" metric="10"/>
</DiameterPeer>
`

// TestKamailioConnects has the Diameter stack of a real Kamailio exchange capabilities with the
// server, and nothing in that be found fault with.
func TestKamailioConnects(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("kamailio"); err != nil {
		t.Skip("kamailio is not installed")
	}
	server, err := ocssim.Start(t.Context(), ocssim.Options{
		OriginHost: "localhost", OriginRealm: "example.net",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	_, port, err := net.SplitHostPort(server.DiameterAddresses()[0])
	if err != nil {
		t.Fatal(err)
	}
	sip, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	free := sip.LocalAddr().(*net.UDPAddr).Port
	_ = sip.Close()
	folder := t.TempDir()
	peers, script := filepath.Join(folder, "peers.xml"), filepath.Join(folder, "kamailio.cfg")
	for path, text := range map[string]string{
		peers: fmt.Sprintf(kamailioPeers, port), script: fmt.Sprintf(kamailioConfiguration, free, peers),
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kamailio := exec.CommandContext(t.Context(), "kamailio", "-DD", "-E", "-f", script, "-m", "64",
		"-M", "8", "-Y", folder)
	kamailio.Cancel = func() error { return kamailio.Process.Signal(os.Interrupt) }
	kamailio.WaitDelay = patience
	if err := kamailio.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kamailio.Wait() })
	r := &routed{summoned: &summoned{t, server, client.New(server.APIURL(), client.Options{})}}
	for deadline := time.Now().Add(patience); ; {
		list, err := r.api.Peers(t.Context())
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("peers = %+v, %v, want Kamailio", list, err)
		}
		if len(list.Items) == 1 {
			if p := list.Items[0]; p.ProductName != "Kamailio" || p.Applications[0] != 4 {
				t.Errorf("the peer is %+v, want Kamailio with application 4", p)
			}
			return
		}
	}
}
