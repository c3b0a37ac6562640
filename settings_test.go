package ocssim_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
)

// otherValues are samples for settings that take no list of words.
func otherValues() map[string][]string {
	return map[string][]string{
		"answer_quirks": {"none", "destination,one_mscc"}, "deny_code.credit": {"4010"},
		"deny_code.barred": {"5003"}, "deny_code.expired": {"4001"},
		"deny_code.unknown_subscriber": {"4002"}, "deny_code.no_rule": {"5012"},
		"usu_priority": {"rule", "first", "input_output,total,time"},
		"grant_unit":   {"rule", "time", "total"}, "validity": {"plan", "none", "600s"},
		"timers.scale": {"0.01", "10"}, "rar_wait": {"5s"}, "participants_offset": {"-1", "1"},
		"reauthorize_on": {"top-up", "tariff-change,top-up", "none"},
		"abort_on":       {"barred", "deleted,barred", "none"},
	}
}

func valuesOf(key string) []string {
	if values := document.SettingValues(key); len(values) > 0 {
		return values
	}
	return otherValues()[key]
}

// proven are settings whose values are tried by other tests than conversations of their name.
func proven(key string) bool {
	switch key {
	case "answer", "rar_wait", "duplicate_peer", "origin_state":
		return true // in what is sent, or between connections
	}
	return false
}

func TestEverySettingHasAConversationForEachValue(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/reference/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range document.SettingKeys() {
		if !strings.Contains(string(page), "`"+key+"`") {
			t.Errorf("docs/reference/settings.md does not tell of %s", key)
		}
		for _, value := range document.SettingValues(key) {
			name := "settings-" + key + "-" + value + "*.conv"
			found, err := filepath.Glob(filepath.Join("testdata", name))
			if err != nil || len(found) == 0 && !proven(key) {
				t.Errorf("%s: %s has no conversation %s (%v)", key, value, name, err)
			}
			if !strings.Contains(string(page), "`"+value+"`") {
				t.Errorf("docs/reference/settings.md does not tell of %s for %s", value, key)
			}
		}
	}
}

// Whatever the settings: the books are right, a flagged repeat moves nothing, and what is closed
// holds nothing.
func TestTheBooksAreRightUnderAnySettings(t *testing.T) {
	t.Parallel()
	server, err := ocssim.Start(t.Context(), ocssim.Options{Seeds: []document.File{{
		Name: "seed", Data: []byte(anySettingsSeed),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	control := client.New(server.APIURL(), client.Options{})
	life := 0
	rapid.Check(t, func(r *rapid.T) {
		life++
		s := &settled{T: r, server: server, control: control, account: fmt.Sprintf("a%d", life)}
		s.begin(t)
		for i := range rapid.IntRange(1, 12).Draw(r, "requests") {
			s.ask(t, i)
		}
		s.check(t)
	})
}

const anySettingsSeed = `
plans:
  im:
    currency: EUR
    rules:
      - {name: talk, match: {rating_group: 1}, unit: time, per: 60s, price: 0.05 EUR,
         setup: 0.01 EUR, quota: {default: 300s, max: 600s, pool: 1}}
      - {name: load, match: {rating_group: 2}, unit: total, per: 100 B, price: 0.01 EUR,
         quota: {default: 1000 B, min: 100 B, pool: 1, final: {redirect: "http://top.example/up"}}}
      - {name: pager, match: {rating_group: 3}, unit: events, per: 1, price: 0.05 EUR}
      - {name: dear, match: {rating_group: 4}, unit: total, per: 1 B, price: 0.000003 EUR,
         min_charge: 0.02 EUR}
      - {name: dearest, match: {rating_group: 5}, unit: events, per: 1,
         price: 1000000000000 EUR, setup: 0.01 EUR, quota: {partial: true}}
`

// settled is one account's life under some settings.
type settled struct {
	*rapid.T
	server  *ocssim.Server
	control *client.Client
	account string
	twice   bool // repeats without the T flag are charged again
}

func (s *settled) begin(t *testing.T) {
	written := new(document.Settings)
	for _, key := range document.SettingKeys() {
		values := valuesOf(key)
		if len(values) == 0 {
			s.Fatalf("there are no values of %s to try", key)
		}
		if n := rapid.IntRange(-2, len(values)-1).Draw(s.T, key); n >= 0 {
			if err := written.Set(key, values[n]); err != nil {
				s.Fatal(err)
			}
			s.twice = s.twice || values[n] == "t_only"
		}
	}
	all := &document.SettingsDocument{Settings: written}
	if err := s.control.PutSettings(t.Context(), all); err != nil {
		s.Fatal(err)
	}
	money := rapid.IntRange(0, 100).Draw(s.T, "cents")
	account := fmt.Sprintf(`{plan: im, subscribers: [{private: %s}], balances: [
		{amount: %d.%02d EUR}, {amount: %ds}`, s.account, money/100, money%100,
		rapid.IntRange(0, 90).Draw(s.T, "seconds"))
	for i := range rapid.IntRange(0, 9).Draw(s.T, "riches") {
		unit := rapid.SampledFrom([]string{"000000 B", " events", " EUR"}).Draw(s.T, "of")
		account += fmt.Sprintf(", {id: r%d, amount: 1152921504606%s, credit_limit: %s}",
			i, unit, rapid.SampledFrom([]string{"0", "1152921504606"}).Draw(s.T, "limit")+unit)
	}
	account += "]}"
	if _, err := s.control.PutAccount(t.Context(), s.account, []byte(account)); err != nil {
		s.Fatal(err)
	}
}

// request draws a request that some client might send.
func (s *settled) request(i int) *charging.Request {
	number := func(most int, name string) int64 {
		return int64(rapid.IntRange(0, most).Draw(s.T, name))
	}
	r := &charging.Request{
		Type:     charging.RequestType(1 + number(3, "type")),
		EndToEnd: uint32(i + 1),
		Context:  "32260@3gpp.org",
		At:       s.server.Clock().Now(),
	}
	r.Key.Session.ID = fmt.Sprintf("%s;%d", s.account, number(1, "session"))
	r.Key.Number = uint32(number(6, "number"))
	r.Subscribers = []charging.Identity{{Type: charging.Private, Data: s.account}}
	r.Information.Participants = charging.Number{Value: number(3, "n"), Known: true}
	if r.Type == charging.Event {
		r.Action = charging.Action(1 + number(3, "action"))
	}
	units := []charging.Unit{charging.Time, charging.Total, charging.Input, charging.Events}
	amount := func(most int, name string) int64 {
		edges := []int64{
			1 << 32, math.MaxInt64, math.MaxInt64 - 1, math.MaxInt64 / 3, math.MaxInt64/3 + 1,
			1 << 62, 9_223_372, 9_223_373,
		}
		if edge := number(40, "edge of "+name); edge < int64(len(edges)) {
			return edges[edge]
		}
		return number(most, name)
	}
	for group := range number(5, "services") {
		service := charging.Service{Key: charging.ServiceKey{Group: charging.Known(group + 1)}}
		service.Asked = number(2, "asked") > 0
		unit := units[number(3, "unit")]
		if service.Asked && number(1, "says") > 0 {
			service.Requested = []charging.Quantity{unit.Of(amount(500, "wanted"))}
		}
		for range number(2, "reports") {
			used := charging.Usage{Units: []charging.Quantity{unit.Of(amount(700, "used"))}}
			service.Used = append(service.Used, used)
		}
		r.Services = append(r.Services, service)
	}
	return r
}

// ask charges a request, and then a flagged repeat of it, which must change nothing.
func (s *settled) ask(t *testing.T, i int) {
	r, untouched := s.request(i), s.balances(t)
	first, err := charging.Ask(t.Context(), s.server.Charger(), r)
	if err != nil {
		s.Fatal(err)
	}
	before := s.balances(t)
	switch {
	case first.Entry != 0:
	case first.Result.ProtocolError(), strings.Contains(first.Message, "was used before"):
		if before != untouched {
			s.Errorf("answer %d, which nobody remembers, moved %s to %s",
				first.Result, untouched, before)
		}
		return
	case s.twice:
		return // charged again on purpose
	default:
		s.Fatalf("answer %d (%s) to %+v is not remembered", first.Result, first.Message, r)
	}
	r.Retransmitted = true
	again, err := charging.Ask(t.Context(), s.server.Charger(), r)
	if err != nil {
		s.Fatal(err)
	}
	if after := s.balances(t); !again.Repeat || after != before {
		s.Errorf("a flagged repeat is answered %v (repeat %v) and moves %s to %s",
			again.Result, again.Repeat, before, after)
	}
}

func (s *settled) balances(t *testing.T) string {
	account, err := s.control.Account(t.Context(), s.account)
	if err != nil {
		s.Fatal(err)
	}
	return fmt.Sprint(account.Balances)
}

// check ends what is open and looks at the books.
func (s *settled) check(t *testing.T) {
	ctx := t.Context()
	violations, err := s.server.Ledger().Check(ctx)
	if err != nil || len(violations) > 0 {
		s.Fatalf("Check = %q, %v, want no violations", violations, err)
	}
	at, err := s.server.Clock().Advance(30 * 24 * time.Hour)
	if err != nil {
		s.Fatal(err)
	}
	if err := s.server.Ledger().Tick(ctx, at); err != nil {
		s.Fatal(err)
	}
	account, err := s.control.Account(ctx, s.account)
	if err != nil {
		s.Fatal(err)
	}
	for _, balance := range account.Balances {
		if reserved := resource.Balance(balance).Reserved; !strings.HasPrefix(reserved, "0") {
			s.Errorf("%s is reserved when all is over", reserved)
		}
	}
}
