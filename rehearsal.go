package ocssim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/api/recording"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// Rehearse plays a conversation over Gy against a simulator of its own, which begins with the
// conversation's seed and is gone at the end. It is how recording.Import proves what it made.
func Rehearse(
	ctx context.Context, c *conversation.Conversation, o conversation.Options,
) (played *recording.Performance, err error) {
	server, err := Start(ctx, Options{
		Seeds: []document.File{{Name: c.Name, Data: c.Seed}}, NoFindings: true, Watchdog: -1,
	})
	if err != nil {
		return nil, fmt.Errorf("start a simulator with the seed: %w", err)
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	gy := NewGyDoor(server.DiameterAddresses()[0], diameter.ClientOptions{
		DestinationRealm: "example.net", Dictionary: server.Dictionary(), Timeout: o.Timeout,
	})
	defer func() { err = errors.Join(err, gy.Close()) }()
	w := witness{messages: map[*charging.Request]recording.Messages{}}
	gy.witness = w.note
	control := NewControlDoor(server.APIURL(), "")
	door := gy.Door(control)
	door.Explain = nil
	report, err := c.Play(ctx, door, o)
	return &recording.Performance{Report: report, Messages: w.byLine(report)}, err
}

// A witness keeps the messages of requests.
type witness struct {
	mu       sync.Mutex
	messages map[*charging.Request]recording.Messages
}

func (w *witness) note(r *charging.Request, sent, answered []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.messages[r] = recording.Messages{Sent: slices.Clone(sent), Answered: slices.Clone(answered)}
}

func (w *witness) byLine(report *conversation.Report) map[int]recording.Messages {
	w.mu.Lock()
	defer w.mu.Unlock()
	lines := map[int]recording.Messages{}
	for _, event := range report.Events {
		if event.Step.Send != nil {
			lines[event.Step.Line] = w.messages[event.Request]
		}
	}
	return lines
}
