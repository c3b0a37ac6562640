package resource

import (
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Request says the charge in the words of charging, or all that is wrong with it. EndToEnd is 0
// where the charge names none, and At is for the door to set.
func (c *Charge) Request() (*charging.Request, []charging.Fault) {
	read := chargeReader{charge: c, request: &charging.Request{
		Key: charging.Key{
			Session: charging.SessionID{ID: c.Session, Sub: c.SubSession}, Number: c.Number,
		},
		Origin:        charging.Origin{Host: c.OriginHost, Realm: c.OriginRealm},
		Context:       c.Context,
		Subscribers:   c.Subscriber,
		Retransmitted: c.Retransmitted,
		EventTime:     c.EventTime,
		Multiple:      number(c.MultipleServices),
	}}
	if c.Session == "" {
		read.fault("session", "a charge needs a session, as in \"session\": \"test;1\"")
	}
	if c.Context == "" {
		read.request.Context = DefaultContext
	}
	if c.EndToEnd != nil {
		read.request.EndToEnd = *c.EndToEnd
	}
	read.kind()
	read.command()
	read.information()
	read.services()
	if read.request.Multiple.Known || read.request.Type != charging.Initial ||
		len(c.Services) == 0 || c.Services[0].Single {
		return read.request, read.faults
	}
	read.request.Multiple = charging.Known(1)
	return read.request, read.faults
}

// noAction is written where Requested-Action is missing on purpose.
const noAction = "none"

// A chargeReader reads one charge and gathers its faults.
type chargeReader struct {
	charge  *Charge
	request *charging.Request
	faults  []charging.Fault
}

func (r *chargeReader) fault(path, format string, args ...any) {
	r.faults = append(r.faults, charging.Fault{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (r *chargeReader) check(path string, err error) {
	if err != nil {
		r.fault(path, "%s", err.Error())
	}
}

func (r *chargeReader) kind() {
	for kind := charging.Initial; kind <= charging.Event; kind++ {
		if r.charge.Type == kind.String() {
			r.request.Type = kind
		}
	}
	if r.request.Type == 0 {
		r.fault("type", "%q is no type; use initial, update, termination or event", r.charge.Type)
	}
	if r.request.Type == charging.Event {
		r.request.Action = charging.DirectDebiting
	}
	if r.charge.Action == "" {
		return
	}
	if r.request.Action = charging.NoAction; r.charge.Action == noAction {
		return
	}
	for action := charging.DirectDebiting; action <= charging.PriceEnquiry; action++ {
		if r.charge.Action == action.String() {
			r.request.Action = action
		}
	}
	if r.request.Action == charging.NoAction {
		r.fault("action", "%q is no action; use debit, refund, balance, price or none", r.charge.Action)
	}
}

func (r *chargeReader) command() {
	r.request.Triggers = r.triggers("triggers", r.charge.Triggers)
	cause := r.named("cause", r.charge.Cause, terminationCauses())
	r.request.Cause = uint32(cause.Value)
	refund, err := hex.DecodeString(strings.TrimPrefix(r.charge.Refund, "0x"))
	if err != nil {
		r.fault("refund", "refund is hexadecimal, as the answer of the charge gave it")
	}
	if len(refund) > 0 {
		r.request.Refund = refund
	}
}

func (r *chargeReader) named(path, text string, known []charging.Word) charging.Number {
	read, err := readNamed(text, known)
	r.check(path, err)
	return read
}

func (r *chargeReader) triggers(path string, words []string) []uint32 {
	var read []uint32
	for i, word := range words {
		trigger := r.named(path+"["+strconv.Itoa(i)+"]", word, charging.TriggerTypes())
		read = append(read, uint32(trigger.Value))
	}
	return read
}

func (r *chargeReader) information() {
	c, info := r.charge, &r.request.Information
	*info = charging.Information{
		Participants: r.count("participants", c.Participants),
		Members:      r.count("members", c.Members),
		Role:         r.named("role", c.Role, charging.Roles()),
		ServiceType:  r.named("service_type", c.ServiceType, charging.ServiceTypes()),
		Method:       c.Method,
		Destination:  c.Destination,
		Calling:      c.Calling,
		Conference:   c.Conference,
	}
	if c.Media != nil {
		info.MediaKnown, info.Media = true, mediaSet(*c.Media)
	}
	if c.Recipients != nil {
		info.Recipients = charging.Known(int64(*c.Recipients))
	}
	if c.Size != "" {
		size, err := readAmount(c.Size, charging.Total)
		r.check("size", err)
		info.Size = charging.Known(size.Amount)
	}
	if counters := c.Counters; counters != nil {
		info.Counters = charging.Counters{
			Delivered:         r.count("counters.delivered", counters.Delivered),
			DeliveredExploded: r.count("counters.delivered_exploded", counters.DeliveredExploded),
			Sent:              r.count("counters.sent", counters.Sent),
			Exploded:          r.count("counters.exploded", counters.Exploded),
		}
	}
}

// count reads a number that is not negative.
func (r *chargeReader) count(path string, value *int64) charging.Number {
	read := number(value)
	if read.Value < 0 {
		r.fault(path, "a number of something is not below zero")
	}
	return read
}

// group reads a Rating-Group, which is Unsigned32 (RFC 8506 section 8.29).
func (r *chargeReader) group(path string, value *int64) charging.Number {
	read := number(value)
	if read.Value < 0 || read.Value > math.MaxUint32 {
		r.fault(path, "a rating group is a number from 0 to %d", uint32(math.MaxUint32))
	}
	return read
}

// mediaSet is sorted, without a name twice; nil is the empty set.
func mediaSet(written []string) []string {
	media := make([]string, 0, len(written))
	for _, name := range written {
		media = append(media, mediaName(name))
	}
	slices.Sort(media)
	if len(media) == 0 {
		return nil
	}
	return slices.Compact(media)
}

// mediaName takes the kind of an m-line: "m=audio 5004 RTP/AVP 0" and "audio" are the same.
func mediaName(line string) string {
	words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "m="))
	if len(words) == 0 {
		return ""
	}
	return strings.ToLower(words[0])
}

func (r *chargeReader) services() {
	for i := range r.charge.Services {
		path := "services[" + strconv.Itoa(i) + "]"
		written := &r.charge.Services[i]
		service := charging.Service{
			Key: charging.ServiceKey{
				Group: r.group(path+".rating_group", written.RatingGroup),
				IDs:   serviceSet(written.Service),
			},
			Reason:   r.named(path+".reason", written.Reason, reportingReasons()),
			Triggers: r.triggers(path+".triggers", written.Triggers),
			Single:   written.Single,
		}
		if written.Requested != nil {
			service.Asked = true
			service.Requested = r.units(path+".requested", written.Requested)
		}
		for j := range written.Used {
			inside := path + ".used[" + strconv.Itoa(j) + "]"
			service.Used = append(service.Used, charging.Usage{
				Units:  r.units(inside, &written.Used[j].Units),
				Reason: r.named(inside+".reason", written.Used[j].Reason, reportingReasons()),
				Tariff: r.named(inside+".tariff", written.Used[j].Tariff, charging.TariffSides()),
			})
		}
		r.request.Services = append(r.request.Services, service)
	}
}

func serviceSet(written ServiceIDs) []uint32 {
	if len(written) == 0 {
		return nil
	}
	set := slices.Clone(written)
	slices.Sort(set)
	return slices.Compact([]uint32(set))
}

func (r *chargeReader) units(path string, written *Units) []charging.Quantity {
	var read []charging.Quantity
	for _, field := range written.fields() {
		if *field.text == "" {
			continue
		}
		quantity, err := readAmount(*field.text, field.unit)
		r.check(path+"."+field.key, err)
		read = append(read, quantity)
	}
	return read
}

// A unitField is one key of Units.
type unitField struct {
	key  string
	unit charging.Unit // empty: any currency
	text *string
}

func (u *Units) fields() []unitField {
	return []unitField{
		{"time", charging.Time, &u.Time},
		{"money", "", &u.Money},
		{"total", charging.Total, &u.Total},
		{"octets", charging.Total, &u.Octets},
		{"input", charging.Input, &u.Input},
		{"output", charging.Output, &u.Output},
		{"events", charging.Events, &u.Events},
		{"ssu", charging.Events, &u.SSU},
	}
}

// readAmount reads a quantity of a unit, or a plain number of it.
func readAmount(text string, unit charging.Unit) (charging.Quantity, error) {
	if plain, err := strconv.ParseInt(text, 10, 64); err == nil && unit != "" {
		return amountOf(plain, unit)
	}
	read, err := parseTold(text)
	switch {
	case err != nil:
		return read, err
	case unit == "" && read.Unit.Money(), read.Unit == unit:
		return amountOf(read.Amount, read.Unit)
	case unit.Octets() && read.Unit == charging.Total:
		return amountOf(read.Amount, unit)
	case unit == "":
		return read, fmt.Errorf("%q is no amount of money", text)
	}
	return read, fmt.Errorf("%q does not count %s", text, unit)
}

// ParseQuantity reads what charging.ParseQuantity reads, and takes no number without a unit.
func ParseQuantity(text string) (charging.Quantity, error) {
	return withUnit(charging.ParseQuantity(text))
}

// parseTold is ParseQuantity for what requests and answers tell: money without a currency, too.
func parseTold(text string) (charging.Quantity, error) {
	return withUnit(charging.ParseTold(text))
}

func withUnit(read charging.Quantity, err error) (charging.Quantity, error) {
	if err == nil && read.Unit == "" {
		err = fmt.Errorf("%d has no unit; write it like 12.50 EUR, 10 MiB, 1h5m30s or 3 events",
			read.Amount)
	}
	return read, err
}

func amountOf(amount int64, unit charging.Unit) (charging.Quantity, error) {
	read := charging.Quantity{Amount: amount, Unit: unit}
	if amount < 0 {
		return read, fmt.Errorf("%q is below zero", read.String())
	}
	return read, nil
}
