package scenarios

import (
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// These tests look inside, as they separate what is done while a client waits from what is done
// afterwards.

// quiet keeps nothing, so that only the judge is measured.
type quiet struct{}

func (quiet) Received(charging.Message) int64              { return 1 }
func (quiet) Answered(*charging.Request, *charging.Answer) {}
func (quiet) Sent(int64, charging.Message)                 {}
func (quiet) Found(charging.Finding)                       {}

// idle is a judge whose goroutine does not run.
func idle() *Judge {
	return &Judge{
		next: quiet{}, limit: 16_384, court: newCourt(JudgeOptions{}, func(charging.Finding) {}),
		requests: make(map[string]int64),
		wake:     make(chan struct{}, 1),
	}
}

func benchmarkExchange() (charging.Message, *charging.Request, *charging.Answer) {
	key := charging.ServiceKey{Group: charging.Known(100)}
	r := &charging.Request{
		Key:  charging.Key{Session: charging.SessionID{ID: "im.example.com;1;1"}, Number: 1},
		Type: charging.Update, Exchange: 1,
		Services: []charging.Service{{
			Key: key, Asked: true, Reason: charging.Known(4),
			Used: []charging.Usage{{Units: []charging.Quantity{charging.Time.Of(60)}}},
		}},
	}
	a := &charging.Answer{Result: charging.Success, Services: []charging.ServiceAnswer{{
		Key: key, Granted: []charging.Quantity{charging.Time.Of(300)}, ValidFor: time.Hour,
	}}}
	return charging.Message{Door: "gy", Peer: "im.example.com", At: time.Now()}, r, a
}

// hand tells a judge of one exchange.
func hand(j *Judge, m charging.Message, r *charging.Request, a *charging.Answer) {
	j.Received(m)
	j.Answered(r, a)
	j.Sent(1, m)
}

func TestHandingOverAllocatesNothing(t *testing.T) {
	j := idle()
	m, r, a := benchmarkExchange()
	for range 2 { // both buffers have their size then
		for range 1000 {
			hand(j, m, r, a)
		}
		j.take()
	}
	if got := testing.AllocsPerRun(500, func() { hand(j, m, r, a) }); got != 0 {
		t.Errorf("handing over an exchange allocates %v times, want none", got)
	}
}

// BenchmarkHandOver is what a request pays for being judged while its client waits.
func BenchmarkHandOver(b *testing.B) {
	j := idle()
	m, r, a := benchmarkExchange()
	b.ReportAllocs()
	for count := 0; b.Loop(); count++ {
		hand(j, m, r, a)
		if count%64 == 63 {
			j.take()
		}
	}
}

// BenchmarkJudgement is what judging the course of sessions costs afterwards: one request each of
// 1,000 sessions in turn.
func BenchmarkJudgement(b *testing.B) {
	j := idle()
	m, r, a := benchmarkExchange()
	requests := make([]charging.Request, 1000)
	for i := range requests {
		requests[i] = *r
		requests[i].Key.Session.Sub, requests[i].Type = uint64(i+1), charging.Initial
	}
	b.ReportAllocs()
	for count := 0; b.Loop(); count++ {
		r := &requests[count%len(requests)]
		r.EndToEnd++
		hand(j, m, r, a)
		r.Type = charging.Update
		r.Key.Number++
		batch, _ := j.take()
		j.judge(batch, false)
	}
}
