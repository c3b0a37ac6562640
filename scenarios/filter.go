package scenarios

import (
	"slices"

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
	Door       string          // gy or rest
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
	if f.Complete && !r.complete() {
		return false
	}
	if f.Door != "" && f.Door != r.door {
		return false
	}
	if f.Session == "" && f.Subscriber == "" && f.Account == "" && f.Type == "" && f.Result == 0 {
		return true
	}
	if !r.charged {
		only := f.Subscriber == "" && f.Account == "" && f.Type == "" && f.Result == 0
		return only && f.Session == j.session(r)
	}
	return f.picksRequest(&r.request, r.answer)
}

func (f *Filter) picksRequest(r *charging.Request, a *charging.Answer) bool {
	return (f.Session == "" || f.Session == r.Key.Session.ID) &&
		(f.Type == "" || f.Type == r.Kind()) &&
		(f.Account == "" || f.Account == a.Account) &&
		(f.Subscriber == "" || f.picksSubscriber(r, a)) &&
		(f.Result == 0 || hasResult(a, f.Result))
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
