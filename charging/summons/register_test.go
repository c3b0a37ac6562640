package summons_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/summons"
)

// A client answers summonses after a time, with a result.
type client struct {
	result charging.Result // 0: never
	after  time.Duration
	number atomic.Int64 // of the last exchange
	ended  []string
}

func (c *client) send(
	ctx context.Context, _ *charging.Summons, sent func(int64),
) (charging.Result, error) {
	sent(c.number.Add(1))
	if c.result == 0 {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	select {
	case <-time.After(c.after):
		return c.result, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func (c *client) end(_ context.Context, id charging.SessionID, cause string) error {
	c.ended = append(c.ended, id.ID+" "+cause)
	return nil
}

func register(c *client) *summons.Register {
	return summons.New(summons.Options{Send: c.send, End: c.end, Wait: 10 * time.Second})
}

var (
	session = charging.SessionID{ID: "s"}
	asked   = charging.Summons{Session: session, Origin: charging.Origin{Host: "im"}}
	aborted = charging.Summons{
		Kind: charging.Abortion, Session: session, Origin: charging.Origin{Host: "im"},
	}
)

func request(kind charging.RequestType, exchange int64, groups ...int64) *charging.Request {
	r := &charging.Request{
		Key: charging.Key{Session: session, Number: 7}, Type: kind, Exchange: exchange,
	}
	for _, group := range groups {
		r.Services = append(r.Services,
			charging.Service{Key: charging.ServiceKey{Group: charging.Known(group)}})
	}
	return r
}

func TestWhatComesOfASummons(t *testing.T) {
	t.Parallel()
	scoped := asked
	scoped.Scope.Group = charging.Known(100)
	const update, termination = charging.Update, charging.Termination
	for name, one := range map[string]struct {
		summons charging.Summons
		client  *client
		request *charging.Request // after a second; nil: none comes
		repeat  bool
		want    summons.State
		lasts   time.Duration
	}{
		"a RAR is followed by a CCR-U": {
			asked, &client{result: 2002}, request(update, 2), false, summons.Followed, time.Second,
		},
		"a CCR-U that comes before the RAA counts": {
			asked, &client{result: 2001, after: 3 * time.Second}, request(update, 2), false,
			summons.Followed, 3 * time.Second,
		},
		"a CCR-U counts though no RAA ever comes": {
			asked, &client{}, request(update, 2), false, summons.Followed, 10 * time.Second,
		},
		"a CCR-T counts, too": {
			asked, &client{result: 2001}, request(termination, 2), false, summons.Followed,
			time.Second,
		},
		"a repeat does not count": {
			asked, &client{result: 2001}, request(update, 2), true, summons.NotFollowed,
			10 * time.Second,
		},
		"nothing follows": {
			asked, &client{result: 2001}, nil, false, summons.NotFollowed, 10 * time.Second,
		},
		"nothing is answered": {
			asked, &client{}, nil, false, summons.Unanswered, 10 * time.Second,
		},
		"a late answer starts the wait for the CCR": {
			asked, &client{result: 2002, after: 9 * time.Second}, nil, false, summons.NotFollowed,
			19 * time.Second,
		},
		"another rating group does not count": {
			scoped, &client{result: 2002}, request(update, 2, 200), false, summons.NotFollowed,
			10 * time.Second,
		},
		"its own does": {
			scoped, &client{result: 2002}, request(update, 2, 200, 100), false, summons.Followed,
			time.Second,
		},
		"a refusal ends it": {
			asked, &client{result: 5012}, nil, false, summons.Refused, 0,
		},
		"an ASR is followed by a CCR-T": {
			aborted, &client{result: 2001}, request(termination, 2), false, summons.Followed,
			time.Second,
		},
		"a CCR-T follows an ASR though that was refused": {
			aborted, &client{result: 5012}, request(termination, 2), false, summons.Followed,
			time.Second,
		},
		"an ASR is refused": {
			aborted, &client{result: 5012}, nil, false, summons.Refused, 10 * time.Second,
		},
		"a CCR-U does not follow an ASR": {
			aborted, &client{result: 2001}, request(update, 2), false, summons.NotFollowed,
			10 * time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := register(one.client)
				defer g.Close()
				began := time.Now()
				report, err := g.Issue(t.Context(), one.summons, summons.ByRequest)
				if err != nil {
					t.Fatalf("Issue = %v, want it sent", err)
				}
				if one.request != nil {
					time.AfterFunc(time.Second, func() {
						g.Charged(one.request, &charging.Answer{Result: 2001, Repeat: one.repeat})
					})
				}
				end := g.AwaitEnd(t.Context(), report.ID)
				if end.State != one.want || !end.Deadline.IsZero() {
					t.Errorf("state = %s until %s, want %s for ever", end.State, end.Deadline, one.want)
				}
				if lasted := time.Since(began); lasted != one.lasts {
					t.Errorf("it lasted %s, want %s", lasted, one.lasts)
				}
				if (end.Follow != nil) != (one.want == summons.Followed) {
					t.Errorf("followed by %v, want that of state %s", end.Follow, one.want)
				}
			})
		})
	}
}

func TestACCRThatWasReceivedBeforeIsNoAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{result: 2001}
		c.number.Store(5)
		g := register(c)
		defer g.Close()
		report, _ := g.Issue(t.Context(), asked, summons.ByRequest)
		g.Charged(request(charging.Update, 5), &charging.Answer{Result: 2001})
		if end := g.AwaitEnd(t.Context(), report.ID); end.State != summons.NotFollowed {
			t.Errorf("state = %s, want %s", end.State, summons.NotFollowed)
		}
	})
}

func TestASessionThatItsClientDoesNotKnowIsEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{result: 5002, after: time.Second}
		g := register(c)
		defer g.Close()
		first, _ := g.Issue(t.Context(), asked, summons.ByRequest)
		end := g.AwaitAnswer(t.Context(), first.ID)
		if end.State != summons.Unknown || fmt.Sprint(c.ended) != "[s unknown]" {
			t.Errorf("state = %s, ended %v, want s ended as unknown", end.State, c.ended)
		}
		// It is another session by then, with the same Session-Id.
		second, _ := g.Issue(t.Context(), asked, summons.ByRequest)
		g.Charged(request(charging.Initial, 9), &charging.Answer{Result: 2001})
		if g.AwaitEnd(t.Context(), second.ID); len(c.ended) != 1 {
			t.Errorf("ended %v, want the new session left alone", c.ended)
		}
	})
}

func TestTooManySummonses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := register(&client{})
		const most = 4096
		for i := range most + 1 {
			_, err := g.Issue(t.Context(), asked, summons.ByRequest)
			var refused *charging.Error
			if busy := errors.As(err, &refused); busy != (i == most) {
				t.Fatalf("Issue %d = %v, want it refused from %d on", i, err, most)
			}
		}
		g.Close()
		if count := len(g.Reports(session, charging.Reauthorization)); count != most {
			t.Errorf("%d are reported, want %d", count, most)
		}
		for _, report := range g.Reports(session, charging.Reauthorization) {
			if report.State != summons.Unanswered {
				t.Fatalf("state = %s after Close, want %s", report.State, summons.Unanswered)
			}
		}
	})
}

// There is room for a third of them at a time. It goes by the wall clock: the race detector itself
// does not stand so many timers of one bubble.
func TestManySessionsAreAllSummoned(t *testing.T) {
	t.Parallel()
	c := &client{result: 2001}
	g := summons.New(summons.Options{Send: c.send, End: c.end, Wait: 10 * time.Millisecond})
	defer g.Close()
	const sessions = 3000
	found := make(chan struct{})
	g.Later("plan", summons.ByTariffChange, func(
		_ context.Context, issue func(charging.Summons),
	) error {
		defer close(found)
		for i := range sessions {
			issue(charging.Summons{Session: charging.SessionID{ID: fmt.Sprint(i)}})
		}
		return nil
	})
	<-found
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(time.Minute)
	for i := range sessions {
		id := charging.SessionID{ID: fmt.Sprint(i)}
		for {
			reports := g.Reports(id, charging.Reauthorization)
			if len(reports) == 1 && !reports[0].State.Passing() && !reports[0].Sent.IsZero() {
				break
			}
			if len(reports) != 1 || !reports[0].State.Passing() || time.Now().After(deadline) {
				t.Fatalf("session %d has the reports %v, want one that was sent and is over", i, reports)
			}
			<-tick.C
		}
	}
}

func TestASessionIsSummonedOnceThoughTwoJobsFindIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := register(&client{result: 2001})
		defer g.Close()
		job := func(_ context.Context, issue func(charging.Summons)) error {
			for range 2 {
				issue(charging.Summons{Session: session})
			}
			return nil
		}
		g.Later("plan", summons.ByTariffChange, job)
		g.Later("plan", summons.ByTariffChange, job)
		<-time.After(time.Minute)
		synctest.Wait()
		reports := g.Reports(session, charging.Reauthorization)
		if len(reports) != 1 || reports[0].State != summons.NotFollowed {
			t.Errorf("the reports are %v, want one that nothing followed", reports)
		}
	})
}

func TestAClientThatCannotBeReached(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := summons.New(summons.Options{})
		defer g.Close()
		_, err := g.Issue(t.Context(), asked, summons.ByRequest)
		var refused *charging.Error
		if !errors.As(err, &refused) || refused.Kind != charging.KindPeerNotFound {
			t.Errorf("Issue = %v, want %s", err, charging.KindPeerNotFound)
		}
		if count := len(g.Reports(session, charging.Reauthorization)); count != 0 {
			t.Errorf("%d are kept, want none", count)
		}
		g.Later("bob", summons.ByTopUp, func(_ context.Context, issue func(charging.Summons)) error {
			issue(asked)
			return nil
		})
		synctest.Wait()
		reports := g.Reports(session, charging.Reauthorization)
		if len(reports) != 1 || reports[0].State != summons.Unreachable {
			t.Errorf("reports = %v, want one that says %s", reports, summons.Unreachable)
		}
	})
}
