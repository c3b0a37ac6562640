package ocssim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/api/resource"
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

// overGy is a Diameter client over TCP; accounts and the clock are reached directly.
func overGy(t *testing.T, s *ocssim.Server) conversation.Door {
	g := &gy{t: t, address: s.DiameterAddresses()[0], clients: map[string]*diameter.Client{}}
	d := direct{s}
	return conversation.Door{Name: "gy", Charger: g, Books: d, Turner: d, Wire: g}
}

// overREST does everything over HTTP.
func overREST(_ *testing.T, s *ocssim.Server) conversation.Door {
	r := rest{base: s.APIURL()}
	return conversation.Door{Name: "rest", Charger: r, Books: r, Turner: r}
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

// errNoSuchWord is returned for words of the wire that the client cannot send.
var errNoSuchWord = errors.New("the client cannot send that")

// A gy door is a Diameter client with one connection for each name, all of one Origin-Host.
type gy struct {
	t       *testing.T
	address string
	clients map[string]*diameter.Client
}

func (g *gy) client(
	ctx context.Context, name string, r *charging.Request,
) (*diameter.Client, error) {
	if c := g.clients[name]; c != nil {
		return c, nil
	}
	c, err := diameter.Dial(ctx, g.address, diameter.ClientOptions{
		OriginHost: r.Origin.Host, OriginRealm: r.Origin.Realm, DestinationRealm: "example.net",
	})
	if err != nil {
		return nil, err
	}
	g.clients[name] = c
	g.t.Cleanup(func() { _ = c.Close() })
	return c, nil
}

func (g *gy) Charge(ctx context.Context, r *charging.Request, reply func(*charging.Answer)) {
	c, err := g.client(ctx, "", r)
	if err != nil {
		reply(&charging.Answer{Key: r.Key, Type: r.Type, Message: err.Error()})
		return
	}
	c.Charge(ctx, r, reply)
}

func (g *gy) ChargeWire(
	ctx context.Context, connection string, r *charging.Request, words []conversation.Word,
	reply func(*charging.Answer, charging.Attributes),
) error {
	if len(words) > 0 {
		return fmt.Errorf("%s: %w", words[0].Name, errNoSuchWord)
	}
	c, err := g.client(ctx, connection, r)
	if err != nil {
		return err
	}
	c.Charge(ctx, r, func(a *charging.Answer) { reply(a, nil) })
	return nil
}

// A rest door speaks HTTP.
type rest struct{ base string }

// Charge waits for the answer, so that requests keep their order.
func (r rest) Charge(ctx context.Context, request *charging.Request, reply func(*charging.Answer)) {
	var said resource.Answer
	err := r.call(ctx, http.MethodPost, "/v1/charges", resource.WriteCharge(request), &said)
	var answer *charging.Answer
	if err == nil {
		answer, err = said.Read()
	}
	if err != nil {
		answer = &charging.Answer{Key: request.Key, Type: request.Type, Message: err.Error()}
	}
	reply(answer)
}

func (r rest) call(ctx context.Context, method, path string, body, into any) error {
	var sent io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("write %s %s: %w", method, path, err)
		}
		sent = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, r.base+path, sent)
	if err != nil {
		return fmt.Errorf("make %s %s: %w", method, path, err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("read the answer to %s %s: %w", method, path, err)
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, text)
	}
	return json.Unmarshal(text, into)
}

func (r rest) Account(ctx context.Context, id string) (conversation.Account, error) {
	var said resource.Account
	path := "/v1/accounts/" + url.PathEscape(id)
	if err := r.call(ctx, http.MethodGet, path, nil, &said); err != nil {
		return conversation.Account{}, err
	}
	seen := conversation.Account{ID: said.ID}
	for _, b := range said.Balances {
		balance := conversation.Balance{ID: b.ID}
		var reserved, available charging.Quantity
		err := errors.Join(
			balance.Amount.UnmarshalText([]byte(b.Amount)), reserved.UnmarshalText([]byte(b.Reserved)),
			available.UnmarshalText([]byte(b.Available)))
		if err != nil {
			return seen, fmt.Errorf("read balance %s: %w", b.ID, err)
		}
		balance.Reserved, balance.Available = reserved.Amount, available.Amount
		seen.Balances = append(seen.Balances, balance)
	}
	return seen, nil
}

func (r rest) Credit(ctx context.Context, id, balance string, q charging.Quantity) error {
	verb := "/credits"
	if q.Amount < 0 {
		verb, q.Amount = "/debits", -q.Amount
	}
	var said any
	body := resource.Transfer{Balance: balance, Amount: q, Reference: "at the counter"}
	return r.call(ctx, http.MethodPost, "/v1/accounts/"+url.PathEscape(id)+verb, body, &said)
}

func (r rest) Advance(ctx context.Context, by time.Duration) error {
	var said resource.Clock
	return r.call(ctx, http.MethodPost, "/v1/clock/advances", resource.Advance{By: by.String()}, &said)
}

func (r rest) Set(ctx context.Context, at time.Time) error {
	var said resource.Clock
	stopped := true
	change := resource.ClockChange{Now: &at, Stopped: &stopped}
	return r.call(ctx, http.MethodPut, "/v1/clock", change, &said)
}
