package ocssim_test

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"
)

const startsMeasured = 21

// BenchmarkStart measures how long a fixture waits for the real binary: from exec to the ready
// file, and on through connecting, CER and CEA to the answer of a first CCR, on a new database on
// disk. It also tells what memory the server holds then. Medians are reported.
func BenchmarkStart(b *testing.B) {
	binary := goBuild(b, b.TempDir(), "./cmd/ocs-sim")
	var ready, first, resident []float64
	for b.Loop() {
		for i := range startsMeasured {
			server := serving{binary: binary, dir: b.TempDir(), seed: callerSeed, database: true}
			p := server.mustStart(b)
			ready = append(ready, milliseconds(p.readyIn))
			first = append(first, milliseconds(firstAnswer(b, p, i)))
			resident = append(resident, residentMegabytes(b, p.cmd.Process.Pid))
			p.stop(b)
		}
	}
	b.ReportMetric(median(ready), "ms-to-ready")
	b.ReportMetric(median(first), "ms-to-first-CCA")
	b.ReportMetric(median(resident), "MB-resident")
	b.ReportMetric(0, "ns/op")
}

// firstAnswer is the time from exec to the first Credit-Control-Answer.
func firstAnswer(b *testing.B, p *process, number int) time.Duration {
	b.Helper()
	conn, err := openGy(p.Diameter[0], "im.example.net")
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	r := ccr{
		session: fmt.Sprintf("im.example.net;start;%d", number), subscriber: "15560000000",
		kind: initialRequest, group: 100, wanted: 300, invited: 2,
	}
	answer, err := conn.ask(r.frame(2, 2))
	took := time.Since(p.began)
	if err != nil || result(answer) != 2001 {
		b.Fatalf("the first CCR: Result-Code %d, %v; want 2001", result(answer), err)
	}
	return took
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func residentMegabytes(b *testing.B, pid int) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skipf("memory is measured on Linux only: %v", err)
	}
	match := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(text)
	if match == nil {
		b.Fatalf("no VmRSS in /proc/%d/status", pid)
	}
	kilobytes, _ := strconv.ParseFloat(string(match[1]), 64)
	return kilobytes / 1000
}
