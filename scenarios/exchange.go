package scenarios

import (
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// An Exchange is one question and its answer, rendered for people and JSON. What charging never
// saw, like a CER or a refused frame, has only the door's part.
type Exchange struct {
	Seq        int64              `json:"seq"`
	At         time.Time          `json:"at"` // wall clock
	Door       string             `json:"door"`
	Peer       string             `json:"peer,omitempty"`
	Ours       bool               `json:"ours,omitempty"` // the server asked, and the peer answers
	Session    string             `json:"session,omitempty"`
	Text       string             `json:"text,omitempty"` // of an observation
	Number     *uint32            `json:"number,omitempty"`
	Type       string             `json:"type,omitempty"`
	Message    string             `json:"message,omitempty"`    // as in CCR, CER or RAR; observation
	Subscriber string             `json:"subscriber,omitempty"` // the first identity
	Account    string             `json:"account,omitempty"`
	Result     charging.Result    `json:"result,omitempty"` // at command level
	Repeat     bool               `json:"repeat,omitempty"`
	Entry      int64              `json:"entry,omitempty"` // of the ledger
	Rule       string             `json:"rule,omitempty"`  // of the scenario that acted
	Services   []ExchangeService  `json:"services,omitempty"`
	Why        []string           `json:"why,omitempty"`
	Cost       *charging.Quantity `json:"cost,omitempty"`
	Before     *Funds             `json:"before,omitempty"`
	After      *Funds             `json:"after,omitempty"`
	Dropped    bool               `json:"dropped,omitempty"` // a rule kept the answer back
	Findings   int                `json:"findings,omitempty"`
	Found      []Finding          `json:"found,omitempty"`      // where they are asked for
	SentAt     *time.Time         `json:"sent_at,omitempty"`    // nil: nothing was sent
	Behind     int64              `json:"behind,omitempty"`     // the number given last by then
	ChargedAt  *time.Time         `json:"charged_at,omitempty"` // charging clock; nil: not charged
	Request    any                `json:"request,omitempty"`    // tree
	Answer     any                `json:"answer,omitempty"`     // tree, of what was really sent
	RequestRaw string             `json:"request_raw,omitempty"`
	AnswerRaw  string             `json:"answer_raw,omitempty"`
}

// An ExchangeService sums up what was asked and answered for one service.
type ExchangeService struct {
	RatingGroup *int64              `json:"rating_group,omitempty"`
	Service     []uint32            `json:"service,omitempty"`
	Asked       bool                `json:"asked,omitempty"` // Requested-Service-Unit was there
	Requested   []charging.Quantity `json:"requested,omitempty"`
	Used        []charging.Quantity `json:"used,omitempty"`
	Result      charging.Result     `json:"result,omitempty"`
	Granted     []charging.Quantity `json:"granted,omitempty"`
	ValidFor    string              `json:"valid_for,omitempty"`
	Final       *Final              `json:"final,omitempty"`
}

// Funds are an account's money at one moment.
type Funds struct {
	Balance   charging.Quantity `json:"balance"`
	Reserved  charging.Quantity `json:"reserved"`
	Available charging.Quantity `json:"available"` // balance + credit limit - reserved
}

// String writes the funds as conversations do: 10.00 EUR reserved 0.35 EUR available 9.65 EUR.
func (f Funds) String() string {
	return f.Balance.String() + " reserved " + f.Reserved.String() +
		" available " + f.Available.String()
}

// view renders a record.
func (j *Journal) view(r *record, trees, raw bool) Exchange {
	x := Exchange{
		Seq: r.number, At: r.at, Door: r.door, Peer: r.peer, Findings: int(r.findings),
		Message: j.message(r), Ours: r.ours, Behind: r.behind,
	}
	if r.isSent() {
		at := r.sentAt // records are copies in a buffer that is used again
		x.SentAt = &at
	}
	if r.charged {
		x.tellRequest(&r.request)
		x.tellAnswer(r.answer)
		x.Services = services(&r.request, r.answer)
	}
	for i := range r.notes {
		x.Why = append(x.Why, r.notes[i].String())
	}
	if !r.charged {
		x.Session, x.Result = j.session(r), j.resultSent(r)
	}
	if r.door == DoorObservation {
		x.Text = string(r.asked)
		return x
	}
	if trees {
		x.Request, x.Answer = j.tree(r.asked), j.tree(r.sent)
	}
	if raw {
		x.RequestRaw, x.AnswerRaw = hex.EncodeToString(r.asked), hex.EncodeToString(r.sent)
	}
	return x
}

// isSent reports whether an answer went out.
func (r *record) isSent() bool { return !r.sentAt.IsZero() || r.sent != nil }

// session is that of a message which charging never saw, like a RAR or a refused CCR.
func (j *Journal) session(r *record) string {
	if r.door == DoorObservation {
		return r.request.Key.Session.ID
	}
	if j.sessionOf == nil || r.door == doorREST {
		return ""
	}
	return j.sessionOf(r.asked)
}

func (x *Exchange) tellRequest(r *charging.Request) {
	number := r.Key.Number
	x.Session, x.Number, x.Type = r.Key.Session.ID, &number, r.Kind()
	if at := r.At; !at.IsZero() {
		x.ChargedAt = &at
	}
	if len(r.Subscribers) > 0 {
		x.Subscriber = r.Subscribers[0].Data
	}
}

func (x *Exchange) tellAnswer(a *charging.Answer) {
	x.Account, x.Result, x.Repeat, x.Entry = a.Account, a.Result, a.Repeat, a.Entry
	x.Dropped = a.Delivery != nil && a.Delivery.Drop
	for i := range a.Why {
		x.Why = append(x.Why, a.Why[i].String())
	}
	x.Rule = ruleOf(a)
	if a.Cost.Unit != "" {
		cost := a.Cost
		x.Cost = &cost
	}
	x.Before, x.After = funds(a.Before), funds(a.After)
}

func funds(f charging.Funds) *Funds {
	if f.Money.Unit == "" {
		return nil
	}
	return &Funds{
		Balance:   f.Money,
		Reserved:  charging.Quantity{Amount: f.Reserved, Unit: f.Money.Unit},
		Available: charging.Quantity{Amount: f.Usable, Unit: f.Money.Unit},
	}
}

// services pairs what was asked with what was answered: by place where the keys agree there, as
// answers stand in the request's order, else by key.
func services(r *charging.Request, a *charging.Answer) []ExchangeService {
	told := make([]ExchangeService, 0, max(len(r.Services), len(a.Services)))
	paired := make([]bool, len(a.Services))
	for i := range r.Services {
		x := asked(&r.Services[i])
		if at := pair(r.Services[i].Key, a.Services, paired, i); at >= 0 {
			paired[at] = true
			x.answered(&a.Services[at])
		}
		told = append(told, x)
	}
	for i := range a.Services {
		if !paired[i] {
			x := ExchangeService{}
			x.key(a.Services[i].Key)
			x.answered(&a.Services[i])
			told = append(told, x)
		}
	}
	return told
}

// pair finds the place of a key among answers that have no partner; -1: there is none.
func pair(key charging.ServiceKey, answers []charging.ServiceAnswer, paired []bool, hint int) int {
	if hint < len(answers) && !paired[hint] && sameKey(key, answers[hint].Key) {
		return hint
	}
	for i := range answers {
		if !paired[i] && sameKey(key, answers[i].Key) {
			return i
		}
	}
	return -1
}

func sameKey(a, b charging.ServiceKey) bool {
	if a.Group != b.Group || len(a.IDs) != len(b.IDs) {
		return false
	}
	for i := range a.IDs {
		if a.IDs[i] != b.IDs[i] {
			return false
		}
	}
	return true
}

func (x *ExchangeService) key(key charging.ServiceKey) {
	x.Service = key.IDs
	if key.Group.Known {
		group := key.Group.Value
		x.RatingGroup = &group
	}
}

func asked(s *charging.Service) (x ExchangeService) {
	x.key(s.Key)
	x.Asked, x.Requested = s.Asked || len(s.Requested) > 0, s.Requested
	for i := range s.Used {
		x.Used = append(x.Used, s.Used[i].Units...)
	}
	return x
}

func (x *ExchangeService) answered(s *charging.ServiceAnswer) {
	x.Result, x.Granted, x.Final = s.Result, s.Granted, (*Final)(s.Final)
	if s.ValidFor > 0 {
		x.ValidFor = charging.Time.Of(int64(s.ValidFor / time.Second)).String()
	}
}

// tree renders bytes: JSON as it is, a Diameter message by the door's own renderer. RFC 6733
// section 3: a message begins with its version, 1.
func (j *Journal) tree(raw []byte) any {
	switch {
	case len(raw) == 0:
		return nil
	case json.Valid(raw):
		return json.RawMessage(raw)
	case j.render != nil:
		return j.render(raw)
	}
	return nil
}
