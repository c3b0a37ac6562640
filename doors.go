package ocssim

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// A GyDoor reaches any Gy server as an IM Server does, with one Diameter connection for each name
// that a conversation gives, all of one Origin-Host. It is a charging.Charger and a
// conversation.Wire.
type GyDoor struct {
	address string
	options diameter.ClientOptions
	mu      sync.Mutex
	clients map[string]*diameter.Client
	heard   hearing
	// witness is shown every request as it was sent, and again with its answer; nil: nobody is.
	witness func(r *charging.Request, sent, answered []byte)
}

// NewGyDoor returns a door to the server at an address, host:port. It connects when it is first
// used; options without Origin-Host take that of the first request.
func NewGyDoor(address string, options diameter.ClientOptions) *GyDoor {
	return &GyDoor{
		address: address, options: options, clients: map[string]*diameter.Client{},
		heard: newHearing(),
	}
}

// Door is the Gy door for conversations. Accounts and clock are not reached over Gy: without
// control the lines that need them are passed over.
func (g *GyDoor) Door(control *ControlDoor) conversation.Door {
	door := conversation.Door{Name: "gy", Charger: g, Wire: g, Hearer: &g.heard}
	if control != nil {
		door.Books, door.Turner, door.Caller = control, control, control
		door.Explain = control.Explain
	}
	return door
}

// Use makes the words of the wire, and what Failed-AVP shows, named by a dictionary from the next
// request on.
func (g *GyDoor) Use(dictionary *diameter.Dictionary) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.options.Dictionary = dictionary
}

func (g *GyDoor) dictionary() *diameter.Dictionary {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.options.Dictionary == nil {
		return diameter.SharedDictionary()
	}
	return g.options.Dictionary
}

// Close says goodbye on every connection.
func (g *GyDoor) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	var errs []error
	for _, c := range g.clients {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

func (g *GyDoor) client(
	ctx context.Context, name string, origin charging.Origin,
) (*diameter.Client, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c := g.clients[name]; c != nil && c.Err() == nil {
		return c, nil
	}
	options := g.options
	options.Summoned = g.heard.take
	if options.OriginHost == "" {
		options.OriginHost, options.OriginRealm = origin.Host, origin.Realm
	}
	c, err := diameter.Dial(ctx, g.address, options)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", g.address, err)
	}
	g.clients[name] = c
	g.heard.follow(c)
	return c, nil
}

// Charge sends the request on the first connection. Where no answer comes, reply gets one with
// Result zero and a Message that says why.
func (g *GyDoor) Charge(ctx context.Context, r *charging.Request, reply func(*charging.Answer)) {
	if g.witness != nil {
		told := func(a *charging.Answer, _ charging.Attributes) { reply(a) }
		if err := g.ChargeWire(ctx, "", r, nil, told); err != nil {
			reply(&charging.Answer{Key: r.Key, Type: r.Type, Message: err.Error()})
		}
		return
	}
	c, err := g.client(ctx, "", r.Origin)
	if err != nil {
		reply(&charging.Answer{Key: r.Key, Type: r.Type, Message: err.Error()})
		return
	}
	c.Charge(ctx, r, reply)
}

// ChargeWire sends the request with words that only a wire has.
func (g *GyDoor) ChargeWire(
	ctx context.Context, connection string, r *charging.Request, words []conversation.Word,
	reply func(*charging.Answer, charging.Attributes),
) error {
	c, err := g.client(ctx, connection, r.Origin)
	if err != nil {
		return err
	}
	frame, dictionary := c.Frame(r), g.dictionary()
	for _, word := range words {
		if frame, err = Reword(dictionary, frame, word); err != nil {
			return err
		}
	}
	g.see(r, frame, nil)
	c.Begin(ctx, frame, func(answer []byte, err error) {
		g.see(r, frame, answer)
		said, parseErr := dictionary.ParseAnswer(answer)
		if err = cmp.Or(err, parseErr); err != nil {
			said = &charging.Answer{Key: r.Key, Type: r.Type, Message: err.Error()}
		}
		reply(said, dictionary.Attributes(answer))
	})
	return nil
}

func (g *GyDoor) see(r *charging.Request, sent, answered []byte) {
	if g.witness != nil {
		g.witness(r, sent, answered)
	}
}

// Reword makes one change to a frame: what a word of the wire says.
func Reword(
	dictionary *diameter.Dictionary, frame []byte, word conversation.Word,
) ([]byte, error) {
	switch word.Name {
	case "avp":
		return dictionary.SetAVP(frame, word.Path, word.Value)
	case "add":
		return dictionary.AddAVP(frame, word.Path, word.Value)
	case "flags":
		return diameter.SetFlags(frame, word.Value)
	case "raw":
		octets, err := hex.DecodeString(word.Value)
		return diameter.AppendOctets(frame, octets), err
	}
	return nil, fmt.Errorf("no request has the word %q", word.Name)
}

// CheckReword says what is wrong with a word of the wire before there is a frame.
func CheckReword(dictionary *diameter.Dictionary, word conversation.Word) error {
	switch word.Name {
	case "avp":
		return dictionary.CheckEdit(charging.Edit{
			Op: diameter.EditSet, Path: word.Path, Value: word.Value,
		})
	case "flags":
		return dictionary.CheckEdit(charging.Edit{Op: diameter.EditFlags, Value: word.Value})
	}
	_, err := Reword(dictionary, make([]byte, 20), word)
	return err
}

// A ControlDoor reaches accounts and the clock of a simulator over REST, and charges there too.
type ControlDoor struct{ client *client.Client }

// NewControlDoor returns the door at the base address of a REST API.
func NewControlDoor(address, token string) *ControlDoor {
	return &ControlDoor{client.New(address, client.Options{Token: token})}
}

// Door is the REST door for conversations.
func (d *ControlDoor) Door() conversation.Door {
	return conversation.Door{Name: "rest", Charger: d.client, Books: d, Turner: d}
}

// Account implements conversation.Books.
func (d *ControlDoor) Account(ctx context.Context, id string) (conversation.Account, error) {
	said, err := d.client.Account(ctx, id)
	if err != nil {
		return conversation.Account{}, err
	}
	seen := conversation.Account{ID: said.ID}
	for i := range said.Balances {
		balance, err := readBalance(&said.Balances[i])
		if err != nil {
			return seen, fmt.Errorf("read balance %s of %s: %w", said.Balances[i].ID, id, err)
		}
		seen.Balances = append(seen.Balances, balance)
	}
	return seen, nil
}

func readBalance(b *resource.Balance) (conversation.Balance, error) {
	balance := conversation.Balance{ID: b.ID}
	var reserved, available charging.Quantity
	err := errors.Join(
		balance.Amount.UnmarshalText([]byte(b.Amount)),
		reserved.UnmarshalText([]byte(b.Reserved)), available.UnmarshalText([]byte(b.Available)))
	balance.Reserved, balance.Available = reserved.Amount, available.Amount
	return balance, err
}

// Credit implements conversation.Books.
func (d *ControlDoor) Credit(
	ctx context.Context, account, balance string, q charging.Quantity,
) error {
	transfer := resource.Transfer{Balance: balance, Amount: q, Reference: "conversation"}
	if q.Amount < 0 {
		transfer.Amount.Amount = -q.Amount
		_, err := d.client.Debit(ctx, account, transfer)
		return err
	}
	_, err := d.client.Credit(ctx, account, transfer)
	return err
}

// Advance implements conversation.Turner.
func (d *ControlDoor) Advance(ctx context.Context, by time.Duration) error {
	return d.client.Advance(ctx, by)
}

// Set implements conversation.Turner.
func (d *ControlDoor) Set(ctx context.Context, at time.Time) error {
	stopped := true
	_, err := d.client.SetClock(ctx, resource.ClockChange{Now: &at, Stopped: &stopped})
	return err
}

// ApplySeed puts the plans, accounts and scenarios of a document into the server.
func (d *ControlDoor) ApplySeed(ctx context.Context, document []byte) error {
	_, err := d.client.ApplySeed(ctx, document)
	return err
}

// Reset takes the server back to its start-up seed, so that nothing of what was played is left.
func (d *ControlDoor) Reset(ctx context.Context) error { return d.client.Reset(ctx) }

// KeepSettings returns a function that brings the settings of now back, after a seed with others.
func (d *ControlDoor) KeepSettings(ctx context.Context) (restore func() error, err error) {
	settings, err := d.client.Settings(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	return func() error {
		if err := d.client.PutSettings(ctx, settings); err != nil {
			return fmt.Errorf("bring the settings back: %w", err)
		}
		return nil
	}, nil
}

// Explain finds the reasons behind an answer in the server's journal, as sentences; none where the
// journal does not hold it any more.
func (d *ControlDoor) Explain(ctx context.Context, key charging.Key) []charging.Reason {
	filter := client.ExchangeFilter{ExchangeFilter: resource.ExchangeFilter{
		Session: key.Session.ID, Number: resource.Scalar(strconv.FormatUint(uint64(key.Number), 10)),
	}, Last: 1}
	list, err := d.client.Exchanges(ctx, filter)
	if err != nil {
		return nil
	}
	for i := len(list.Items) - 1; i >= 0; i-- {
		said := &list.Items[i]
		if said.Number == nil || *said.Number != key.Number {
			continue
		}
		reasons := make([]charging.Reason, 0, len(said.Why))
		for _, sentence := range said.Why {
			reasons = append(reasons, charging.Reason{Code: sentence})
		}
		return reasons
	}
	return nil
}
