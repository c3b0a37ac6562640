package diameter

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// ParseAnswer reads a CCA or an ACA. It fails where the frame is neither, or where an AVP of it
// cannot be read; AVPs that are not known are passed over, whatever their flags.
func ParseAnswer(frame []byte) (*charging.Answer, error) {
	return SharedDictionary().ParseAnswer(frame)
}

// ParseAnswer is the function of that name by this dictionary, which names what Failed-AVP shows.
func (d *Dictionary) ParseAnswer(frame []byte) (*charging.Answer, error) {
	return answerDecoder(d).parse(frame)
}

// An answerReader reads CCAs. It walks them as a decoder walks CCRs.
type answerReader struct{ *decoder }

func answerDecoder(d *Dictionary) answerReader {
	return answerReader{newDecoder(d, identity{})}
}

func (d answerReader) parse(frame []byte) (*charging.Answer, error) {
	if len(frame) < headerLength {
		return nil, errors.New("read CCA: the message is shorter than its header")
	}
	h := parseHeader(frame)
	if h.request() || h.command != commandCreditControl && h.command != commandAccounting {
		return nil, fmt.Errorf("read CCA: command %d is no answer to a CCR or ACR", h.command)
	}
	room := new(room)
	w := walk{
		decoder: d.decoder, shapes: d.dictionary.shapes,
		request: &room.request, room: room, lenient: true,
	}
	answer := new(charging.Answer)
	var a avp
	for rest := frame[headerLength:]; w.next(&rest, &a); {
		w.answered(answer, &a)
	}
	if refused := w.request.Refused; refused != nil {
		return nil, fmt.Errorf("read CCA: %s (%s)", refused.Message, refused.Result.Name())
	}
	return answer, nil
}

// answered reads an AVP at command level of a CCA.
func (w *walk) answered(answer *charging.Answer, a *avp) {
	switch a.id() {
	case avpSessionID:
		answer.Key.Session.ID = string(a.data)
	case avpCCSubSessionID, avpAccountingSubSessionID:
		answer.Key.Session.Sub = a.uint64()
	case avpCCRequestNumber, avpAccountingRecordNumber:
		answer.Key.Number = a.uint32()
	case avpCCRequestType:
		answer.Type = charging.RequestType(min(a.uint32(), 0xff))
	case avpResultCode:
		answer.Result = charging.Result(a.uint32())
	case avpExperimentalResult:
		w.experimental(answer, a)
	case avpMultipleServices:
		answer.Services = append(answer.Services, w.serviceAnswer(answer, a))
	case avpCostInformation:
		w.cost(answer, a)
	case avpRemainingBalance:
		answer.Balance, _ = w.money(a)
	case avpLowBalanceIndication:
		answer.LowOnes = charging.Known(int64(a.uint32()))
	case avpCheckBalanceResult:
		answer.Enough = charging.Known(int64(a.uint32()))
	case avpRefundInformation:
		answer.Refund = bytes.Clone(a.data)
	case avpErrorMessage:
		answer.Message = string(a.data)
	case avpFailedAVP:
		answer.Failed = w.dictionary.appendFailedAVPs(answer.Failed, a.data)
	default:
		w.lessUsualAnswer(answer, a)
	}
}

// experimental reads Experimental-Result, which some servers send in place of Result-Code.
func (w *walk) experimental(answer *charging.Answer, group *avp) {
	if !w.enter(group) {
		return
	}
	defer w.leave()
	var a avp
	for rest := group.data; w.next(&rest, &a); {
		if a.id() == avpExperimentalResultCode && answer.Result == 0 {
			answer.Result = charging.Result(a.uint32())
		}
	}
}

// appendFailedAVPs takes the AVPs of a Failed-AVP as they are, since one of them is wrong after
// all, and names them as far as they have names.
func (d *Dictionary) appendFailedAVPs(
	failed []charging.FailedAVP, data []byte,
) []charging.FailedAVP {
	for len(data) > 0 {
		a, rest, ok := nextAVP(data)
		if !ok {
			return append(failed, charging.FailedAVP{Raw: bytes.Clone(data)})
		}
		failed = append(failed, charging.FailedAVP{
			Path: d.pathOf(a, 0), Raw: bytes.Clone(a.raw),
		})
		data = rest
	}
	return failed
}

// pathOf names an AVP, and the one inside where it is a group around a single one.
func (d *Dictionary) pathOf(a avp, depth int) string {
	definition, known := d.find(a.vendor, a.code)
	if !known {
		return ""
	}
	inner, rest, ok := nextAVP(a.data)
	if definition.kind != grouped || !ok || len(rest) > 0 || depth == maxGroups {
		return definition.name
	}
	if path := d.pathOf(inner, depth+1); path != "" {
		return definition.name + "." + path
	}
	return definition.name
}

// serviceAnswer reads one MSCC of an answer.
func (w *walk) serviceAnswer(answer *charging.Answer, group *avp) (s charging.ServiceAnswer) {
	if !w.enter(group) {
		return s
	}
	defer w.leave()
	var a avp
	for rest := group.data; w.next(&rest, &a); {
		switch a.id() {
		case avpRatingGroup:
			s.Key.Group = charging.Known(int64(a.uint32()))
		case avpServiceIdentifier:
			s.Key.IDs = w.withID(s.Key.IDs, a.uint32())
		case avpResultCode:
			s.Result = charging.Result(a.uint32())
		case avpGrantedServiceUnit:
			w.granted(&s, &a)
		case avpValidityTime:
			s.ValidFor = time.Duration(a.uint32()) * time.Second
		case avpFinalUnitIndication:
			s.Final = overQoS(s.Final, w.finalUnit(&a))
		case avpRefundInformation:
			answer.Refund = bytes.Clone(a.data)
		default:
			w.quotaManagement(&s, &a)
		}
	}
	return s
}

// quotaManagement reads what 3GPP adds to an MSCC.
func (w *walk) quotaManagement(s *charging.ServiceAnswer, a *avp) {
	switch a.id() {
	case avpTimeQuotaThreshold:
		s.Threshold = charging.Quantity{Amount: int64(a.uint32()), Unit: charging.Time}
	case avpVolumeQuotaThreshold:
		s.Threshold = charging.Quantity{Amount: int64(a.uint32()), Unit: charging.Total}
	case avpUnitQuotaThreshold:
		s.Threshold = charging.Quantity{Amount: int64(a.uint32()), Unit: charging.Events}
	case avpQuotaHoldingTime:
		s.HoldingTime = charging.Known(int64(a.uint32()))
	case avpTrigger:
		if s.Triggers = w.triggers(s.Triggers, a); len(s.Triggers) == 0 {
			s.Triggers = []uint32{charging.TriggersDisarmed}
		}
	default:
		w.lessUsualQuota(s, a)
	}
}

func (w *walk) granted(s *charging.ServiceAnswer, group *avp) {
	if !w.enter(group) {
		return
	}
	defer w.leave()
	var units unitList
	var a avp
	for rest := group.data; w.next(&rest, &a); {
		if a.id() == avpTariffTimeChange {
			s.TariffChange = a.time()
			continue
		}
		w.unit(&units, &a)
	}
	s.Granted = units.keep(w.room)
}

func (w *walk) finalUnit(group *avp) *charging.FinalUnit {
	final := new(charging.FinalUnit)
	if !w.enter(group) {
		return final
	}
	defer w.leave()
	var a avp
	for rest := group.data; w.next(&rest, &a); {
		switch a.id() {
		case avpFinalUnitAction:
			final.Action = charging.FinalAction(min(a.uint32(), 0xff))
		case avpRestrictionFilterRule:
			final.Filters = append(final.Filters, string(a.data))
		case avpFilterID:
			final.Names = append(final.Names, string(a.data))
		case avpRedirectServer:
			final.Redirect = w.redirectServer(&a)
		}
	}
	return final
}

func (w *walk) redirectServer(group *avp) (address string) {
	if !w.enter(group) {
		return ""
	}
	defer w.leave()
	var a avp
	for rest := group.data; w.next(&rest, &a); {
		if a.id() == avpRedirectServerAddress {
			address = string(a.data)
		}
	}
	return address
}
