package conversation

import (
	"encoding/hex"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// An Expect is what an answer must say, line "<". It is a list of demands; what the line does not
// name is not compared.
type Expect struct {
	Any      bool // no demand but that there is an answer
	None     bool // there must be no answer
	Command  []Demand
	Services []ServiceExpect
	Wire     []Word // expect-avp
}

// A ServiceExpect is what one Multiple-Services-Credit-Control of an answer must say.
type ServiceExpect struct {
	Key     charging.ServiceKey
	Keyed   bool // false: any key will do
	Absent  bool // there must be none
	Single  bool // it stands at command level, without an MSCC
	Demands []Demand
}

// A Demand is one word of an expectation: its key, its text, and the quantities in it.
type Demand struct {
	Key, Value string
	Units      []charging.Quantity // of grant
	Number     charging.Number     // of a result, a time, a count or an amount of money
	Set        []uint32            // of trigger
}

// expect reads: result words, then services.
func (p *parser) expect(words []token) *Expect {
	if p.waiting == 0 {
		p.fault(1, "there is no request whose answer this could be")
	}
	p.waiting = max(p.waiting-1, 0)
	if len(words) == 0 {
		p.fault(1, "< takes a result and services, like < 2001 rg=100 2001 grant=300s")
		return nil
	}
	out := &Expect{}
	for _, word := range words {
		p.expectWord(out, word)
	}
	if out.None && len(words) > 1 {
		p.fault(1, "where there is no answer, nothing can be said of it; write < none")
	}
	return out
}

func (p *parser) expectWord(out *Expect, t token) {
	if wire, ok, err := parseWire(t); ok {
		if err != nil || wire.Name != expectAVP {
			p.fault(t.column, "an answer takes expect-avp:, as in expect-avp:Validity-Time=60")
		}
		out.Wire = append(out.Wire, wire)
		return
	}
	key, value, given := t.split()
	demand := Demand{Key: key, Value: value}
	var err error
	switch {
	case key == "rg" || key == "si" || key == "mscc":
		err = out.begin(key, value)
	case !given && key == "single":
		out.Services = append(out.Services, ServiceExpect{Single: true})
	case !given && key == "any":
		out.Any = true
	case !given && key == "none":
		out.None = true
	case !given && key == "absent" && len(out.Services) > 0:
		out.Services[len(out.Services)-1].Absent = true
	case !given && resultWord(key):
		demand.Key, demand.Value = "result", key
		out.add(demand)
	case commandWord(key, given):
		err = demand.readCommand()
		out.Command = append(out.Command, demand)
	case serviceDemand(key) && given && len(out.Services) == 0:
		p.fault(t.column, "%s: this is about a service; write its rg=, si=, mscc or single first",
			t.text)
	case serviceDemand(key) && given:
		err = demand.readService()
		out.add(demand)
	default:
		p.fault(t.column, "unknown word %q in an answer", t.text)
	}
	if err != nil {
		p.fault(t.column, "%s: %v", t.text, err)
	}
}

// resultWord accepts 2001 and 2xxx.
func resultWord(word string) bool {
	if len(word) != 4 || word[0] < '1' || word[0] > '9' {
		return false
	}
	return word[1:] == "xxx" || strings.Trim(word, "0123456789") == ""
}

// begin starts a service; si= belongs to the rg= before it.
func (e *Expect) begin(key, value string) error {
	last := len(e.Services) - 1
	continues := key == "si" && last >= 0 && e.Services[last].Key.IDs == nil
	if !continues {
		e.Services = append(e.Services, ServiceExpect{Keyed: key != "mscc"})
		last++
	}
	service := &e.Services[last]
	var err error
	switch key {
	case "rg":
		service.Key.Group, err = parseKnown(value)
	case "si":
		service.Keyed = true
		service.Key.IDs, err = parseSet(value)
	}
	return err
}

// add gives a demand to the current service, or to the command where none has begun.
func (e *Expect) add(d Demand) {
	if last := len(e.Services) - 1; last >= 0 {
		e.Services[last].Demands = append(e.Services[last].Demands, d)
		return
	}
	e.Command = append(e.Command, d)
}

func commandWord(key string, given bool) bool {
	switch key {
	case "cost", "balance", "failed", "message", "services",
		"ccfh", "ddfh", "failover", "expires", "cost-unit":
		return given
	case "repeat", "low", "enough", "no-credit":
		return !given
	case "refund":
		return true
	}
	return false
}

func (d *Demand) readCommand() (err error) {
	var number int64
	switch d.Key {
	case "cost", "balance":
		err = d.readMoney()
	case "services":
		number, err = parseNumber(d.Value, 31)
		d.Number = charging.Known(number)
	case "refund":
		_, err = hex.DecodeString(d.Value)
	}
	return err
}

// readMoney reads an amount whose currency need not be said; none means that it is not sent.
func (d *Demand) readMoney() error {
	if d.Value == "none" {
		return nil
	}
	quantity, err := withUnit(d.Value)
	if err != nil {
		// Any currency will do: all amounts of money have the same scale.
		quantity, err = withUnit(d.Value + " EUR")
		quantity.Unit = ""
	}
	d.Units, d.Number = []charging.Quantity{quantity}, charging.Known(quantity.Amount)
	return err
}

func serviceDemand(key string) bool {
	switch key {
	case "grant", "validity", "final", "threshold", "holding", "trigger":
		return true
	}
	return quotaDemand(key)
}

func (d *Demand) readService() (err error) {
	if d.Value == "none" || d.Value == "any" {
		return nil
	}
	var seconds int64
	switch d.Key {
	case "grant":
		d.Units, err = parseAmounts(d.Value, nil)
	case "threshold":
		var quantity charging.Quantity
		quantity, err = parseQuantity(d.Value)
		d.Number = charging.Known(quantity.Amount)
	case "validity", "holding":
		seconds, err = parseSeconds(d.Value)
		d.Number = charging.Known(seconds)
	case "trigger":
		d.Set, err = parseTriggers(d.Value)
	case "final":
		err = knownFinal(d.Value)
	case "pool":
		err = readPool(d.Value)
	}
	return err
}
