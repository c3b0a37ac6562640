package ocssim_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/charging"
)

// Usage within a grant never costs more than was reserved for it, however tariff switches divide
// it and whatever rounds up on either side.
func TestUsageAcrossASwitchCostsNoMoreThanWasReserved(t *testing.T) {
	t.Parallel()
	server, err := ocssim.Start(t.Context(), ocssim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	w := &switched{
		server: server, control: client.New(server.APIURL(), client.Options{}),
		day: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	rapid.Check(t, func(r *rapid.T) {
		w.T, w.life, w.day = r, w.life+1, w.day.AddDate(0, 0, 2)
		w.begin(t)
		for number := range rapid.IntRange(2, 5).Draw(r, "requests") {
			w.ask(t, uint32(number))
		}
	})
}

// switched is one session at a time across switches of tariff.
type switched struct {
	*rapid.T
	server  *ocssim.Server
	control *client.Client
	day     time.Time
	life    int
	unit    charging.Unit
	granted int64
	told    bool // the client knows of a switch
}

func (w *switched) name() string { return fmt.Sprintf("s%d", w.life) }

func (w *switched) draw(most int, name string) int {
	return rapid.IntRange(0, most).Draw(w.T, name)
}

func (w *switched) begin(t *testing.T) {
	w.unit, w.granted, w.told = charging.Time, 0, false
	size := "s"
	if w.draw(1, "octets") > 0 {
		w.unit, size = charging.Total, " B"
	}
	word := func(name string, words ...string) string {
		return rapid.SampledFrom(words).Draw(w.T, name)
	}
	same := word("per", "1", "7", "60")
	announced := word("switch", "avp", "reauthorize", "validity")
	var rules string
	windows := []string{"00:00-10:00", "10:00-24:00"}
	if w.draw(2, "windows") == 0 {
		windows = []string{"00:00-10:00", "10:00-10:01", "10:01-10:03", "10:03-24:00"}
	}
	for i, window := range windows {
		per := same
		if w.draw(3, "other size") == 0 {
			per = word("per", "1", "7", "60")
		}
		rules += fmt.Sprintf(`{name: r%d, match: {window: "%s UTC"}, unit: %s, per: %s%s,
			price: 0.0%d EUR, setup: 0.0%d EUR, min_charge: 0.%d EUR, tariff_switch: %s,
			rounding: %s},`, i, window, w.unit, per, size, 4+w.draw(1, "price"), w.draw(2, "setup")/2,
			w.draw(2, "minimum")/2, announced,
			word("rounding", "per_condition", "per_report", "carry_block"))
	}
	plan := []byte(fmt.Sprintf(`{currency: EUR, rules: [%s]}`, rules))
	if err := w.control.PutPlan(t.Context(), w.name(), plan); err != nil {
		w.Fatal(err)
	}
	account := fmt.Sprintf(`{plan: %s, subscribers: [{private: %s}], balances: [{amount: %s EUR}]}`,
		w.name(), w.name(), word("amount", "100.00", "100.00", "1.00", "0.30"))
	if _, err := w.control.PutAccount(t.Context(), w.name(), []byte(account)); err != nil {
		w.Fatal(err)
	}
	at := w.day.Add(10*time.Hour - time.Duration(w.draw(200, "seconds before"))*time.Second)
	if err := w.server.Clock().Set(at, true); err != nil {
		w.Fatal(err)
	}
}

// funds are the account's money and what of it is reserved.
func (w *switched) funds(t *testing.T) (amount, reserved int64) {
	account, err := w.server.Ledger().Account(t.Context(), w.name())
	if err != nil {
		w.Fatal(err)
	}
	return account.Balances[0].Amount.Amount, account.Balances[0].Reserved
}

// ask reports no more than was granted, and wants more.
func (w *switched) ask(t *testing.T, number uint32) {
	r := &charging.Request{
		Key:  charging.Key{Session: charging.SessionID{ID: w.name()}, Number: number},
		Type: charging.Initial, Context: "32260@3gpp.org", At: w.server.Clock().Now(),
		Subscribers: []charging.Identity{{Type: charging.Private, Data: w.name()}},
	}
	wanted := w.unit.Of(int64(1 + w.draw(300, "wanted")))
	service := charging.Service{Asked: true, Requested: []charging.Quantity{wanted}}
	if number > 0 {
		r.Type, service.Used = charging.Update, w.usage()
	}
	r.Services = []charging.Service{service}
	amount, reserved := w.funds(t)
	answer, err := charging.Ask(t.Context(), w.server.Charger(), r)
	if err == nil && answer.Result == charging.UnknownSessionID {
		return // Supervision has ended it.
	}
	if err != nil || len(answer.Services) != 1 {
		w.Fatalf("request %d is answered %+v, %v", number, answer, err)
	}
	if left, _ := w.funds(t); amount-left > reserved {
		w.Fatalf("%+v of %d granted costs %d of %d reserved: %v",
			service.Used, w.granted, amount-left, reserved, answer.Why)
	}
	w.granted, w.told = 0, !answer.Services[0].TariffChange.IsZero()
	for _, granted := range answer.Services[0].Granted {
		w.granted = granted.Amount
	}
	if _, err := w.server.Clock().Advance(
		time.Duration(w.draw(int(w.granted)+20, "passes")) * time.Second); err != nil {
		w.Fatal(err)
	}
}

// usage is what a client may say of what it used: in one, or before and after the switch.
func (w *switched) usage() []charging.Usage {
	used := w.granted - int64(w.draw(3, "left"))
	if used < 0 || w.draw(2, "less") == 0 {
		used = int64(w.draw(int(w.granted), "used"))
	}
	if !w.told || w.draw(1, "told") == 0 {
		return []charging.Usage{{Units: []charging.Quantity{w.unit.Of(used)}}}
	}
	before := min(used, int64(w.draw(2, "little")))
	if w.draw(1, "much") > 0 {
		before = int64(w.draw(int(used), "before"))
	}
	return []charging.Usage{
		{Units: []charging.Quantity{w.unit.Of(before)}, Tariff: charging.Known(0)},
		{Units: []charging.Quantity{w.unit.Of(used - before)}, Tariff: charging.Known(1)},
	}
}
