package scenarios_test

import (
	"encoding/json"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/findings"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// A stage plays a client in front of a judge, in a time of its own.
type stage struct {
	testing.TB
	judge   *scenarios.Judge
	journal *scenarios.Journal
	clock   *charging.Clock
	count   uint32
	gone    atomic.Bool                     // the peer has no connection
	instead atomic.Pointer[charging.Answer] // what was sent in place of what was charged
}

// A turn is one request with its answer, which cues change before it is played.
type turn struct {
	charging.Request
	answer  charging.Answer
	link    string
	hop     uint32
	awaited time.Duration // until the answer
	instead *charging.Answer
}

type cue func(*turn)

const stageSession = "im.example.com;1;1"

func readFrame(raw []byte) (f findings.Frame, ok bool) {
	return f, json.Unmarshal(raw, &f) == nil
}

func newStage(t testing.TB) *stage {
	s := &stage{TB: t, journal: scenarios.NewJournal(scenarios.JournalOptions{})}
	s.clock = charging.NewClock(charging.ClockState{})
	s.judge = scenarios.NewJudge(s.journal, scenarios.JudgeOptions{
		Frame:     readFrame,
		Connected: func(string) bool { return !s.gone.Load() },
		Clock:     s.clock,
		Parse: func([]byte) (*charging.Answer, error) {
			return s.instead.Load(), nil
		},
	})
	return s
}

// rules are the rules that were broken so far.
func (s *stage) rules() []string {
	if err := s.judge.Settle(s.Context()); err != nil {
		s.Fatal(err)
	}
	rules := []string{}
	for _, f := range s.journal.Findings() {
		rules = append(rules, f.Rule)
	}
	slices.Sort(rules)
	return rules
}

// wait lets time pass.
func (s *stage) wait(d time.Duration) { <-time.After(d) }

func (s *stage) message(frame findings.Frame, link string) charging.Message {
	raw, err := json.Marshal(frame)
	if err != nil {
		s.Fatal(err)
	}
	return charging.Message{
		Door: "gy", Peer: "im.example.com", Link: link, At: time.Now(), Raw: raw,
	}
}

// play has the client ask and the server answer. It asks for 300 s of rating group 100, reports
// 60 s where something may be reported, and is granted what it asks for an hour.
func (s *stage) play(kind charging.RequestType, number uint32, cues ...cue) {
	s.count++
	service := charging.Service{Key: ratingGroup(100)}
	answer := charging.ServiceAnswer{Key: ratingGroup(100), Result: charging.Success}
	if kind != charging.Termination {
		service.Asked, answer.ValidFor = true, time.Hour
		answer.Granted = []charging.Quantity{charging.Time.Of(300)}
	}
	if kind == charging.Update || kind == charging.Termination {
		service.Used = []charging.Usage{{Units: []charging.Quantity{charging.Time.Of(60)}}}
	}
	x := &turn{
		Request: charging.Request{
			Key:  charging.Key{Session: charging.SessionID{ID: stageSession}, Number: number},
			Type: kind, EndToEnd: s.count, Context: "32260@3gpp.org",
			Origin:      charging.Origin{Host: "im.example.com", Realm: "example.com"},
			Subscribers: []charging.Identity{{Type: charging.E164, Data: "15550100"}},
			Services:    []charging.Service{service},
		},
		answer: charging.Answer{
			Result: charging.Success, Services: []charging.ServiceAnswer{answer},
		},
		link: "192.0.2.1:1", hop: s.count,
	}
	for _, c := range cues {
		c(x)
	}
	s.exchange(x)
}

func (s *stage) exchange(x *turn) {
	m := s.message(findings.Frame{
		Command: findings.CreditControl, Request: true, HopByHop: x.hop, Session: x.Key.Session.ID,
	}, x.link)
	if x.Exchange == 0 {
		x.Exchange = s.judge.Received(m)
	}
	x.At = s.clock.Now()
	x.answer.Key, x.answer.Type = x.Key, x.Type
	if x.awaited > 0 {
		s.wait(x.awaited)
	}
	s.judge.Answered(&x.Request, &x.answer)
	if d := x.answer.Delivery; d != nil && d.Drop {
		return
	}
	sent := s.message(findings.Frame{}, x.link)
	if x.instead != nil {
		s.instead.Store(x.instead)
		sent.Raw = []byte("instead")
	}
	s.judge.Sent(x.Exchange, sent)
}

// summon sends a RAR or an ASR; result 0: it is not answered.
func (s *stage) summon(command, result uint32) {
	if number := s.ask(command); result != 0 {
		s.told(number, command, result)
	}
}

// ask sends a RAR or an ASR.
func (s *stage) ask(command uint32) int64 {
	s.count++
	asked := s.message(findings.Frame{
		Command: command, Request: true, HopByHop: s.count, Session: stageSession,
	}, "192.0.2.1:1")
	asked.Ours, asked.Peer = true, "ocs.example.net"
	return s.judge.Received(asked)
}

// told is the client's answer.
func (s *stage) told(number int64, command, result uint32) {
	s.judge.Sent(number, s.message(findings.Frame{
		Command: command, Session: stageSession, Result: result,
	}, "192.0.2.1:1"))
}

func (s *stage) opened(cues ...cue)                { s.play(charging.Initial, 0, cues...) }
func (s *stage) update(number uint32, cues ...cue) { s.play(charging.Update, number, cues...) }
func (s *stage) finish(number uint32, cues ...cue) { s.play(charging.Termination, number, cues...) }
func ratingGroup(number int64) charging.ServiceKey {
	return charging.ServiceKey{Group: charging.Known(number)}
}
func (x *turn) service() *charging.Service        { return &x.Services[0] }
func (x *turn) answered() *charging.ServiceAnswer { return &x.answer.Services[0] }
func usedUnits(q ...charging.Quantity) cue {
	return func(x *turn) { x.service().Used = []charging.Usage{{Units: q}} }
}
func usedTime(seconds int64) cue { return usedUnits(charging.Time.Of(seconds)) }
func unasked(x *turn) {
	x.service().Asked = false
	x.answered().Granted = nil
}
func unused(x *turn) { x.service().Used = nil }
func granted(q ...charging.Quantity) cue {
	return func(x *turn) { x.answered().Granted = q }
}

func lastUnits(action charging.FinalAction) cue {
	return func(x *turn) { x.answered().Final = &charging.FinalUnit{Action: action} }
}

func refusedWith(result charging.Result) cue {
	return func(x *turn) { x.answered().Result, x.answered().Granted = result, nil }
}

func atCommand(result charging.Result) cue {
	return func(x *turn) { x.answer.Result, x.answer.Services = result, nil }
}

func reason(number int64) cue {
	return func(x *turn) { x.service().Reason = charging.Known(number) }
}
func onLink(link string) cue      { return func(x *turn) { x.link = link } }
func retransmitted(x *turn)       { x.Retransmitted = true }
func repeated(x *turn)            { x.answer.Repeat = true }
func endToEnd(id uint32) cue      { return func(x *turn) { x.EndToEnd = id } }
func inSession(id string) cue     { return func(x *turn) { x.Key.Session.ID = id } }
func triggered(kind uint32) cue   { return func(x *turn) { x.service().Triggers = []uint32{kind} } }
func awaited(d time.Duration) cue { return func(x *turn) { x.awaited = d } }
func counting(count int64) cue {
	return func(x *turn) { x.Information.Participants = charging.Known(count) }
}

func withMedia(names ...string) cue {
	return func(x *turn) { x.Information.MediaKnown, x.Information.Media = true, names }
}

func stamped(after time.Duration) cue {
	return func(x *turn) { x.EventTime = x.EventTime.Add(after) }
}
func stampedNow(x *turn) { x.EventTime = time.Now() }
func byScript(x *turn) {
	x.answer.Why = append(x.answer.Why, charging.Reason{Code: charging.BecauseScript})
}

// A scene is one rule with a play that breaks it and one that nearly does.
type scene struct {
	raises string
	bad    func(*stage)
	fine   func(*stage)
	also   []string // what the bad play breaks beside it
}

func testScenes(t *testing.T, scenes []scene) {
	t.Helper()
	for _, sc := range scenes {
		t.Run(sc.raises, func(t *testing.T) {
			t.Parallel()
			want := append([]string{sc.raises}, sc.also...)
			slices.Sort(want)
			if diff := cmp.Diff(want, played(t, sc.bad)); diff != "" {
				t.Errorf("what breaks it (-want +got):\n%s", diff)
			}
			if got := played(t, sc.fine); slices.Contains(got, sc.raises) {
				t.Errorf("what nearly breaks it is found fault with: %v", got)
			}
		})
	}
}

// played is what a play is found fault with.
func played(t *testing.T, play func(*stage)) (rules []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		play(s)
		rules = s.rules()
		s.judge.Close()
	})
	return rules
}
