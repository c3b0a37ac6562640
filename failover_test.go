package ocssim_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
)

const failoverSeed = `
plans:
  im:
    currency: EUR
    rules: [{name: conference, unit: time, per: 60s, price: 0.05 EUR, quota: {default: 300s}}]
accounts:
  - {id: alice, plan: im, subscribers: [{e164: "15550100"}], balances: [{amount: 10.00 EUR}]}
scenarios:
  - name: the-first-update-is-answered-in-an-hour
    rules:
      - {when: {type: update}, times: 1, fault: {delay: 1h}}
`

// startPair starts a simulator that is two servers to its clients.
func startPair(t *testing.T, more ...func(*ocssim.Options)) *ocssim.Server {
	t.Helper()
	options := ocssim.Options{
		Seeds:    []document.File{{Name: "pair.yaml", Data: []byte(failoverSeed)}},
		Diameter: []string{"127.0.0.1:0"},
		Listeners: []ocssim.Listener{{
			Address: "127.0.0.1:0", OriginHost: "ocs2.example.com", OriginRealm: "example.com",
		}},
	}
	for _, change := range more {
		change(&options)
	}
	server, err := ocssim.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

// wantMoney checks alice's first balance and what is reserved of it.
func wantMoney(t *testing.T, server *ocssim.Server, when string, amount, reserved int64) {
	t.Helper()
	account, err := server.Ledger().Account(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	b := account.Balances[0]
	if b.Amount != charging.Unit("EUR").Of(amount) || b.Reserved != reserved {
		t.Errorf("%s: alice has %s, reserved %d, want %d and %d", when, b.Amount, b.Reserved,
			amount, reserved)
	}
	violations, err := server.Ledger().Check(t.Context())
	if err != nil || len(violations) > 0 {
		t.Errorf("%s: Check = %q, %v, want no violations", when, violations, err)
	}
}

func answered(t *testing.T, c *gyConn, frame []byte) []byte {
	t.Helper()
	answer, err := c.ask(frame)
	if err != nil {
		t.Fatal(err)
	}
	if result(answer) != 2001 {
		t.Fatalf("Result-Code %d, want 2001", result(answer))
	}
	return answer
}

// afterwards is a frame as a client sends it again: T flag, new Hop-by-Hop, all else as it was.
func afterwards(frame []byte, hopByHop uint32) []byte {
	again := bytes.Clone(frame)
	again[4] |= flagRetransmitted
	binary.BigEndian.PutUint32(again[12:], hopByHop)
	return again
}

// withoutOrigin is an answer's AVPs but for who it comes from.
func withoutOrigin(frame []byte) (rest []byte) {
	for _, a := range attributes(frame[20:]) {
		if a.name != originHost && a.name != originRealm {
			rest = append(binary.BigEndian.AppendUint32(rest, a.code), a.data...)
		}
	}
	return rest
}

// RFC 6733 section 5.5.4: what was under way on a connection that died is sent again by another
// one, with T and the same End-to-End-Id. An answer goes back the way its request came (section
// 6.2), so that the first one is lost with its connection; the ledger has it still.
func TestARequestRetriedByAnotherWayIsChargedOnce(t *testing.T) {
	t.Parallel()
	server := startPair(t)
	addresses := server.DiameterAddresses()
	first := dialGy(t, addresses[0], "im.example.net")
	request := ccr{
		session: "failover;1", subscriber: "15550100", kind: initialRequest, group: 100, wanted: 300,
	}
	answered(t, first, request.frame(1, 101))
	wantMoney(t, server, "at first", 10_000_000, 250_000)

	request.kind, request.number, request.used = updateRequest, 1, 120
	update := request.frame(2, 102)
	if _, err := first.Write(update); err != nil {
		t.Fatal(err)
	}
	waitForAlice(t, server, 9_900_000)
	wantMoney(t, server, "charged, the answer under way", 9_900_000, 250_000)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second := dialGy(t, addresses[1], "im.example.net")
	again := answered(t, second, afterwards(update, 7))
	if hopByHop(again) != 7 || endToEnd(again) != 102 || again[4] != flagProxiable {
		t.Errorf("answer with Hop-by-Hop %d, End-to-End %d, flags %#x, want 7, 102, P alone",
			hopByHop(again), endToEnd(again), again[4])
	}
	if host, _ := find(again, originHost); string(host.data) != "ocs2.example.com" {
		t.Errorf("Origin-Host = %s, want that of the second listener", host.data)
	}
	wantMoney(t, server, "retried by the other listener", 9_900_000, 250_000)

	third := dialGy(t, addresses[0], "im.example.net")
	for name, frame := range map[string][]byte{"with T": afterwards(update, 8), "without T": update} {
		once := answered(t, third, frame)
		if !bytes.Equal(withoutOrigin(once), withoutOrigin(again)) {
			t.Errorf("retried %s by the first listener, the answer differs in more than its origin", name)
		}
	}
	wantMoney(t, server, "retried by both", 9_900_000, 250_000)

	request.kind, request.number, request.used = terminationRequest, 2, 60
	answered(t, second, request.frame(9, 103))
	wantMoney(t, server, "in the end", 9_850_000, 0)
}

// waitForAlice waits until a charge is in the books.
func waitForAlice(t *testing.T, server *ocssim.Server, amount int64) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-tick.C {
		account, err := server.Ledger().Account(t.Context(), "alice")
		if err == nil && account.Balances[0].Amount.Amount == amount {
			return
		}
	}
	t.Fatalf("alice never had %d", amount)
}

// withState is a frame with Origin-State-Id.
func withState(frame []byte, state uint32) []byte {
	m := &message{bytes: bytes.Clone(frame)}
	m.number(name{0, 278}, state)
	return m.frame(hopByHop(frame), endToEnd(frame))
}

// RFC 6733 section 8.16: an Origin-State-Id that went up says that the client's sessions are gone.
func TestSessionsOfAClientThatStartedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		clean    bool
		sign     func(state uint32) []byte
		state    uint32
		reserved int64
	}{
		"are ended by a CER that tells more":      {true, stateInCER, 6, 0},
		"are ended by a DWR that tells more":      {true, stateInDWR, 6, 0},
		"are ended by a CCR that tells more":      {true, stateInCCR, 6, 50_000},
		"stay where the same is told":             {true, stateInCER, 5, 250_000},
		"stay where less is told":                 {true, stateInCER, 4, 250_000},
		"stay where nothing is told":              {true, stateInCER, 0, 250_000},
		"stay where nobody wants them to be gone": {false, stateInCER, 6, 250_000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startPair(t, func(o *ocssim.Options) {
				if c.clean {
					o.Settings.OriginState = "clean"
				}
			})
			client := dialGy(t, server.DiameterAddresses()[0], "im.example.net")
			answered(t, client, withState(capabilities("im.example.net"), 5))
			open := ccr{
				session: "old;1", subscriber: "15550100", kind: initialRequest, group: 100, wanted: 300,
			}
			answered(t, client, open.frame(1, 1))
			wantMoney(t, server, "before", 10_000_000, 250_000)
			answered(t, client, c.sign(c.state))
			wantMoney(t, server, "afterwards", 10_000_000, c.reserved)
		})
	}
}

func stateInCER(state uint32) []byte { return withState(capabilities("IM.example.net"), state) }

func stateInDWR(state uint32) []byte {
	m := newMessage(deviceWatchdog, flagRequest, 0)
	m.text(originHost, "im.example.net")
	m.text(originRealm, "example.net")
	return withState(m.frame(3, 3), state)
}

func stateInCCR(state uint32) []byte {
	fresh := ccr{
		session: "new;1", subscriber: "15550100", kind: initialRequest, group: 100, wanted: 60,
	}
	return withState(fresh.frame(4, 4), state)
}

func TestParseListener(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]ocssim.Listener{
		":3868":            {Transport: diameter.TCP, Address: ":3868"},
		"tls://[::1]:5658": {Transport: diameter.TLS, Address: "[::1]:5658"},
		"sctp://:0?origin-realm=r&origin-host=h": {
			Transport: diameter.SCTP, Address: ":0", OriginHost: "h", OriginRealm: "r",
		},
	} {
		if got, err := ocssim.ParseListener(text); err != nil || got != want {
			t.Errorf("ParseListener(%q) = %+v, %v, want %+v", text, got, err, want)
		}
	}
}

// RFC 8506 section 13 has clients wait ten seconds (Tx); a server must leave most of that to the
// network.
func TestAnswersComeWellWithinTx(t *testing.T) {
	t.Parallel()
	server := startPair(t)
	client := dialGy(t, server.DiameterAddresses()[0], "im.example.net")
	var took []time.Duration
	for number := range uint32(21) {
		start := time.Now()
		request := ccr{
			session: fmt.Sprintf("quick;%d", number), subscriber: "15550100", kind: initialRequest,
			group: 100, wanted: 60,
		}
		answered(t, client, request.frame(number+1, number+1))
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	if median := took[len(took)/2]; median > time.Second {
		t.Errorf("half of the answers took %v or more, want less than a second", median)
	}
	if slowest := took[len(took)-1]; slowest > 10*time.Second {
		t.Errorf("an answer took %v, more than Tx", slowest)
	}
}
