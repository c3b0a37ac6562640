package ocssim_test

import (
	"context"
	"testing"
	"time"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// An opener makes one of a server's doors.
type opener func(*testing.T, *ocssim.Server) conversation.Door

// inProcess is the charging function itself, with ledger and clock.
func inProcess(_ *testing.T, s *ocssim.Server) conversation.Door {
	d := direct{s}
	return conversation.Door{Name: "in process", Charger: d, Books: d, Turner: d}
}

// overGy is a Diameter client over TCP. Accounts and the clock are reached over REST, since what is
// done there may have the server ask its clients. Whatever the server says at Gy is judged by the
// grammar of the standards.
func overGy(t *testing.T, s *ocssim.Server) conversation.Door {
	t.Helper()
	p := startTap(t, s.DiameterAddresses()[0])
	return overTap(t, s, p)
}

// overTap is a door for conversations through a tap, which judges what it has seen at the end.
func overTap(t *testing.T, s *ocssim.Server, p *tap) conversation.Door {
	t.Helper()
	g := ocssim.NewGyDoor(p.address(), diameter.ClientOptions{
		DestinationRealm: "example.net", Dictionary: s.Dictionary(),
	})
	t.Cleanup(func() {
		_ = g.Close()
		if err := p.ended(); err != nil {
			t.Error(err)
		}
		p.judgeAll(t)
		p.reviewServer(t)
	})
	door, control := g.Door(nil), ocssim.NewControlDoor(s.APIURL(), "")
	door.Books, door.Turner, door.Caller = control, control, control
	return door
}

// overREST does everything over HTTP.
func overREST(_ *testing.T, s *ocssim.Server) conversation.Door {
	return ocssim.NewControlDoor(s.APIURL(), "").Door()
}

// A direct door calls the server's own parts.
type direct struct{ server *ocssim.Server }

func (d direct) Charge(ctx context.Context, r *charging.Request, reply func(*charging.Answer)) {
	r.At = d.server.Clock().Now()
	d.server.Charger().Charge(ctx, r, reply)
}

func (d direct) Account(ctx context.Context, id string) (conversation.Account, error) {
	account, err := d.server.Ledger().Account(ctx, id)
	if err != nil {
		return conversation.Account{}, err
	}
	seen := conversation.Account{ID: account.ID}
	for _, b := range account.Balances {
		seen.Balances = append(seen.Balances, conversation.Balance{
			ID: b.ID, Amount: b.Amount, Reserved: b.Reserved, Available: b.Available,
		})
	}
	return seen, nil
}

func (d direct) Credit(ctx context.Context, id, balance string, q charging.Quantity) error {
	transfer, at := accounts.Transfer{Balance: balance, Amount: q}, d.server.Clock().Now()
	var err error
	if q.Amount < 0 {
		transfer.Amount.Amount = -q.Amount
		_, err = d.server.Ledger().Debit(ctx, at, id, transfer)
	} else {
		_, err = d.server.Ledger().Credit(ctx, at, id, transfer)
	}
	return err
}

func (d direct) Advance(ctx context.Context, by time.Duration) error {
	at, err := d.server.Clock().Advance(by)
	if err != nil {
		return err
	}
	return d.server.Ledger().Tick(ctx, at)
}

func (d direct) Set(ctx context.Context, at time.Time) error {
	if err := d.server.Clock().Set(at, true); err != nil {
		return err
	}
	return d.server.Ledger().Tick(ctx, at)
}
