package ocssim

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// maxHeard bounds the questions of a server that nobody has asked for yet; more are answered at
// once.
const maxHeard = 1024

// hearing keeps what a server asks its clients while somebody listens; it is a
// conversation.Hearer. While nobody does, the client agrees to everything and does nothing more.
type hearing struct {
	mu     sync.Mutex
	on     bool
	queue  []*diameter.ServerRequest
	live   int           // connections by which something may come
	lost   error         // why the last one ended
	arrive chan struct{} // has one when something may be in the queue
}

func newHearing() hearing { return hearing{arrive: make(chan struct{}, 1)} }

// take is told of every question, by the client that reads it.
func (h *hearing) take(r *diameter.ServerRequest) {
	h.mu.Lock()
	kept := h.on && len(h.queue) < maxHeard
	if kept {
		h.queue = append(h.queue, r)
	}
	h.mu.Unlock()
	if !kept {
		_ = r.Reply(charging.Success) // what breaks here ends the connection
		return
	}
	h.poke()
}

// follow notes that something may come by a connection, as long as it lives.
func (h *hearing) follow(c *diameter.Client) {
	h.mu.Lock()
	h.live++
	h.mu.Unlock()
	go func() {
		<-c.Done()
		h.mu.Lock()
		h.live--
		h.lost = c.Err()
		h.mu.Unlock()
		h.poke()
	}()
}

func (h *hearing) poke() {
	select {
	case h.arrive <- struct{}{}:
	default:
	}
}

// Listen is part of conversation.Hearer. What nobody heard is answered when listening ends.
func (h *hearing) Listen(on bool) {
	h.mu.Lock()
	left := h.queue
	h.on, h.queue = on, nil
	h.mu.Unlock()
	for _, r := range left {
		_ = r.Reply(charging.Success)
	}
}

// Hear is part of conversation.Hearer.
func (h *hearing) Hear(ctx context.Context) (*conversation.Question, error) {
	for {
		r, err := h.next()
		if err != nil {
			return nil, err
		}
		if r != nil {
			return &conversation.Question{
				Summons: r.Summons, Attributes: r.Attributes(), Answer: r.Reply,
			}, nil
		}
		select {
		case <-h.arrive:
		case <-ctx.Done():
			return nil, fmt.Errorf("the server asks nothing: %w", ctx.Err())
		}
	}
}

// next takes the oldest question; nil: there is none now. It fails where none can come any more.
func (h *hearing) next() (*diameter.ServerRequest, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.queue) > 0 {
		first := h.queue[0]
		h.queue = h.queue[1:]
		return first, nil
	}
	if h.live == 0 && h.lost != nil {
		return nil, fmt.Errorf("no connection is left: %w", h.lost)
	}
	return nil, nil
}

// Summon implements conversation.Caller.
func (d *ControlDoor) Summon(ctx context.Context, s *charging.Summons) error {
	_, err := d.client.Summon(ctx, s, client.Patience{})
	return err
}

// Told implements conversation.Caller: what came of the last summons of a session, once nothing is
// awaited any more.
func (d *ControlDoor) Told(
	ctx context.Context, session charging.SessionID,
) (conversation.Outcome, error) {
	ticker := time.NewTicker(toldPoll)
	defer ticker.Stop()
	for {
		last, err := d.lastSummons(ctx, session)
		if err != nil {
			return conversation.Outcome{}, err
		}
		if last != nil && last.Deadline.IsZero() {
			return outcomeOf(last), nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return conversation.Outcome{}, fmt.Errorf(
				"wait for what came of a summons: %w", ctx.Err())
		}
	}
}

const toldPoll = 2 * time.Millisecond

// lastSummons is the latest of both kinds; nil: there was none.
func (d *ControlDoor) lastSummons(
	ctx context.Context, session charging.SessionID,
) (last *resource.Summons, err error) {
	for _, kind := range []charging.SummonsKind{charging.Reauthorization, charging.Abortion} {
		list, err := d.client.Summonses(ctx, session, kind)
		if err != nil {
			return nil, err
		}
		for i := range list.Items {
			if last == nil || list.Items[i].ID > last.ID {
				last = &list.Items[i]
			}
		}
	}
	return last, nil
}

func outcomeOf(s *resource.Summons) conversation.Outcome {
	o := conversation.Outcome{State: s.State, Result: charging.Result(s.Result)}
	if s.FollowedBy != nil {
		o.Number = charging.Known(int64(s.FollowedBy.Number))
	}
	return o
}
