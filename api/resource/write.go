package resource

import (
	"encoding/hex"
	"strconv"

	"github.com/ocs-sim/ocs-sim/charging"
)

// WriteCharge writes a request as a charge, so that it can go through REST. What exists on the
// wire alone, attributes and refusals by a door, is left out.
func WriteCharge(r *charging.Request) *Charge {
	endToEnd := r.EndToEnd
	info := &r.Information
	written := &Charge{
		Session: r.Key.Session.ID, SubSession: r.Key.Session.Sub, Number: r.Key.Number,
		Type: r.Type.String(), Action: r.Action.String(),
		Subscriber: r.Subscribers, Context: r.Context,
		OriginHost: r.Origin.Host, OriginRealm: r.Origin.Realm,
		Participants: pointer(info.Participants), Members: pointer(info.Members),
		Conference: info.Conference, Method: info.Method,
		Role:        writeNamed(info.Role, charging.Roles()),
		ServiceType: writeNamed(info.ServiceType, charging.ServiceTypes()),
		Destination: info.Destination,
		Calling:     info.Calling,
		Counters:    writeCounters(&info.Counters),
		Triggers:    writeTriggers(r.Triggers),
		Refund:      hex.EncodeToString(r.Refund), MultipleServices: pointer(r.Multiple),
		Retransmitted: r.Retransmitted, EndToEnd: &endToEnd, EventTime: r.EventTime,
	}
	if r.Type == charging.Event && r.Action == charging.NoAction {
		written.Action = noAction
	}
	if info.MediaKnown {
		media := append([]string{}, info.Media...)
		written.Media = &media
	}
	if info.Recipients.Known {
		recipients := Recipients(info.Recipients.Value)
		written.Recipients = &recipients
	}
	if info.Size.Known {
		written.Size = strconv.FormatInt(info.Size.Value, 10)
	}
	if r.Cause != 0 {
		written.Cause = writeNamed(charging.Known(int64(r.Cause)), terminationCauses())
	}
	for i := range r.Services {
		written.Services = append(written.Services, writeService(&r.Services[i]))
	}
	return written
}

func writeCounters(c *charging.Counters) *Counters {
	if *c == (charging.Counters{}) {
		return nil
	}
	return &Counters{
		Delivered: pointer(c.Delivered), DeliveredExploded: pointer(c.DeliveredExploded),
		Sent: pointer(c.Sent), Exploded: pointer(c.Exploded),
	}
}

func writeService(s *charging.Service) ChargeService {
	written := ChargeService{
		RatingGroup: pointer(s.Key.Group), Service: s.Key.IDs,
		Reason:   writeNamed(s.Reason, reportingReasons()),
		Triggers: writeTriggers(s.Triggers),
		Single:   s.Single,
	}
	if s.Asked {
		units := WriteUnits(s.Requested)
		written.Requested = &units
	}
	for _, used := range s.Used {
		written.Used = append(written.Used, Used{
			Units:  WriteUnits(used.Units),
			Reason: writeNamed(used.Reason, reportingReasons()),
			Tariff: writeNamed(used.Tariff, charging.TariffSides()),
		})
	}
	return written
}

// WriteUnits writes quantities by what they count.
func WriteUnits(quantities []charging.Quantity) Units {
	var written Units
	for _, quantity := range quantities {
		for _, field := range written.fields() {
			if field.unit == quantity.Unit || field.unit == "" && quantity.Unit.Money() {
				*field.text = quantity.String()
				break
			}
		}
	}
	return written
}

// Quantities are the units in the words of charging; texts that are none are left out.
func (u *Units) Quantities() []charging.Quantity {
	var read []charging.Quantity
	for _, field := range u.fields() {
		if quantity, err := readAmount(*field.text, field.unit); err == nil {
			read = append(read, quantity)
		}
	}
	return read
}
