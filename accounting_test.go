package ocssim_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/document"
)

// The words of accounting (RFC 6733 section 9, TS 32.299 section 6.2).
const (
	accounting            = 271
	accountingApplication = 3

	eventRecord, startRecord, interimRecord, stopRecord = 1, 2, 3, 4
)

var (
	acctApplicationID = name{0, 259}
	recordType        = name{0, 480}
	recordNumber      = name{0, 485}
	interimInterval   = name{0, 85}
	acctUserName      = name{0, 1}
	serviceID         = name{vendor3GPP, 855}
	causeCode         = name{vendor3GPP, 861}
)

// An acr is an accounting request of an IM server.
type acr struct {
	session      string
	kind, number uint32
	again        bool // the T flag
}

func (r acr) frame(identifier uint32) []byte {
	flags := byte(flagRequest | flagProxiable)
	if r.again {
		flags |= flagRetransmitted
	}
	m := newMessage(accounting, flags, accountingApplication)
	m.text(sessionID, r.session)
	m.text(originHost, "im.example.net")
	m.text(originRealm, "example.net")
	m.text(destinationRealm, "example.net")
	m.number(recordType, r.kind)
	m.number(recordNumber, r.number)
	m.number(acctApplicationID, accountingApplication)
	m.text(acctUserName, "alice@example.com")
	m.text(serviceContextID, "32260@3gpp.org")
	m.group(serviceInformation, func() {
		m.group(subscriptionID, func() {
			m.number(subscriptionIDType, 0)
			m.text(subscriptionIDData, "15550100")
		})
		m.group(imsInformation, func() {
			m.number(nodeFunctionality, 6)
			m.text(callingParty, "sip:alice@example.com")
			m.text(calledParty, "sip:bob@example.com")
			m.text(calledParty, "sip:carol@example.com")
			m.text(serviceID, "conf1")
			if r.kind == stopRecord {
				m.number(causeCode, 0)
			}
		})
		m.group(pocInformation, func() { m.number(participants, 3) })
	})
	return m.frame(identifier, identifier)
}

func (r acr) key() string { return fmt.Sprintf("%s %d %d", r.session, r.kind, r.number) }

// keyOf is the key of a line of the file.
func keyOf(line map[string]any) string {
	kinds := map[any]int{
		"event": eventRecord, "start": startRecord, "interim": interimRecord, "stop": stopRecord,
	}
	return fmt.Sprintf("%v %d %v", line["session"], kinds[line["type"]], line["number"])
}

// readRecords reads a file of records, whose every line must be whole.
func readRecords(t *testing.T, path string) (lines []map[string]any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil || !strings.HasSuffix(line, "\n") {
			t.Fatalf("%q is no whole line of JSON: %v", line, err)
		}
		lines = append(lines, fields)
	}
	return lines
}

const accountingSeed = `
plans:
  im: {currency: EUR, rules: [{name: all, unit: time, per: 60s, price: 0.05 EUR}]}
accounts:
  - {id: alice, plan: im, subscribers: [{e164: "15550100"}], balances: [{amount: 1.00 EUR}]}
`

func startAccounting(t *testing.T, records string) *ocssim.Server {
	t.Helper()
	server, err := ocssim.Start(t.Context(), ocssim.Options{
		Records: records, InterimInterval: time.Minute,
		Seeds: []document.File{{Name: "seed.yaml", Data: []byte(accountingSeed)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

// offlineSession reports one session and an event, each record twice.
func offlineSession(t *testing.T, conn *gyConn) {
	t.Helper()
	identifier := uint32(100)
	for _, r := range []acr{
		{session: "rf;1", kind: startRecord},
		{session: "rf;1", kind: interimRecord, number: 1},
		{session: "rf;1", kind: stopRecord, number: 2},
		{session: "rf;2", kind: eventRecord},
	} {
		for _, r.again = range []bool{false, true} {
			identifier++
			answer, err := conn.ask(r.frame(identifier))
			if err != nil || result(answer) != 2001 || endToEnd(answer) != identifier {
				t.Fatalf("%s: Result-Code %d, %v; want 2001", r.key(), result(answer), err)
			}
			if first := attributes(answer[20:])[0]; first.name != sessionID ||
				string(first.data) != r.session {
				t.Errorf("%s: the ACA begins with %v %q, want its Session-Id",
					r.key(), first.name, first.data)
			}
			for path, want := range map[name]uint32{
				recordType: r.kind, recordNumber: r.number, acctApplicationID: 3,
			} {
				if got, found := find(answer, path); !found || got.number() != want {
					t.Errorf("%s: AVP %v = %d, %t, want %d", r.key(), path, got.number(), found, want)
				}
			}
			_, asked := find(answer, interimInterval)
			if goesOn := r.kind == startRecord || r.kind == interimRecord; asked != goesOn {
				t.Errorf("%s: Acct-Interim-Interval %t, want %t", r.key(), asked, goesOn)
			}
		}
	}
}

func TestOfflineCharging(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "records.jsonl")
	server := startAccounting(t, path)
	conn := dialGy(t, server.DiameterAddresses()[0], "im.example.net")
	offlineSession(t, conn)

	lines := readRecords(t, path)
	if len(lines) != 4 {
		t.Fatalf("%d lines, want one for each of 4 records", len(lines))
	}
	stop := lines[2]
	for key, want := range map[string]string{
		"type": "stop", "session": "rf;1", "number": "2", "origin_host": "im.example.net",
		"context": "32260@3gpp.org", "user_name": "alice@example.com", "conference": "conf1",
		"participants": "3", "cause_code": "0", "calling": "[sip:alice@example.com]",
		"called":      "[sip:bob@example.com sip:carol@example.com]",
		"subscribers": "[map[e164:15550100]]",
	} {
		if got := fmt.Sprint(stop[key]); got != want {
			t.Errorf("%s of the stop record = %s, want %s", key, got, want)
		}
	}
	ims := stop["service_information"].(map[string]any)["IMS-Information"].(map[string]any)
	if got := fmt.Sprint(ims["Service-Id"]); got != "conf1" {
		t.Errorf("Service-Id in service_information = %s, want conf1", got)
	}
	account, err := server.Ledger().Account(t.Context(), "alice")
	if err != nil || account.Balances[0].Amount.Amount != 1_000_000 ||
		account.Balances[0].Reserved != 0 {
		t.Errorf("alice has %+v, %v; want 1.00 EUR, untouched", account.Balances, err)
	}
}

func TestTheJournalHasOfflineCharging(t *testing.T) {
	t.Parallel()
	server := startAccounting(t, "")
	conn := dialGy(t, server.DiameterAddresses()[0], "im.example.net")
	offlineSession(t, conn)
	for query, want := range map[string]int{
		"door=rf": 8, "door=rf&type=start": 2, "session=" + url.QueryEscape("rf;1"): 6,
		"subscriber=15550100&type=stop": 2, "type=initial": 0,
	} {
		if got := exchanges(t, server, query); len(got) != want {
			t.Errorf("%s: %d exchanges, want %d", query, len(got), want)
		}
	}
	first := exchanges(t, server, "door=rf&trees=true")
	for i, want := range []bool{false, true} {
		if repeat, _ := first[i]["repeat"].(bool); repeat != want {
			t.Errorf("exchange %d: repeat %t, want %t", i, repeat, want)
		}
	}
	tree, _ := first[0]["request"].(map[string]any)
	answer, _ := first[0]["answer"].(map[string]any)
	if tree["name"] != "ACR" || answer["name"] != "ACA" {
		t.Errorf("trees of %v and %v, want ACR and ACA", tree["name"], answer["name"])
	}
	// After a reset a test may use its Session-Ids again.
	if err := client.New(server.APIURL(), client.Options{}).Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	offlineSession(t, conn)
	if repeat, _ := exchanges(t, server, "door=rf")[0]["repeat"].(bool); repeat {
		t.Error("a record is taken for a repeat after a reset")
	}
}

func exchanges(t *testing.T, s *ocssim.Server, query string) []map[string]any {
	t.Helper()
	response, err := http.Get(s.APIURL() + "/v1/exchanges?" + query)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var list struct{ Items []map[string]any }
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	return list.Items
}

// A device that is full stands for a disk that is.
func TestAFullDiskIsOutOfSpace(t *testing.T) {
	t.Parallel()
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skipf("%s is a thing of Linux: %v", full, err)
	}
	server := startAccounting(t, full)
	conn := dialGy(t, server.DiameterAddresses()[0], "im.example.net")
	for identifier := range uint32(2) {
		answer, err := conn.ask(acr{session: "rf;1", kind: eventRecord}.frame(identifier))
		if err != nil || result(answer) != 4002 || answer[4]&flagRequest != 0 {
			t.Errorf("ACR: Result-Code %d, %v; want 4002", result(answer), err)
		}
	}
}

const killsOfRecords = 5

// TestRecordsSurviveKills kills the real server with SIGKILL under a load of accounting. Every
// record that was acknowledged must be in the file; and when all are sent again with the T flag,
// each is there once.
func TestRecordsSurviveKills(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64() >> 1
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	dir := t.TempDir()
	file := filepath.Join(dir, "records.jsonl")
	setting := serving{
		binary: goBuild(t, dir, "./cmd/ocs-sim"), dir: dir, seed: accountingSeed,
		more: []string{"--cdr", file},
	}
	var sent []acr
	acknowledged := 0
	for life := range killsOfRecords {
		server, err := setting.start()
		if err != nil {
			t.Fatal(err)
		}
		load := reportUntilDead(t, server, life, time.Duration(random.IntN(60))*time.Millisecond)
		sent = append(sent, load.sent...)
		acknowledged += len(load.acknowledged)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range load.acknowledged {
			if !strings.Contains(string(text), fmt.Sprintf(`"session":%q`, r.session)) {
				t.Fatalf("%s was acknowledged and is not in the file", r.key())
			}
		}
	}
	if acknowledged == 0 {
		t.Error("nothing was acknowledged: nothing was tested")
	}
	sendAgain(t, setting.mustStart(t), sent)
	times := map[string]int{}
	for _, line := range readRecords(t, file) {
		times[keyOf(line)]++
	}
	for _, r := range sent {
		if times[r.key()] != 1 {
			t.Errorf("%s is in the file %d times, want once", r.key(), times[r.key()])
		}
	}
}

// A report is what one life of a server was told.
type report struct {
	mu                 sync.Mutex
	sent, acknowledged []acr
}

// reportUntilDead sends records on several connections until the server is killed.
func reportUntilDead(t *testing.T, server *process, life int, moment time.Duration) *report {
	t.Helper()
	load := new(report)
	var all sync.WaitGroup
	for connection := range 4 {
		conn, err := openGy(server.Diameter[0], "im.example.net")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		all.Go(func() { load.talk(conn, life, connection) })
	}
	time.AfterFunc(moment, server.kill)
	all.Wait()
	<-server.exited
	return load
}

// talk sends one record after another until the connection breaks.
func (l *report) talk(conn *gyConn, life, connection int) {
	for n := uint32(0); ; n++ {
		r := acr{session: fmt.Sprintf("rf;%d;%d;%d", life, connection, n), kind: eventRecord}
		l.mu.Lock()
		l.sent = append(l.sent, r)
		l.mu.Unlock()
		answer, err := conn.ask(r.frame(n))
		if err != nil || result(answer) != 2001 {
			return
		}
		l.mu.Lock()
		l.acknowledged = append(l.acknowledged, r)
		l.mu.Unlock()
	}
}

func sendAgain(t *testing.T, server *process, sent []acr) {
	t.Helper()
	conn, err := openGy(server.Diameter[0], "im.example.net")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for i, r := range sent {
		r.again = true
		answer, err := conn.ask(r.frame(uint32(i)))
		if err != nil || result(answer) != 2001 {
			t.Fatalf("%s again: Result-Code %d, %v; want 2001", r.key(), result(answer), err)
		}
	}
}
