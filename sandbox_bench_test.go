package ocssim_test

import (
	"runtime"
	"testing"

	"github.com/ocs-sim/ocs-sim/api"
)

// BenchmarkSandbox starts sandboxes with a plan, an account and a scenario, asks each over REST,
// and tells what one takes: to start, and of memory before and after it was first asked.
func BenchmarkSandbox(b *testing.B) {
	server := simulator(b)
	call(b, "GET", server.APIURL()+"/v1/accounts", "", nil)
	var made []api.Sandbox
	before := heap()
	for n := 0; b.Loop(); n++ {
		var one api.Sandbox
		call(b, "POST", server.APIURL()+"/v1/sandboxes", (&job{n: n}).order(), &one)
		made = append(made, one)
	}
	b.StopTimer()
	started := heap()
	for _, one := range made {
		call(b, "GET", one.API+"/v1/accounts", "", nil)
	}
	asked := heap()
	for _, one := range made {
		call(b, "DELETE", server.APIURL()+"/v1/sandboxes/"+one.Name, "", nil)
	}
	each := func(octets uint64) float64 { return float64(octets-before) / float64(len(made)) / 1000 }
	b.ReportMetric(each(started), "kB/sandbox")
	b.ReportMetric(each(asked), "kB/asked")
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(len(made)), "ms/start")
}

// heap is what is in use, after what is not has been collected.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
