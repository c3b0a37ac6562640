package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
)

// door is what the journal calls this way in.
const door = "rest"

const (
	chargeBody = `{"session": "im.example.com;1;1", "number": 0, "type": "initial",
		"subscriber": "15550100", "participants": 3, "media": ["message"],
		"services": [{"rating_group": 100, "requested": {"time": "300s"}}]}`
	chargeExample = `{"session": "im.example.com;1;1", "number": 0, "type": "initial",
		"account": "alice",
		"entry": 7, "repeat": false, "result": 2001, "name": "DIAMETER_SUCCESS",
		"services": [{"rating_group": 100, "result": 2001, "granted": "300s",
		"valid_for": "3600s"}],
		"cost": "0.00 EUR",
		"why": ["granted rg=100 300s by conference n=3, 5 x 0.07 EUR = 0.35 EUR"],
		"before": {"balance": "10.00 EUR", "reserved": "0.00 EUR", "available": "10.00 EUR"},
		"after": {"balance": "10.00 EUR", "reserved": "0.35 EUR", "available": "9.65 EUR"}}`
)

// ChargeInput is the input of POST /v1/charges.
type ChargeInput struct {
	Written
	address string
}

// Resolve reads the body and where it comes from.
func (in *ChargeInput) Resolve(ctx huma.Context) []error {
	in.address = ctx.RemoteAddr()
	return in.Written.Resolve(ctx)
}

// ChargeOutput is an answer in exactly the bytes that the journal keeps.
type ChargeOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func (s *server) chargeRoutes() {
	register(s, route{
		method: "POST", path: "/v1/charges", id: "charge", tag: "Charging", summary: "Charge",
		description: "A charging request, answered as at Gy: the same function, ledger and " +
			"scenarios, and the journal records it. The result is in the body; HTTP is 200 " +
			"for refusals by charging, too. `requested` left out asks for nothing, `{}` lets " +
			"the server decide how much. The same session and number again get the first " +
			"answer, and nothing moves.",
		body: resource.Charge{}, bodyExample: chargeBody, example: chargeExample,
		problems: []charging.ErrorKind{charging.KindInvalidDocument, charging.KindLedgerStopped},
	}, s.charge)
	operation := s.api.OpenAPI().Paths["/v1/charges"].Post
	operation.Responses["200"].Content = map[string]*huma.MediaType{"application/json": {
		Schema:  s.schemaOf(resource.Answer{}),
		Example: example(chargeExample),
	}}
}

// charge is the REST door: journal, charge, journal.
func (s *server) charge(ctx context.Context, in *ChargeInput) (*ChargeOutput, error) {
	at := s.Clock.Now()
	data, err := in.body()
	if err != nil {
		return nil, err
	}
	request, err := s.decodeCharge(ctx, &in.Written)
	peer := in.address
	if request != nil && request.Origin.Host != "" {
		peer = request.Origin.Host
	}
	exchange := s.Recorder.Received(charging.Message{
		Door: door, Peer: peer, At: time.Now(), Raw: data,
	})
	sent := func(raw []byte) {
		s.Recorder.Sent(exchange, charging.Message{
			Door: door, Peer: peer, At: time.Now(), Raw: raw,
		})
	}
	if err != nil {
		sent(problemBytes(err))
		return nil, err
	}
	request.At, request.Exchange = at, exchange
	answered, err := s.ask(ctx, request)
	if err != nil {
		sent(problemBytes(err))
		return nil, err
	}
	if err := deliver(ctx, answered.Delivery); err != nil {
		return nil, err
	}
	body, err := json.Marshal(resource.WriteAnswer(answered))
	if err != nil {
		return nil, fmt.Errorf("write the answer: %w", err)
	}
	body = append(body, '\n')
	sent(body)
	return &ChargeOutput{ContentType: "application/json", Body: body}, nil
}

func (s *server) ask(ctx context.Context, request *charging.Request) (*charging.Answer, error) {
	if err := s.Ledger.Stopped(); err != nil {
		return nil, err
	}
	answered, err := charging.Ask(ctx, s.Charger, request)
	if err != nil {
		return nil, err
	}
	if answered == nil || answered.Result == 0 {
		return nil, &charging.Error{
			Kind:    charging.KindLedgerStopped,
			Message: "whether the charge was kept is not known: the disk failed",
			Hint: "start the server again and repeat the request with the same session " +
				"and number",
		}
	}
	answered = withoutWire(answered)
	s.Recorder.Answered(request, answered)
	return answered, nil
}

// withoutWire says in the answer's Why which wishes of a scenario this door has no means for.
func withoutWire(a *charging.Answer) *charging.Answer {
	var idle []string
	if len(a.Edits) > 0 {
		idle = append(idle, "there are no AVPs to amend over REST; edits are listed only")
	}
	if d := a.Delivery; d != nil && (d.Preset != "" || d.Copies > 0 || d.Behind || d.Slice > 0 ||
		d.Ending != charging.Stays || d.Deaf > 0 || d.Mute > 0 || d.Goodbye.Known) {
		idle = append(idle, "of faults only delay, hold and drop have a meaning over REST, and an "+
			"end before the answer")
	}
	if idle == nil {
		return a
	}
	told := *a
	told.Why = slices.Clip(told.Why)
	for _, detail := range idle {
		told.Why = append(told.Why, charging.Reason{Code: charging.BecauseIgnored, Detail: detail})
	}
	return &told
}

// decodeCharge reads a charge into a request. The request may be there beside an error.
func (s *server) decodeCharge(ctx context.Context, w *Written) (*charging.Request, error) {
	var request *charging.Request
	_, err := decode(w, func(c *resource.Charge) (faults []charging.Fault) {
		request, faults = c.Request()
		return faults
	})
	if err != nil {
		return request, err
	}
	for request.EndToEnd == 0 {
		request.EndToEnd = rand.Uint32()
	}
	return request, s.nameAccount(ctx, request)
}

// nameAccount lets a charge say an account's id where it has no identity at hand: a word that is
// no identity stands for the first subscriber of the account with that id.
func (s *server) nameAccount(ctx context.Context, r *charging.Request) error {
	if len(r.Subscribers) != 1 || r.Subscribers[0].Type != charging.Private {
		return nil
	}
	return s.Ledger.View(ctx, func(tx charging.Tx) error {
		account, found := tx.Account(r.Subscribers[0].Data)
		if found && len(account.Identities) > 0 {
			r.Subscribers = append(r.Subscribers[:1:1], account.Identities[0])
		}
		return nil
	})
}

// deliver does to the answer what a scenario wants done on its way out, as far as HTTP has it:
// delays, holds and drops.
func deliver(ctx context.Context, d *charging.Delivery) error {
	if d == nil {
		return nil
	}
	var late <-chan time.Time
	if d.Delay > 0 || d.Hold == nil {
		timer := time.NewTimer(d.Delay)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-d.Hold:
	case <-late:
	case <-end(ctx):
		return newProblem(codeNotReady, "the simulator stops before the answer may go out; "+
			"it was charged")
	case <-ctx.Done():
		return ctx.Err()
	}
	if d.Drop || d.Unheard || d.Early {
		panic(http.ErrAbortHandler) // the client sees its connection close without an answer
	}
	return nil
}

// problemBytes is what the client gets for an error, for the journal.
func problemBytes(err error) []byte {
	var body bytes.Buffer
	_ = json.NewEncoder(&body).Encode(problemOf(err)) // a problem is plain data
	return body.Bytes()
}
