package api_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/api"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// BenchmarkChargingWithListeners charges while clients have asked for events and read none.
func BenchmarkChargingWithListeners(b *testing.B) {
	for _, count := range []int{0, 1, 100} {
		b.Run(fmt.Sprintf("%d stuck", count), func(b *testing.B) {
			journal := scenarios.NewJournal(scenarios.JournalOptions{})
			s := start(b, seedText, func(o *api.Options) {
				o.Journal, o.StreamPatience = journal, time.Hour
			})
			listenAndReadNothing(b, s, count)
			message := charging.Message{Door: "gy", Peer: "im1", Raw: make([]byte, 800)}
			number := uint32(0)
			b.ReportAllocs()
			for b.Loop() {
				request := &charging.Request{
					Key:         charging.Key{Session: charging.SessionID{ID: fmt.Sprint("s", number)}},
					Type:        charging.Initial,
					Subscribers: []charging.Identity{{Type: charging.E164, Data: "15550100"}},
				}
				request.Exchange = journal.Received(message)
				answer, err := charging.Ask(context.Background(), s.charger, request)
				if err != nil {
					b.Fatal(err)
				}
				journal.Answered(request, answer)
				journal.Sent(request.Exchange, message)
				number++
			}
		})
	}
}

// listenAndReadNothing asks for events on connections of which only the first octets are read, and
// fills what the system holds for each of them, so that the server cannot write any more.
func listenAndReadNothing(b *testing.B, s *simulator, count int) {
	b.Helper()
	for range count {
		far, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = far.Close() })
		ask := "GET /v1/events?raw=true HTTP/1.1\r\nHost: x\r\n\r\n"
		if _, err := io.WriteString(far, ask); err != nil {
			b.Fatal(err)
		}
		if _, err := far.Read(make([]byte, 512)); err != nil {
			b.Fatal(err)
		}
	}
	long := strings.Repeat("x", 500_000)
	for n := range 20 {
		s.want(b, 200, "POST", "/v1/charges", charge("update", n, `, "destination": "`+long+`"`))
	}
}

// BenchmarkNew is a part of every start.
func BenchmarkNew(b *testing.B) {
	var options api.Options
	start(b, "{}", func(o *api.Options) { options = *o })
	for b.Loop() {
		api.New(options)
	}
}
