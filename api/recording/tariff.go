package recording

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A service is what the capture tells of one service: what was asked, and what was granted for it.
type service struct {
	key        charging.ServiceKey
	event      bool
	units      tally[charging.Unit]
	grants     tally[charging.Quantity] // that no request named
	most       tally[charging.Quantity] // that were less than a request named
	validity   tally[time.Duration]
	threshold  tally[charging.Quantity]
	holding    tally[int64]
	granted    int
	refused    int // answered 5031
	succeeded  int
	uncharged  int // answered 4011
	cost       bool
	samples    []sample
	currencies tally[charging.Unit]
}

// A sample is what a session had used in all, when it had cost so much.
type sample struct {
	used []int64 // each report
	cost int64
}

// A tally counts values.
type tally[T comparable] struct {
	counts map[T]int
	order  []T
}

func (t *tally[T]) add(value T) {
	if t.counts == nil {
		t.counts = map[T]int{}
	}
	if t.counts[value] == 0 {
		t.order = append(t.order, value)
	}
	t.counts[value]++
}

// usual is the value that was seen most, the first of equals.
func (t *tally[T]) usual() (value T, seen int) {
	for _, candidate := range t.order {
		if t.counts[candidate] > seen {
			value, seen = candidate, t.counts[candidate]
		}
	}
	return value, seen
}

// A tariff is what the capture tells of what a subscriber's services cost and get.
type tariff struct {
	services []*service
}

func (t *tariff) of(key charging.ServiceKey, event bool) *service {
	for _, s := range t.services {
		if s.event == event && s.key.Same(key) {
			return s
		}
	}
	s := &service{key: key, event: event}
	t.services = append(t.services, s)
	return s
}

// tariffOf gathers what the takes of a subscriber tell.
func tariffOf(takes []*take) *tariff {
	t := &tariff{}
	spent := map[string]map[*service][]int64{}
	for _, one := range takes {
		if one.answer == nil || one.parsed == nil || one.repeat && one.owner() == one {
			continue
		}
		t.gather(one, spent)
	}
	return t
}

func (t *tariff) gather(one *take, spent map[string]map[*service][]int64) {
	event := one.request.Type == charging.Event
	if one.request.Type == charging.Initial || event || spent[one.session] == nil {
		spent[one.session] = map[*service][]int64{}
	}
	var told *service
	for i := range one.parsed.Services {
		asked := &one.parsed.Services[i]
		s := t.of(asked.Key, event)
		told = s
		s.ask(asked)
		for _, usage := range asked.Used {
			for _, q := range usage.Units {
				if unit, _ := s.units.usual(); q.Unit == unit {
					spent[one.session][s] = append(spent[one.session][s], q.Amount)
				}
			}
		}
		if answer := answerFor(one.answer, asked, i); answer != nil {
			s.hear(asked, answer, one.answer)
		} else if one.answer.Result == charging.RatingFailed {
			s.refused++
		}
	}
	if told != nil && one.answer.Cost.Unit != "" && len(one.parsed.Services) == 1 {
		told.cost = true
		told.currencies.add(one.answer.Cost.Unit)
		told.samples = append(told.samples, sample{
			slices.Clone(spent[one.session][told]), one.answer.Cost.Amount,
		})
	}
}

func answerFor(a *charging.Answer, asked *charging.Service, i int) *charging.ServiceAnswer {
	for k := range a.Services {
		s := &a.Services[k]
		if s.Key.Same(asked.Key) {
			return s
		}
	}
	if i < len(a.Services) && len(a.Services) == 1 {
		return &a.Services[i]
	}
	return nil
}

// ask notes in which units a service counts.
func (s *service) ask(asked *charging.Service) {
	for _, q := range asked.Requested {
		s.units.add(q.Unit)
	}
	for _, usage := range asked.Used {
		for _, q := range usage.Units {
			s.units.add(q.Unit)
		}
	}
}

// hear notes what was answered for a service.
func (s *service) hear(asked *charging.Service, got *charging.ServiceAnswer, a *charging.Answer) {
	switch {
	case got.Result == charging.RatingFailed:
		s.refused++
		return
	case got.Result == charging.CreditNotApplicable:
		s.uncharged++
	case got.Result.Success() || got.Result == 0:
		s.succeeded++
	}
	if len(got.Granted) == 0 {
		return
	}
	s.granted++
	for _, q := range got.Granted {
		for range 3 { // what is granted tells more than what is reported
			s.units.add(q.Unit)
		}
	}
	s.validity.add(got.ValidFor)
	if got.Threshold.Unit != "" {
		s.threshold.add(got.Threshold)
	}
	if got.HoldingTime.Known {
		s.holding.add(got.HoldingTime.Value)
	}
	if got.Final == nil {
		s.size(asked, got.Granted[0])
	}
}

// size notes how large a grant was that was not the last.
func (s *service) size(asked *charging.Service, granted charging.Quantity) {
	at := slices.IndexFunc(asked.Requested, func(q charging.Quantity) bool {
		return q.Unit == granted.Unit && q.Amount > 0
	})
	switch {
	case at < 0:
		s.grants.add(granted)
	case asked.Requested[at].Amount > granted.Amount:
		s.most.add(granted)
	}
}

// rule is the rule of a plan that gives what was given. A service that was only ever refused for
// want of a rule has none. kinds says that there is a rule for events beside that for sessions.
func (s *service) rule(kinds bool, send string) (rule string, ok bool) {
	if s.refused > 0 && s.succeeded == 0 && s.uncharged == 0 {
		return "", false
	}
	unit, _ := s.units.usual()
	unit = cmp.Or(unit, charging.Time)
	word := string(unit)
	if unit.Money() {
		word = "money"
	}
	f := flow{}
	f.add("match", s.match(kinds))
	f.add("unit", word)
	if per, price, found := s.price(); found && unit != charging.NoCurrency {
		f.add("per", unit.Of(per).String())
		f.add("price", price.String())
	}
	f.add("quota", s.quota(unit))
	if s.uncharged > s.succeeded {
		f.add("free", "uncontrolled")
	}
	f.add("send", send)
	return f.String(), true
}

// A flow is a mapping of YAML on one line.
type flow []string

func (f *flow) add(key, value string) {
	if value != "" && value != "{}" {
		*f = append(*f, key+": "+value)
	}
}

// String writes the mapping.
func (f flow) String() string { return "{" + strings.Join(f, ", ") + "}" }

func (s *service) match(kinds bool) string {
	f := flow{}
	if s.key.Group.Known {
		f.add("rating_group", strconv.FormatInt(s.key.Group.Value, 10))
	}
	if len(s.key.IDs) > 0 {
		ids := make([]string, len(s.key.IDs))
		for i, id := range s.key.IDs {
			ids[i] = strconv.FormatUint(uint64(id), 10)
		}
		f.add("service", "["+strings.Join(ids, ", ")+"]")
	}
	if kinds {
		f.add("kind", map[bool]string{true: "event", false: "session"}[s.event])
	}
	return f.String()
}

func (s *service) quota(unit charging.Unit) string {
	f := flow{}
	size, named := s.grants.usual()
	most, limited := s.most.usual()
	standard := ""
	named, limited = nameable(unit, named), nameable(unit, limited)
	if named > 0 && size.Unit == unit && size.Amount > 0 {
		standard = size.String()
	}
	limits := limited > 0 && most.Unit == unit && most.Amount > 0 &&
		(standard == "" || most.Amount >= size.Amount)
	if limits {
		standard = cmp.Or(standard, most.String())
	}
	f.add("default", standard)
	if limits {
		f.add("max", most.String())
	}
	if valid, seen := s.validity.usual(); seen > 0 && valid > 0 {
		f.add("validity", seconds(valid))
	}
	threshold, seen := s.threshold.usual()
	if 2*nameable(unit, seen) > s.granted && threshold.Amount > 0 {
		f.add("threshold", unit.Of(threshold.Amount).String())
	}
	if holding, seen := s.holding.usual(); 2*seen > s.granted {
		f.add("holding_time", strconv.FormatInt(holding, 10)+"s")
	}
	return f.String()
}

// nameable is how often something was seen, never where its unit is none that plans can name.
func nameable(unit charging.Unit, seen int) int {
	if unit == charging.NoCurrency {
		return 0
	}
	return seen
}

// price is a price of blocks by which all that was used in one service cost what it did, each
// report rounded up with those before it.
func (s *service) price() (per int64, price charging.Quantity, ok bool) {
	currency, _ := s.currencies.usual()
	if currency == charging.NoCurrency {
		return 0, price, false // what that would cost nobody can say
	}
	for _, per := range []int64{1, 60, 10, 30, 6, 300, 3600, 1000, 1024, 1_000_000, 1 << 20} {
		for _, block := range s.blockPrices(per) {
			if block > 0 && s.explains(per, block) {
				return per, currency.Of(block), true
			}
		}
	}
	return 0, price, false
}

func blocks(used []int64, per int64) int64 {
	var total int64
	for _, amount := range used {
		total += amount
	}
	return (total + per - 1) / per
}

// blockPrices are the prices that a sample would be explained by.
func (s *service) blockPrices(per int64) []int64 {
	prices := map[int64]bool{}
	for _, one := range s.samples {
		if count := blocks(one.used, per); count > 0 && one.cost%count == 0 {
			prices[one.cost/count] = true
		}
	}
	return slices.Sorted(maps.Keys(prices))
}

func (s *service) explains(per, block int64) bool {
	for _, one := range s.samples {
		if count := blocks(one.used, per); count > (1<<62)/block || count*block != one.cost {
			return false
		}
	}
	return true
}
