package scenarios

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// MostExchanges is how many exchanges one call returns at most.
const MostExchanges = 1000

// A Filter picks exchanges; what is zero picks all.
type Filter struct {
	Session     string          // Session-Id, or a glob where it has a star
	Subscriber  string          // any identity, or the account's id
	Account     string          // the account's id
	Conference  string          // a glob on the conference of the session
	Type        string          // initial, update, termination or event
	Result      Results         // at command level or of one service
	Door        string          // gy, rest, rf or observation
	Peer        string          // a glob on who asked
	OriginHost  string          // a glob
	Context     string          // a glob on the Service-Context-Id
	Message     string          // as in CCR, CER or RAR; observation
	Number      Range           // CC-Request-Number
	RatingGroup charging.Number // of one service, asked or answered
	Service     charging.Number // Service-Identifier
	Rule        string          // a glob on the rule that acted: its scenario's name and a star
	Scenario    string          // a glob on the name of the scenario that acted
	Repeat      *bool           // answered before, or not; nil: both
	Sent        *bool           // an answer went out, or none did; nil: both
	Finding     string          // a glob on the rule of a finding in it
	Text        string          // a glob on the text of an observation
	AVP         map[string]Names
	AnswerAVP   map[string]Names // globs on AVPs by path, as verifications have them
	Since       time.Time        // received then or later, by the wall clock
	Until       time.Time        // received before; zero: no end
	After       int64            // numbers above this one
	Before      int64            // numbers below this one
	Limit       int              // how many; 0: 100, at most MostExchanges
	Last        int              // the last ones only; 0: from the first on
	Complete    bool             // those whose answer went out, or was dropped
	Trees       bool             // with the trees of request and answer
	Raw         bool             // with the bytes
	Found       bool             // with the findings

	// Tagged reports whether an account or a scenario has the tags that are wanted; nil: any do.
	Tagged func(account, scenario string) bool
}

// Exchanges returns the exchanges that a filter picks, oldest first, and the After of the next
// page; 0: there is no more.
func (j *Journal) Exchanges(f Filter) (page []Exchange, next int64) {
	limit := pageLimit(f.Limit)
	page = []Exchange{}
	p := j.picker(f)
	var found map[int64][]Finding
	if f.Found {
		found = j.findingsByExchange()
	}
	p.After = max(p.After, j.beforeLast(p))
	p.each(func(r *record) bool {
		if len(page) == limit {
			next = page[limit-1].Seq
			return false
		}
		x := j.view(r, f.Trees, f.Raw)
		x.Found = found[x.Seq]
		page = append(page, x)
		return true
	})
	return page, next
}

// beforeLast is the number behind which the last ones that are picked begin.
func (j *Journal) beforeLast(p *picker) int64 {
	if p.Last <= 0 {
		return 0
	}
	numbers := p.numbers()
	if len(numbers) <= p.Last {
		return 0
	}
	return numbers[len(numbers)-p.Last] - 1
}

// pageLimit is how many things one call returns, where a client wants so many; 0: it did not say.
func pageLimit(wanted int) int {
	if wanted <= 0 {
		return 100
	}
	return min(wanted, MostExchanges)
}

// numbers are those of all that is picked, oldest first.
func (p *picker) numbers() (numbers []int64) {
	p.each(func(r *record) bool {
		numbers = append(numbers, r.number)
		return true
	})
	return numbers
}

// each visits what is picked, oldest first, until visit returns false.
func (p *picker) each(visit func(*record) bool) {
	p.journal.each(p.After+1, func(r *record) bool {
		if p.Before > 0 && r.number >= p.Before {
			return false
		}
		return !p.picks(r) || visit(r)
	})
}

// A picker is a Filter at work: it knows besides what no record tells by itself.
type picker struct {
	Filter
	journal *Journal
	// found are the exchanges in which the wanted finding was found; nil: none is wanted.
	found map[int64]bool
	// members are the sessions of those whom the filter is about; nil: it is about nobody.
	members map[string]bool
}

// picker prepares a filter. A RAR, an ASR, and what was observed name no subscriber: they are that
// of their session, which its other exchanges tell.
func (j *Journal) picker(f Filter) *picker {
	f.Subscriber = normal(f.Subscriber)
	p := &picker{Filter: f, journal: j}
	if f.Finding != "" {
		p.found = j.foundIn(f.Finding)
	}
	if f.Subscriber != "" || f.Account != "" || f.Conference != "" {
		p.members = make(map[string]bool)
		j.each(0, func(r *record) bool {
			p.meet(r)
			return true
		})
	}
	return p
}

// meet learns whose session a record is of.
func (p *picker) meet(r *record) {
	if p.members == nil || !r.charged {
		return
	}
	// A conference is told once in a session, at its beginning as a rule.
	if id := r.request.Key.Session.ID; id != "" && p.picksPerson(r.request, r.answer) &&
		p.picksConference(r.request) {
		p.members[id] = true
	}
}

// findingsByExchange are all findings by the number of their exchange.
func (j *Journal) findingsByExchange() map[int64][]Finding {
	j.mu.Lock()
	defer j.mu.Unlock()
	found := make(map[int64][]Finding)
	for i := range j.findings.len() {
		one := j.findings.at(i)
		found[one.Exchange] = append(found[one.Exchange], finding(one))
	}
	return found
}

// foundIn are the exchanges in which a rule of this name was broken.
func (j *Journal) foundIn(glob string) map[int64]bool {
	numbers := make(map[int64]bool)
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, one := range j.findings.list() {
		if matchesGlob(glob, one.Rule) {
			numbers[one.Exchange] = true
		}
	}
	return numbers
}

func (p *picker) picks(r *record) bool {
	switch {
	case p.Complete && !r.over,
		!p.picksDoor(r),
		p.found != nil && !p.found[r.number],
		p.Message != "" && !strings.EqualFold(p.Message, p.journal.message(r)),
		!p.picksAVPs(r):
		return false
	case r.charged:
		return p.picksCharged(r)
	}
	return !p.wantsCharged() && p.picksUncharged(r)
}

// picksDoor asks for what the door told.
func (p *picker) picksDoor(r *record) bool {
	return (p.Door == "" || p.Door == r.door) &&
		(p.Peer == "" || matchesGlob(p.Peer, r.peer)) &&
		(p.Since.IsZero() || !r.at.Before(p.Since)) &&
		(p.Until.IsZero() || r.at.Before(p.Until)) &&
		(p.Sent == nil || *p.Sent == r.isSent() && r.door != DoorObservation) &&
		(p.Text == "" || r.door == DoorObservation && matchesGlob(p.Text, string(r.asked)))
}

// wantsCharged reports whether the filter asks for what only charging knows.
func (p *picker) wantsCharged() bool {
	return p.Type != "" || p.Context != "" || p.Rule != "" || p.Scenario != "" ||
		p.Repeat != nil || p.Tagged != nil || !p.Number.IsZero() ||
		p.RatingGroup.Known || p.Service.Known
}

// picksUncharged asks for what messages tell that charging never saw.
func (p *picker) picksUncharged(r *record) bool {
	j := p.journal
	if p.Session != "" || p.members != nil {
		session := j.session(r)
		if p.Session != "" && !isSession(p.Session, session) ||
			p.members != nil && !p.members[session] {
			return false
		}
	}
	if p.OriginHost != "" && !fitsAVP(Names{p.OriginHost}, j.attributes(r, r.asked, "Origin-Host")) {
		return false
	}
	return p.Result.IsZero() || r.isSent() && Range(p.Result).Contains(int64(j.resultSent(r)))
}

func (p *picker) picksCharged(r *record) bool {
	request, a := r.request, r.answer
	return (p.Session == "" || isSession(p.Session, request.Key.Session.ID)) &&
		(p.Type == "" || p.Type == request.Kind()) &&
		(p.OriginHost == "" || matchesGlob(p.OriginHost, request.Origin.Host)) &&
		(p.Context == "" || matchesGlob(p.Context, request.Context)) &&
		(p.Number.IsZero() || p.Number.Contains(int64(request.Key.Number))) &&
		(p.Rule == "" || matchesGlob(p.Rule, ruleOf(a))) &&
		(p.Scenario == "" || matchesGlob(p.Scenario, scenarioOf(a))) &&
		(p.Repeat == nil || *p.Repeat == a.Repeat) &&
		p.picksPerson(request, a) &&
		(p.picksConference(request) || p.members[request.Key.Session.ID]) &&
		(!p.RatingGroup.Known && !p.Service.Known || p.picksService(request, a)) &&
		(p.Result.IsZero() || hasResult(a, Range(p.Result))) &&
		(p.Tagged == nil || p.Tagged(a.Account, scenarioOf(a)))
}

// picksPerson asks who pays, or is to.
func (p *picker) picksPerson(r *charging.Request, a *charging.Answer) bool {
	return (p.Account == "" || p.Account == a.Account) &&
		(p.Subscriber == "" || p.picksSubscriber(r, a))
}

func (p *picker) picksConference(r *charging.Request) bool {
	return p.Conference == "" || r.Information.Conference != "" &&
		matchesGlob(p.Conference, r.Information.Conference)
}

func (p *picker) picksSubscriber(r *charging.Request, a *charging.Answer) bool {
	return normal(a.Account) == p.Subscriber ||
		slices.ContainsFunc(r.Subscribers, func(i charging.Identity) bool {
			return normal(i.Data) == p.Subscriber
		})
}

// picksService asks for a service that the request or its answer has.
func (p *picker) picksService(r *charging.Request, a *charging.Answer) bool {
	fits := func(key charging.ServiceKey) bool {
		return (!p.RatingGroup.Known || key.Group == p.RatingGroup) &&
			(!p.Service.Known || slices.Contains(key.IDs, uint32(p.Service.Value)))
	}
	return slices.ContainsFunc(r.Services, func(s charging.Service) bool { return fits(s.Key) }) ||
		slices.ContainsFunc(a.Services, func(s charging.ServiceAnswer) bool { return fits(s.Key) })
}

func (p *picker) picksAVPs(r *record) bool {
	fit := func(wanted map[string]Names, raw []byte) bool {
		for path, names := range wanted {
			if !fitsAVP(names, p.journal.attributes(r, raw, path)) {
				return false
			}
		}
		return true
	}
	if len(p.AVP) == 0 && len(p.AnswerAVP) == 0 {
		return true
	}
	return isDiameter(r) && fit(p.AVP, r.asked) &&
		(len(p.AnswerAVP) == 0 || r.isSent() && fit(p.AnswerAVP, r.sent))
}

// isDiameter reports whether the messages of a record are Diameter's.
func isDiameter(r *record) bool { return r.door != doorREST && r.door != DoorObservation }

// attributes are the values at a path of a Diameter message.
func (j *Journal) attributes(r *record, raw []byte, path string) []string {
	if j.reader.Attributes == nil || !isDiameter(r) || len(raw) == 0 {
		return nil
	}
	return j.reader.Attributes(raw).Lookup(path)
}

// isSession reports whether a Session-Id is the one that is meant. Only a star makes a glob of it,
// as a Session-Id may well hold what else has a meaning in globs.
func isSession(want, session string) bool {
	return want == session || strings.Contains(want, "*") && matchesGlob(want, session)
}

// message names what was asked: CCR at every door that charges, as in RAR otherwise.
func (j *Journal) message(r *record) string {
	switch {
	case r.door == DoorObservation:
		return DoorObservation
	case r.charged:
		return messageOf(r.request)
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

// scenarioOf is the name of the scenario that acted; see ruleName.
func scenarioOf(a *charging.Answer) string {
	rule := ruleOf(a)
	if cut := strings.LastIndex(rule, " rules["); cut >= 0 {
		return rule[:cut]
	}
	return rule
}

func hasResult(a *charging.Answer, want Range) bool {
	return want.Contains(int64(a.Result)) ||
		slices.ContainsFunc(a.Services, func(s charging.ServiceAnswer) bool {
			return want.Contains(int64(s.Result))
		})
}

// Check finds what is wrong with a filter: AVPs that no dictionary has.
func (j *Journal) Check(f *Filter) (faults []charging.Fault) {
	for key, wanted := range map[string]map[string]Names{"avp": f.AVP, "answer_avp": f.AnswerAVP} {
		for _, path := range slices.Sorted(maps.Keys(wanted)) {
			if err := j.Knows(path); err != nil {
				faults = append(faults, charging.Fault{Path: key, Message: err.Error()})
			}
		}
	}
	return faults
}
