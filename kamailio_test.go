//go:build interop

package ocssim_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api"
	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging/findings"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// TestKamailio has a real Kamailio put calls through from phone to phone, and charge them with the
// server.
func TestKamailio(t *testing.T) {
	t.Parallel()
	k := startKamailio(t, kamailioTimers, ocssim.Options{})
	list, err := k.api.Peers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if p := list.Items[0]; p.ProductName != "Kamailio" || p.Applications[0] != 4 {
		t.Errorf("the peer is %+v, want Kamailio with application 4", p)
	}
	t.Run("calls", func(t *testing.T) {
		for _, call := range chargedCalls() {
			t.Run(strings.TrimPrefix(call.payer, "tel:"), func(t *testing.T) {
				t.Parallel()
				call.play(t, k)
			})
		}
	})
	k.wantEveryExchange(t)
	k.wantQuirks(t, "avp-too-often")
	if check, err := k.api.Check(t.Context()); err != nil || !check.OK {
		t.Errorf("the ledger's check is %+v, %v; want it clean", check, err)
	}
	k.wantReadable(t)
}

// TestKamailioAsDocumented has a Kamailio with the parameters of its own manual, that say its name
// twice, and is asked by the server whether it is still there.
func TestKamailioAsDocumented(t *testing.T) {
	t.Parallel()
	k := startKamailio(t, `
modparam("ims_charging", "origin_host", "scscf.example.net")
modparam("ims_charging", "origin_realm", "example.net")
`, ocssim.Options{Watchdog: 300 * time.Millisecond})
	for _, call := range chargedCalls() {
		if call.account == "empty" {
			call.play(t, k)
		}
	}
	if counts := k.counts(t); counts["avp-too-often"] != 2 {
		t.Errorf("findings = %v, want AVPs too often in both CCRs", counts)
	}
	asked := k.exchanges(t, resource.ExchangeFilter{Message: "DWR"})
	if !slices.ContainsFunc(asked, func(x scenarios.Exchange) bool {
		return said(x.Request, "Origin-Host") == "localhost" &&
			said(x.Answer, "Result-Code") == "2001"
	}) {
		t.Errorf("the watchdogs are %+v, want one of the server's and Kamailio's answer", asked)
	}
}

// wantEveryExchange wants the journal to have each message once, and answered: but for a RAR and an
// ASR, which Kamailio passes over.
func (k *kamailio) wantEveryExchange(t *testing.T) {
	t.Helper()
	// Two calls were refused to know where two others are.
	want := map[string]int{"CER 2001": 1, "RAR": 1, "ASR": 1, "CCR 5030": 2, "CCR 5002": 2}
	for _, call := range chargedCalls() {
		for _, step := range call.course {
			_, result, _ := strings.Cut(step, ": ")
			want["CCR "+result[:4]]++
		}
	}
	got := map[string]int{}
	for _, x := range k.exchanges(t, resource.ExchangeFilter{}) {
		request, _ := x.Request.(map[string]any)
		got[strings.TrimSpace(fmt.Sprint(request["name"])+" "+said(x.Answer, "Result-Code"))]++
	}
	if got["DWR 2001"] == 0 {
		t.Error("the journal has no DWR with its DWA")
	}
	delete(got, "DWR 2001")
	delete(got, "CER 5005") // At some starts the first has no Host-IP-Address.
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the journal's exchanges (-want +got):\n%s", diff)
	}
}

// said is what an AVP of a decoded message says, a number without its name.
func said(message any, name string) string {
	tree, _ := message.(map[string]any)
	avps, _ := tree["avps"].([]any)
	for _, one := range avps {
		if avp, _ := one.(map[string]any); avp["name"] == name {
			value := fmt.Sprint(avp["value"])
			if _, number, named := strings.Cut(value, " ("); named {
				return strings.TrimSuffix(number, ")")
			}
			return value
		}
	}
	return ""
}

func (k *kamailio) counts(t *testing.T) map[string]int {
	t.Helper()
	found, err := k.api.Findings(t.Context(), client.FindingFilter{})
	if err != nil {
		t.Fatal(err)
	}
	return found.Counts
}

// wantQuirks wants the findings to be what is said of Kamailio at the rules, all of it but for one
// that needs another configuration, and two that depend on its timing.
func (k *kamailio) wantQuirks(t *testing.T, not string) {
	t.Helper()
	var want []string
	got := k.counts(t)
	for _, rule := range findings.Rules() {
		switch known := strings.Contains(rule.Trips, "Kamailio"); {
		case known && (rule.ID == "capabilities-incomplete" || rule.ID == "usage-above-grant"):
			delete(got, rule.ID)
		case known && rule.ID != not:
			want = append(want, rule.ID)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("the rules that Kamailio breaks (-want +got):\n%s", diff)
	}
}

// wantReadable wants tshark to read what the journal is exported as. Of the requests it dislikes a
// plus sign in a number and a MAC address as text.
func (k *kamailio) wantReadable(t *testing.T) {
	t.Helper()
	file := exported(t, k.server, "")
	judgeCapture(t, file)
	names := tshark(t, "-r", file, "-T", "fields", "-e", "_ws.col.Protocol")
	slices.Sort(names)
	if names = slices.Compact(names); !slices.Equal(names, []string{"DIAMETER"}) {
		t.Errorf("tshark sees %v, want DIAMETER alone", names)
	}
	for _, line := range tshark(t, "-r", file, "-Y",
		"ip.src == 10.0.0.1 && (_ws.malformed || _ws.expert.severity >= 0x00600000)") {
		t.Errorf("tshark: %s", line)
	}
	requests := tshark(t, "-r", file, "-Y",
		"diameter.cmd.code == 272 && diameter.flags.request == 1")
	seen := len(k.exchanges(t, resource.ExchangeFilter{Message: "CCR"}))
	if len(requests) != seen {
		t.Errorf("tshark reads %d CCRs, want the journal's %d", len(requests), seen)
	}
}

// A kamailio is a real one, that sets calls up and charges them with a server.
type kamailio struct {
	server *ocssim.Server
	api    *client.Client
	sip    *net.UDPAddr // where it takes calls
}

// startKamailio runs Kamailio with the files that the interop guide shows, until the end of the
// test, with more at the end of its configuration. It asks an idle peer every second, and reads the
// answers in their order. Once a watchdog was answered both sides are open for sure.
func startKamailio(t *testing.T, more string, o ocssim.Options) *kamailio {
	t.Helper()
	o.OriginHost, o.OriginRealm = "localhost", "example.net"
	o.Seeds = []document.File{{Name: "seed.yaml", Data: []byte(kamailioSeed)}}
	server, err := ocssim.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	k := &kamailio{server: server, api: client.New(server.APIURL(), client.Options{})}
	for range 5 {
		if k.try(t, more) {
			k.await(t, resource.ExchangeFilter{Message: "DWR"}, 1)
			return k
		}
	}
	t.Fatal("kamailio found no port of its own in five tries")
	return nil
}

// try runs Kamailio until it is connected. It is false where Kamailio ended before, as it does
// where somebody else took its port meanwhile.
func (k *kamailio) try(t *testing.T, more string) bool {
	t.Helper()
	folder := t.TempDir()
	_, port, err := net.SplitHostPort(k.server.DiameterAddresses()[0])
	if err != nil {
		t.Fatal(err)
	}
	peers := filepath.Join(folder, "peers.xml")
	text := strings.NewReplacer(`port="3868"`, fmt.Sprintf("port=%q", port),
		`Tc="30"`, `Tc="1"`, `Workers="2"`, `Workers="1"`).Replace(kamailioFile(t, "peers.xml"))
	writeFile(t, peers, text)
	script := filepath.Join(folder, "kamailio.cfg")
	writeFile(t, script, kamailioFile(t, "kamailio.cfg")+more)
	k.sip = freeUDP(t)
	cmd := exec.Command("kamailio", "-DD", "-E", "-f", script, "-l", "udp:"+k.sip.String(),
		"-A", fmt.Sprintf("PEERS=%q", peers), "-m", "64", "-M", "8", "-Y", folder)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var pipes []string
	t.Cleanup(func() { sweep(cmd, pipes) })
	lines := talking(t, cmd)
	if lines == nil {
		t.FailNow()
	}
	connected := k.connected(t, overhear(t, lines))
	pipes = pipesOf(cmd.Process.Pid)
	return connected
}

// pipesOf are the files through which the processes of a Kamailio hand each other messages. It
// leaves them behind.
func pipesOf(pid int) (pipes []string) {
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", pid))
	for _, child := range strings.Fields(string(children)) {
		pipes = append(pipes, "/tmp/cdp_send_"+child+"_*")
	}
	return pipes
}

// sweep removes what an ended program left: processes, if any, and files.
func sweep(cmd *exec.Cmd, patterns []string) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	for _, pattern := range patterns {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			_ = os.Remove(file)
		}
	}
}

func kamailioFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata/peers/kamailio", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// freeUDP finds an address for a program that cannot choose one itself.
func freeUDP(t *testing.T) *net.UDPAddr {
	t.Helper()
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	return socket.LocalAddr().(*net.UDPAddr)
}

// overhear reads what a program says, shows it where the test fails, and closes what it returns
// when the program ends.
func overhear(t *testing.T, lines <-chan string) <-chan struct{} {
	var mu sync.Mutex
	var said []string
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for line := range lines {
			mu.Lock()
			said = append(said, line)
			mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		if t.Failed() {
			t.Logf("it said:\n%s", strings.Join(said, "\n"))
		}
	})
	return ended
}

// connected waits until the server has a peer.
func (k *kamailio) connected(t *testing.T, ended <-chan struct{}) bool {
	t.Helper()
	again, late := time.NewTicker(20*time.Millisecond), time.After(patience)
	defer again.Stop()
	for {
		list, err := k.api.Peers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Items) > 0 {
			return true
		}
		select {
		case <-again.C:
		case <-ended:
			return false
		case <-late:
			t.Fatalf("kamailio did not connect within %v", patience)
		}
	}
}

// await waits until the journal has so many complete exchanges.
func (k *kamailio) await(
	t *testing.T, f resource.ExchangeFilter, count int,
) []scenarios.Exchange {
	t.Helper()
	what := api.WaitFor{
		ExchangeFilter: f, Count: count, Timeout: api.Timeout(patience.String()),
	}
	asked, err := json.Marshal(what)
	if err != nil {
		t.Fatal(err)
	}
	var waited api.Waited
	call(t, "POST", k.server.APIURL()+"/v1/exchanges/wait", string(asked), &waited)
	if !waited.Satisfied {
		t.Fatalf("of %+v came %+v within %v", what, waited.Items, patience)
	}
	return waited.Items
}

// exchanges are what the journal has, decoded, in the order of the requests.
func (k *kamailio) exchanges(t *testing.T, f resource.ExchangeFilter) []scenarios.Exchange {
	t.Helper()
	list, err := k.api.Exchanges(t.Context(), client.ExchangeFilter{
		ExchangeFilter: f, Trees: true, Page: client.Page{Limit: 1000},
	})
	if err != nil {
		t.Fatal(err)
	}
	return list.Items
}
