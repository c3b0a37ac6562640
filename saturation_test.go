package ocssim_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	loadConnections = 4
	loadWindow      = 128 // requests under way on each connection
	loadAccounts    = 100_000
	loadRounds      = 7
	loadPerRound    = 100_000 // requests of one side in one round
)

const loadSeed = `
plans:
  im:
    currency: EUR
    rules:
      - name: conference
        match: {rating_group: 100, context: "*32260@3gpp.org"}
        unit: time
        per: 60s
        price: 0.01 EUR
        participants: {mode: per_extra, base: 2, amount: 0.01 EUR}
        quota: {default: 300s}
accounts:
  - id: "load-{n}"
    count: 100000
    plan: im
    subscribers: [{e164: "1555{n:07}"}]
    balances: [{amount: 1000.00 EUR}]
`

// BenchmarkSaturation measures what the product promises of its speed: the CPU time of a durable
// CCR-U, beside that of a bare echo server written with go-diameter's ordinary API, in the same
// minute on the same machine. Rounds of both alternate; medians are reported.
//
//	go test -run '^$' -bench Saturation -benchtime 1x .
func BenchmarkSaturation(b *testing.B) {
	dir := b.TempDir()
	server := serving{
		binary: goBuild(b, dir, "./cmd/ocs-sim"), dir: dir, seed: loadSeed, database: true,
	}.mustStart(b)
	ready := filepath.Join(dir, "echo.json")
	echo, err := startProcess(ready, goBuild(b, dir, "./testdata/echo"), ready)
	if err != nil {
		b.Fatal(err)
	}
	defer echo.kill()
	product, yardstick := openLoad(b, server), openLoad(b, echo)
	for b.Loop() {
		compareLoads(b, product, yardstick)
	}
}

// compareLoads runs both sides in turn and reports the medians of all rounds.
func compareLoads(b *testing.B, product, yardstick *load) {
	var ours, theirs, ratios, rates []float64
	for round := range loadRounds {
		o, t := product.run(b, loadPerRound), yardstick.run(b, loadPerRound)
		b.Logf("round %d: ocs-sim %v, echo %v", round, o, t)
		ours, theirs = append(ours, o.cpu), append(theirs, t.cpu)
		ratios, rates = append(ratios, o.cpu/t.cpu), append(rates, o.rate)
	}
	b.ReportMetric(median(ours), "ocs-sim-cpu-us/CCR-U")
	b.ReportMetric(median(theirs), "echo-cpu-us/CCR-U")
	b.ReportMetric(median(ratios), "of-echo")
	b.ReportMetric(median(rates), "CCR-U/s")
	b.ReportMetric(0, "ns/op")
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// A load drives one server from several connections.
type load struct {
	server *process
	lanes  []*lane
}

// A lane is one connection with its share of the sessions.
type lane struct {
	conn     net.Conn
	first    int      // its first session
	numbers  []uint32 // the last CC-Request-Number of each session
	next     int
	template []byte
	out, in  []byte
	held     int // octets in in
	id       uint32
}

// A measurement is what a round cost the server.
type measurement struct {
	cpu  float64 // microseconds of user and system time per answer
	rate float64 // answers per second
}

func (m measurement) String() string { return fmt.Sprintf("%.1f us, %.0f/s", m.cpu, m.rate) }

// openLoad connects and opens one session for each account.
func openLoad(b *testing.B, server *process) *load {
	b.Helper()
	l := &load{server: server}
	share := loadAccounts / loadConnections
	for i := range loadConnections {
		conn := dialGy(b, server.Diameter[0], fmt.Sprintf("im%d.example.net", i))
		l.lanes = append(l.lanes, &lane{
			conn: conn.Conn, first: i * share, numbers: make([]uint32, share),
			in: make([]byte, 1<<18), template: templateOf(initialRequest),
		})
	}
	l.run(b, loadAccounts)
	for _, lane := range l.lanes {
		lane.template = templateOf(updateRequest)
	}
	return l
}

// The digits that stand for the session in a template; the same tell subscriber and session.
const templateDigits = "1555" + "0000000"

// templateOf makes a request whose session, number and identifiers are written in later.
func templateOf(kind uint32) []byte {
	r := ccr{
		session: "im.example.net;3990000000;" + templateDigits, subscriber: templateDigits,
		kind: kind, group: 100, wanted: 300, used: 30, invited: 3,
	}
	return r.frame(0, 0)
}

// run sends count requests in all and measures the server meanwhile.
func (l *load) run(b *testing.B, count int) measurement {
	b.Helper()
	before, start := cpuTime(b, l.server.cmd.Process.Pid), time.Now()
	failed := make(chan error, len(l.lanes))
	var all sync.WaitGroup
	for _, one := range l.lanes {
		all.Go(func() {
			if err := one.run(count / len(l.lanes)); err != nil {
				failed <- err
			}
		})
	}
	all.Wait()
	took, cpu := time.Since(start), cpuTime(b, l.server.cmd.Process.Pid)-before
	select {
	case err := <-failed:
		b.Fatal(err)
	default:
	}
	return measurement{
		cpu:  float64(cpu.Microseconds()) / float64(count),
		rate: float64(count) / took.Seconds(),
	}
}

// run keeps the window full until count requests are answered.
func (l *lane) run(count int) error {
	sent, answered := 0, 0
	for answered < count {
		l.out = l.out[:0]
		for sent < count && sent-answered < loadWindow {
			l.appendRequest()
			sent++
		}
		if _, err := l.conn.Write(l.out); err != nil {
			return err
		}
		n, err := l.readAnswers()
		if err != nil {
			return fmt.Errorf("after %d answers: %w", answered, err)
		}
		answered += n
	}
	return nil
}

// appendRequest copies the template and fills in what differs, at the next session in turn.
func (l *lane) appendRequest() {
	start := len(l.out)
	l.out = append(l.out, l.template...)
	frame := l.out[start:]
	l.id++
	setIdentifiers(frame, l.id, l.id)
	session := l.next
	l.next = (l.next + 1) % len(l.numbers)
	l.fill(frame, session)
	l.numbers[session]++
}

// fill writes digits and CC-Request-Number. Both stand at fixed places; finding them again for
// each frame is cheaper than it looks, since they stand in front.
func (l *lane) fill(frame []byte, session int) {
	digits := strconv.AppendInt(nil, int64(10_000_000+l.first+session), 10)[1:]
	for rest := frame[20:]; len(rest) >= 8; {
		code := binary.BigEndian.Uint32(rest)
		length := int(binary.BigEndian.Uint32(rest[4:]) & 0xffffff)
		switch code {
		case sessionID.code:
			copy(rest[length-len(digits):], digits)
		case ccRequestNumber.code:
			binary.BigEndian.PutUint32(rest[8:], l.numbers[session])
		case subscriptionID.code:
			// Header, Subscription-Id-Type, header of Subscription-Id-Data, 1555.
			copy(rest[8+12+8+4:], digits)
			return
		}
		rest = rest[(length+3)&^3:]
	}
}

// readAnswers reads what is there, at least one answer, and checks each.
func (l *lane) readAnswers() (int, error) {
	answers := 0
	for answers == 0 {
		n, err := l.conn.Read(l.in[l.held:])
		if err != nil {
			return 0, err
		}
		l.held += n
		rest := l.in[:l.held]
		for len(rest) >= 20 {
			length := int(binary.BigEndian.Uint32(rest) & 0xffffff)
			if length > len(rest) {
				break
			}
			if err := l.check(rest[:length]); err != nil {
				return 0, err
			}
			if command(rest) == creditControl {
				answers++
			}
			rest = rest[length:]
		}
		l.held = copy(l.in, rest)
	}
	return answers, nil
}

// check wants success at command level; a watchdog is answered at once.
func (l *lane) check(frame []byte) error {
	if isRequest(frame) {
		_, err := l.conn.Write(accept(frame))
		return err
	}
	for rest := frame[20:]; len(rest) >= 8; {
		length := int(binary.BigEndian.Uint32(rest[4:]) & 0xffffff)
		if binary.BigEndian.Uint32(rest) == resultCode.code {
			if code := binary.BigEndian.Uint32(rest[8:]); code != 2001 {
				return fmt.Errorf("Result-Code = %d, want 2001", code)
			}
			return nil
		}
		rest = rest[min(max(length+3, 8)&^3, len(rest)):]
	}
	return fmt.Errorf("answer without Result-Code: % x", frame)
}

// cpuTime is the user and system time of a process, all its threads together, as Linux tells it
// in hundredths of a second.
func cpuTime(t testing.TB, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Skipf("CPU time of the servers is measured on Linux only: %v", err)
	}
	// The second field, the program's name in parentheses, may hold blanks.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	var ticks int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			t.Fatalf("/proc/%d/stat: %v", pid, err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
