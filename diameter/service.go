package diameter

import (
	"bytes"
	"slices"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Members of an MSCC and of Used-Service-Unit that may stand there once.
const (
	sawServiceGroup presence = 1 << (iota + 16)
	sawServiceRequested
	sawServiceRefund
	sawUsageReason
	sawUsageTariff
	sawServiceTariff
)

// service reads one Multiple-Services-Credit-Control.
func (w *walk) service(group *avp) (s charging.Service) {
	if !w.enter(group) {
		return s
	}
	defer w.leave()
	var seen presence
	var side charging.Number
	var a avp
	for rest := group.data; w.next(&rest, &a); {
		if a.id() == avpTariffChangeUsage && w.once(&seen, sawServiceTariff, &a) &&
			w.within(&a, 2) {
			side = charging.Known(int64(a.uint32()))
			continue
		}
		if place := placeInService(a.id()); place == 0 || w.once(&seen, place, &a) {
			w.ofService(&s, &a)
		}
	}
	for i := range s.Used {
		// RFC 8506 section 8.28 has the side of a change of tariff at either level.
		if side.Known && !s.Used[i].Tariff.Known {
			s.Used[i].Tariff = side
		}
	}
	return s
}

// placeInService is the same as placeInRequest for an MSCC (TS 32.299 section 7.1.9).
func placeInService(id uint64) presence {
	switch id {
	case avpRatingGroup:
		return sawServiceGroup
	case avpRequestedServiceUnit:
		return sawServiceRequested
	case avpRefundInformation:
		return sawServiceRefund
	}
	return 0
}

// ofService reads a member of an MSCC, or the same AVP at command level.
func (w *walk) ofService(s *charging.Service, a *avp) {
	switch a.id() {
	case avpRatingGroup:
		s.Key.Group = charging.Known(int64(a.uint32()))
	case avpServiceIdentifier:
		s.Key.IDs = w.withID(s.Key.IDs, a.uint32())
	case avpRequestedServiceUnit:
		s.Asked = true
		s.Requested = w.requested(a)
	case avpUsedServiceUnit:
		if s.Used == nil && len(w.room.used) > w.room.reports {
			s.Used = w.room.used[w.room.reports : w.room.reports : w.room.reports+1]
			w.room.reports++
		}
		s.Used = append(s.Used, w.used(a))
	case avpReportingReason:
		// TS 32.299 lets several stand here; the first is the one that caused the report.
		if !s.Reason.Known {
			s.Reason = charging.Known(int64(a.uint32()))
		}
	case avpTrigger:
		s.Triggers = w.triggers(s.Triggers, a)
	case avpRefundInformation:
		if w.request.Refund == nil {
			w.request.Refund = bytes.Clone(a.data)
		}
	default:
		w.lookInto(a)
	}
}

// lookInto looks for faults in a group that tells nothing that is charged.
func (w *walk) lookInto(group *avp) {
	if w.shape != groupShape || !w.enter(group) {
		return
	}
	defer w.leave()
	var a avp
	for rest := group.data; w.next(&rest, &a); {
		w.lookInto(&a)
	}
}

// withID adds a Service-Identifier to a set that is kept sorted.
func (w *walk) withID(ids []uint32, id uint32) []uint32 {
	if ids == nil && w.room.idsTaken < len(w.room.ids) {
		ids = w.room.ids[w.room.idsTaken : w.room.idsTaken : w.room.idsTaken+1]
		w.room.idsTaken++
	}
	place, found := slices.BinarySearch(ids, id)
	if found {
		return ids
	}
	return slices.Insert(ids, place, id)
}

func (w *walk) requested(group *avp) []charging.Quantity {
	if !w.enter(group) {
		return nil
	}
	defer w.leave()
	var units unitList
	var a avp
	for rest := group.data; w.next(&rest, &a); {
		w.unit(&units, &a)
	}
	return units.keep(w.room)
}

func (w *walk) used(group *avp) (u charging.Usage) {
	if !w.enter(group) {
		return u
	}
	defer w.leave()
	var units unitList
	var a avp
	for rest := group.data; w.next(&rest, &a); {
		switch a.id() {
		case avpReportingReason:
			if w.once(&units.seen, sawUsageReason, &a) {
				u.Reason = charging.Known(int64(a.uint32()))
			}
		case avpTariffChangeUsage:
			if w.once(&units.seen, sawUsageTariff, &a) && w.within(&a, 2) {
				u.Tariff = charging.Known(int64(a.uint32()))
			}
		default:
			w.unit(&units, &a)
		}
	}
	u.Units = units.keep(w.room)
	return u
}

// triggers adds the Trigger-Types of a Trigger to a list.
func (w *walk) triggers(list []uint32, group *avp) []uint32 {
	if !w.enter(group) {
		return list
	}
	defer w.leave()
	if list == nil && !w.room.triggered {
		list, w.room.triggered = w.room.triggers[:0], true
	}
	var a avp
	for rest := group.data; w.next(&rest, &a); {
		if a.id() == avpTriggerType {
			list = append(list, a.uint32())
			continue
		}
		w.lookInto(&a)
	}
	return list
}
