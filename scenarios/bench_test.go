package scenarios_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

func BenchmarkDecide(b *testing.B) {
	for _, count := range []int{0, 1, 100} {
		for _, to := range []string{"everybody", "one"} {
			b.Run(fmt.Sprintf("%d for %s", count, to), func(b *testing.B) {
				set := scenarios.New(scenarios.Options{})
				for i := range count {
					subscriber := ""
					if to == "one" {
						subscriber = fmt.Sprintf("subscriber: '%d', ", i)
					}
					put(b, set, fmt.Sprintf(`{name: s%d, %srules: [{when: {type: update,
						trigger: participants, participants: 3..}, answer: {result: 4012}}]}`, i, subscriber))
				}
				s := situation(update, 1, service(100), participants(3, false))
				b.ReportAllocs()
				for b.Loop() {
					set.Decide(s)
				}
			})
		}
	}
}

func BenchmarkDecideNth(b *testing.B) {
	set := newSet(b, `{name: x, rules: [{when: {type: update, nth: 3}, pass: true}]}`)
	s := situation(update, 1)
	b.ReportAllocs()
	for b.Loop() {
		set.Decide(s)
	}
}

// One exchange is received, answered and sent.
func BenchmarkJournal(b *testing.B) {
	journal := scenarios.NewJournal(scenarios.JournalOptions{})
	request := situation(update, 1, service(100)).Request
	answer := &charging.Answer{Key: request.Key, Type: update, Result: charging.Success}
	in := charging.Message{Door: "gy", Peer: "im1", At: time.Now(), Raw: make([]byte, 800)}
	out := charging.Message{Door: "gy", Peer: "im1", At: time.Now(), Raw: make([]byte, 300)}
	exchange := func(request charging.Request) {
		request.Exchange = journal.Received(in)
		journal.Answered(&request, answer)
		journal.Sent(request.Exchange, out)
	}
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			exchange(*request)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				exchange(*request)
			}
		})
	})
}

// What recording costs must not depend on who listens: on those who read nothing not at all, and
// little on those who read.
func BenchmarkJournalWithListeners(b *testing.B) {
	for _, count := range []int{0, 1, 100} {
		for _, reading := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d reading %t", count, reading), func(b *testing.B) {
				journal := scenarios.NewJournal(scenarios.JournalOptions{})
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				for range count {
					follower := journal.Follow(scenarios.Since{Now: true}, allEvents())
					if reading {
						go func() {
							for err := error(nil); err == nil; {
								_, _, err = follower.Next(ctx)
							}
						}()
					}
				}
				request := situation(update, 1, service(100)).Request
				answer := &charging.Answer{Key: request.Key, Type: update, Result: charging.Success}
				in := charging.Message{Door: "gy", Peer: "im1", At: time.Now(), Raw: make([]byte, 800)}
				b.ReportAllocs()
				for b.Loop() {
					r := *request
					r.Exchange = journal.Received(in)
					journal.Answered(&r, answer)
					journal.Sent(r.Exchange, in)
				}
			})
		}
	}
}
