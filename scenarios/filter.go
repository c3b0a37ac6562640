package scenarios

import (
	"slices"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// MostExchanges is how many exchanges one call returns at most.
const MostExchanges = 1000

// A Filter picks exchanges; what is zero picks all.
type Filter struct {
	Session    string          // Session-Id
	Subscriber string          // any identity, or the account's id
	Account    string          // the account's id
	Type       string          // initial, update, termination or event
	Result     charging.Result // at command level or of one service
	Door       string          // gy, rest, rf or observation
	Peer       string          // a glob on who asked
	OriginHost string          // a glob
	Message    string          // as in CCR, CER or RAR; observation
	Number     Range           // CC-Request-Number
	Rule       string          // a glob on the rule that acted: its scenario's name and a star
	Text       string          // a glob on the text of an observation
	Since      time.Time       // received then or later, by the wall clock
	Until      time.Time       // received before; zero: no end
	After      int64           // numbers above this one
	Before     int64           // numbers below this one
	Limit      int             // how many; 0: 100, at most MostExchanges
	Complete   bool            // those whose answer went out, or was dropped
	Trees      bool            // with the trees of request and answer
	Raw        bool            // with the bytes
}

// Exchanges returns the exchanges that a filter picks, oldest first, and the After of the next
// page; 0: there is no more.
func (j *Journal) Exchanges(f Filter) (page []Exchange, next int64) {
	limit := f.Limit
	if limit <= 0 {
		limit = 100
	}
	limit = min(limit, MostExchanges)
	page = []Exchange{}
	f.Subscriber = normal(f.Subscriber)
	chunk := make([]record, 0, pageSize)
	for from := f.After + 1; ; from = chunk[len(chunk)-1].number + 1 {
		if chunk = j.copied(from, chunk); len(chunk) == 0 {
			return page, 0
		}
		for i := range chunk {
			switch r := &chunk[i]; {
			case f.Before > 0 && r.number >= f.Before:
				return page, 0
			case !j.picks(&f, r):
			case len(page) == limit:
				return page, page[limit-1].Seq
			default:
				page = append(page, j.view(r, f.Trees, f.Raw))
			}
		}
	}
}

func (j *Journal) picks(f *Filter, r *record) bool {
	if f.Complete && !r.complete() || !f.picksDoor(r) {
		return false
	}
	if f.Message != "" && !strings.EqualFold(f.Message, j.message(r)) {
		return false
	}
	if !r.charged {
		return !f.wantsCharged() && (f.Session == "" || f.Session == j.session(r))
	}
	return f.picksRequest(&r.request, r.answer)
}

// picksDoor asks for what the door told.
func (f *Filter) picksDoor(r *record) bool {
	return (f.Door == "" || f.Door == r.door) &&
		(f.Peer == "" || matchesGlob(f.Peer, r.peer)) &&
		(f.Since.IsZero() || !r.at.Before(f.Since)) &&
		(f.Until.IsZero() || r.at.Before(f.Until)) &&
		(f.Text == "" || r.door == DoorObservation && matchesGlob(f.Text, string(r.asked)))
}

// wantsCharged reports whether the filter asks for what only charging knows.
func (f *Filter) wantsCharged() bool {
	return f.Subscriber != "" || f.Account != "" || f.Type != "" || f.Result != 0 ||
		f.OriginHost != "" || f.Rule != "" || !f.Number.IsZero()
}

func (f *Filter) picksRequest(r *charging.Request, a *charging.Answer) bool {
	return (f.Session == "" || f.Session == r.Key.Session.ID) &&
		(f.Type == "" || f.Type == r.Kind()) &&
		(f.Account == "" || f.Account == a.Account) &&
		(f.OriginHost == "" || matchesGlob(f.OriginHost, r.Origin.Host)) &&
		(f.Number.IsZero() || f.Number.Contains(int64(r.Key.Number))) &&
		(f.Rule == "" || matchesGlob(f.Rule, ruleOf(a))) &&
		(f.Subscriber == "" || f.picksSubscriber(r, a)) &&
		(f.Result == 0 || hasResult(a, f.Result))
}

// message names what was asked: CCR at every door that charges, as in RAR otherwise.
func (j *Journal) message(r *record) string {
	switch {
	case r.door == DoorObservation:
		return DoorObservation
	case r.charged:
		return messageOf(&r.request)
	case r.door == doorREST:
		return messageCCR
	case j.messageOf != nil:
		return j.messageOf(r.asked)
	}
	return ""
}

// doorREST is the door whose messages are JSON.
const doorREST = "rest"

// ruleOf is the rule that acted; empty: none did.
func ruleOf(a *charging.Answer) string {
	for i := range a.Why {
		if a.Why[i].Code == charging.BecauseScript {
			return a.Why[i].Rule
		}
	}
	return ""
}

func (f *Filter) picksSubscriber(r *charging.Request, a *charging.Answer) bool {
	return normal(a.Account) == f.Subscriber ||
		slices.ContainsFunc(r.Subscribers, func(i charging.Identity) bool {
			return normal(i.Data) == f.Subscriber
		})
}

func hasResult(a *charging.Answer, result charging.Result) bool {
	return a.Result == result ||
		slices.ContainsFunc(a.Services, func(s charging.ServiceAnswer) bool {
			return s.Result == result
		})
}
