package ocssim_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// TestEveryLibraryScenarioIsProved holds the library against its proofs: of each there is a
// conversation named after it, or what a client sees on the wire.
func TestEveryLibraryScenarioIsProved(t *testing.T) {
	t.Parallel()
	wire := wireProofs()
	for _, name := range scenarios.LibraryNames() {
		text, err := os.ReadFile("testdata/library-" + name + ".conv")
		spoken := err == nil && strings.Contains(string(text), "use: "+name+",")
		if _, seen := wire[name]; !seen && !spoken {
			t.Errorf("nothing shows what %s does; write testdata/library-%s.conv or a proof in "+
				"wireProofs", name, name)
		}
		delete(wire, name)
	}
	for name := range wire {
		t.Errorf("%s is proved and not in the library", name)
	}
}

// A wireProof shows what a scenario does to a client that sends bytes.
type wireProof struct {
	with  string // parameters, in YAML
	shows func(*stage)
	why   string // what the journal says of money; empty: charged as usual
}

// TestLibraryOnTheWire provokes what conversations cannot tell: answers that come late, twice,
// wrong or never, and what becomes of the connection. The first request is served; the scenario
// acts on the update.
func TestLibraryOnTheWire(t *testing.T) {
	t.Parallel()
	for name, proof := range wireProofs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, name, proof.with)
			proof.shows(s)
			s.wantWhy(proof.why)
			other := dialGy(t, s.address, "other.example.net")
			answered(t, other, (&ccr{
				session: "other;1", host: "other.example.net", subscriber: "15550100",
				kind: eventRequest, group: 100, wanted: 1,
			}).frame(1, 1))
		})
	}
}

const stageSeed = `
plans:
  im:
    currency: EUR
    rules:
      - {name: message, match: {kind: event}, unit: events, per: 1, price: 0.00 EUR}
      - {name: conference, unit: time, per: 60s, price: 0.05 EUR, quota: {default: 300s}}
accounts:
  - {id: alice, plan: im, subscribers: [{e164: "15550100"}], balances: [{amount: 10.00 EUR}]}
`

// A stage is a server with a scenario of the library, and a client whose session is open there.
type stage struct {
	t       *testing.T
	server  *ocssim.Server
	address string
	client  *gyConn
	request ccr
	secure  bool // clients come over TLS
}

func newStage(t *testing.T, scenario, with string) *stage {
	t.Helper()
	s := emptyStage(t)
	if scenario != "half-closed" { // a tap would close the other half, too
		between := startTap(t, s.address)
		s.address = between.address()
		t.Cleanup(func() { between.reviewLibrary(t, scenario) })
	}
	s.open()
	s.putScenario(fmt.Sprintf("{use: %s, with: {%s}, subscriber: '15550100'}", scenario, with))
	return s
}

// emptyStage is a server with nobody at it.
func emptyStage(t *testing.T) *stage {
	t.Helper()
	server, err := ocssim.Start(t.Context(), ocssim.Options{
		Seeds: []document.File{{Name: "stage.yaml", Data: []byte(stageSeed)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return &stage{t: t, server: server, address: server.DiameterAddresses()[0]}
}

// open has a client open the session.
func (s *stage) open() {
	s.t.Helper()
	s.client = s.connect()
	s.request = ccr{
		session: "stage;1", subscriber: "15550100", kind: initialRequest, group: 100, wanted: 300,
	}
	answered(s.t, s.client, s.request.frame(1, 101))
}

func (s *stage) putScenario(body string) {
	s.t.Helper()
	var problem any
	status := call(s.t, http.MethodPut, s.server.APIURL()+"/v1/scenarios/x", body, &problem)
	if status != http.StatusCreated && status != http.StatusOK {
		s.t.Fatalf("PUT %s = %d %v, want 201 or 200", body, status, problem)
	}
}

func (s *stage) connect() *gyConn {
	s.t.Helper()
	c := s.dial("im.example.net")
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *stage) dial(host string) *gyConn {
	s.t.Helper()
	if !s.secure {
		return dialGy(s.t, s.address, host)
	}
	conn, err := tls.Dial("tcp", s.address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	c := &gyConn{Conn: conn, r: bufio.NewReader(conn)}
	answered(s.t, c, capabilities(host))
	return c
}

// update is number 1 of the session: Hop-by-Hop 2, End-to-End 102.
func (s *stage) update(used uint32) []byte {
	r := s.request
	r.kind, r.number, r.used = updateRequest, 1, used
	return r.frame(2, 102)
}

// next is a later update.
func (s *stage) next() []byte {
	r := s.request
	r.kind, r.number, r.used = updateRequest, 2, 60
	return r.frame(3, 103)
}

func (s *stage) send(frames ...[]byte) {
	s.t.Helper()
	if _, err := s.client.Write(slices.Concat(frames...)); err != nil {
		s.t.Fatal(err)
	}
}

// wantAnswer reads the next message, which must be an answer with the Hop-by-Hop-Id.
func (s *stage) wantAnswer(id uint32) []byte {
	s.t.Helper()
	frame, err := readFrame(s.client.r)
	if err != nil {
		s.t.Fatal(err)
	}
	if isRequest(frame) || hopByHop(frame) != id {
		s.t.Fatalf("there comes command %d, request %v, Hop-by-Hop %d, want the answer to %d",
			command(frame), isRequest(frame), hopByHop(frame), id)
	}
	return frame
}

func (s *stage) wantEnd() {
	s.t.Helper()
	if frame, err := readFrame(s.client.r); err == nil {
		s.t.Fatalf("there comes command %d, want the end of the connection", command(frame))
	}
}

// wantCharged waits until the first update is charged, and no more than that.
func (s *stage) wantCharged() {
	s.t.Helper()
	waitForAlice(s.t, s.server, 9_900_000)
	wantMoney(s.t, s.server, "after the update", 9_900_000, 250_000)
}

// wantRepeat sends the update again, with T, which moves nothing and is answered.
func (s *stage) wantRepeat(c *gyConn) []byte {
	s.t.Helper()
	answer := answered(s.t, c, afterwards(s.update(120), 9))
	if got := hopByHop(answer); got != 9 {
		s.t.Errorf("the answer is to Hop-by-Hop %d, want the one to the repeat, 9", got)
	}
	wantMoney(s.t, s.server, "after the repeat", 9_900_000, 250_000)
	return answer
}

// wantWhy looks at what the journal says of money.
func (s *stage) wantWhy(words string) {
	s.t.Helper()
	if words == "" {
		words = "charged as usual"
	}
	var exchanges any
	call(s.t, http.MethodGet, s.server.APIURL()+"/v1/exchanges", "", &exchanges)
	if !strings.Contains(fmt.Sprint(exchanges), "x rules[0]: "+words) {
		s.t.Errorf("the journal does not say %q of rule x rules[0]", words)
	}
}

func watchdog(id uint32) []byte {
	m := newMessage(deviceWatchdog, flagRequest, 0)
	m.text(originHost, "im.example.net")
	m.text(originRealm, "example.net")
	return m.frame(id, id)
}
