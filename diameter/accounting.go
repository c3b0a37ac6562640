package diameter

import (
	"bytes"
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Accounting, which is how offline charging (Rf, CH-1) reports: RFC 6733 section 9 and TS 32.299
// section 6.2. It is served where Options.Accounting is there.
const accountingApplication = 3

// AVPs of accounting.
const (
	avpAcctSessionID             = 44
	avpAcctMultiSessionID        = 50
	avpAcctInterimInterval       = 85
	avpAccountingSubSessionID    = 287
	avpAccountingRecordType      = 480
	avpAccountingRealtime        = 483
	avpAccountingRecordNumber    = 485
	highestAccountingRecord      = 4
	doorAccounting               = "rf"
	sawRecordType                = sawRequestType
	sawRecordNumber              = sawRequestNumber
	sawAccountingApplication     = sawAuthApplication
	sawAccountingSession         = sawAction
	sawAccountingMultiSession    = sawCorrelation
	sawAccountingInterimInterval = sawMultiple
	sawAccountingRealtime        = sawGroup
)

// An accounted request is what an ACA repeats of its ACR, as raw AVPs.
type accounted struct {
	recordType, recordNumber []byte   // nil: not there
	others                   [][]byte // that an ACA may repeat (RFC 6733 section 9.7.2)
}

// accounting reports whether the frame is an ACR for us.
func (s *Server) accounting(frame []byte, h header) bool {
	return s.options.Accounting != nil && h.command == commandAccounting && h.request() &&
		frame[0] == 1 && h.application == accountingApplication && h.flags&flagError == 0
}

// account takes an ACR as charge takes a CCR.
func (g *guard) account(frame []byte, h header) {
	s := g.server
	frame = bytes.Clone(frame)
	number := int64(0)
	if s.options.Recorder != nil {
		message := g.message(frame)
		message.Door = doorAccounting
		number = s.options.Recorder.Received(message)
	}
	dictionary := s.dictionary()
	request, repeated, proxyInfo := g.decoder.decodeAccounting(
		dictionary, frame, s.options.Clock.Now())
	request.Exchange, request.Attributes = number, frameAttributes{dictionary, frame}
	s.peers.came(g.connection, request.Origin)
	own := s.settingsOf(request.Origin)
	if own != nil && own.OriginState == charging.OriginStateClean {
		s.noteStateIn(frame, request.Origin)
	}
	if !g.acquire() {
		return
	}
	x := &charged{
		connection: g.connection, request: request, header: h, proxyInfo: proxyInfo,
		accounted: repeated,
	}
	if s.gated && request.Refused == nil {
		request.Refused = g.gate(x, frame)
	}
	if request.Refused != nil {
		x.reply(refused(request))
		return
	}
	s.options.Accounting.Charge(s.context, request, x.reply)
}

// decodeAccounting reads an ACR as decode reads a CCR.
func (d *decoder) decodeAccounting(
	dictionary *Dictionary, frame []byte, at time.Time,
) (r *charging.Request, repeated *accounted, proxyInfo [][]byte) {
	room, repeated := new(room), new(accounted)
	w := walk{decoder: d, shapes: dictionary.shapes, request: &room.request, room: room}
	w.begin(at)
	h := parseHeader(frame)
	w.request.EndToEnd = h.endToEnd
	w.request.Retransmitted = h.flags&flagRetransmitted != 0
	var a avp
	for rest := frame[headerLength:]; w.next(&rest, &a); {
		w.account(repeated, &a)
	}
	w.missingInAccounting()
	if w.hasSingle && len(w.request.Services) == 0 {
		w.request.Services = append(w.request.Services, w.single)
	}
	w.fallBack()
	w.settleInformation()
	return w.request, repeated, w.proxies
}

// placeInAccounting is the grammar of ACR (RFC 6733 section 9.7.1) as placeInRequest is that of
// CCR. Credit control's AVPs may stand in one, as AVPs of any other kind.
func placeInAccounting(id uint64) presence {
	switch id {
	case avpSessionID, avpOriginHost, avpOriginRealm, avpDestinationRealm, avpDestinationHost,
		avpUserName, avpEventTimestamp, avpOriginStateID, avpServiceContextID, avpResultCode,
		avpFailedAVP:
		return placeInRequest(id)
	case avpAccountingRecordType:
		return sawRecordType
	case avpAccountingRecordNumber:
		return sawRecordNumber
	case avpAcctApplicationID:
		return sawAccountingApplication
	case avpAccountingSubSessionID:
		return sawSubSession
	case avpAcctSessionID:
		return sawAccountingSession
	case avpAcctMultiSessionID:
		return sawAccountingMultiSession
	case avpAcctInterimInterval:
		return sawAccountingInterimInterval
	case avpAccountingRealtime:
		return sawAccountingRealtime
	}
	return 0
}

// account reads an AVP at command level of an ACR.
func (w *walk) account(repeated *accounted, a *avp) {
	if !w.mayStand(placeInAccounting(a.id()), a) {
		return
	}
	r := w.request
	switch a.id() {
	case avpAccountingRecordType:
		repeated.recordType = a.raw
		w.recordType(a)
	case avpAccountingRecordNumber:
		repeated.recordNumber, r.Key.Number = a.raw, a.uint32()
	case avpAcctApplicationID:
		if a.uint32() != accountingApplication {
			w.refuse(charging.InvalidAVPValue, a.raw,
				"Acct-Application-Id is not 3, base accounting")
		}
	case avpAccountingSubSessionID:
		repeated.others, r.Key.Session.Sub = append(repeated.others, a.raw), a.uint64()
	case avpAcctSessionID, avpAcctMultiSessionID:
		repeated.others = append(repeated.others, a.raw)
	default:
		w.common(a)
	}
}

func (w *walk) recordType(a *avp) {
	value := a.uint32()
	if value < 1 || value > highestAccountingRecord {
		w.refuse(charging.InvalidAVPValue, a.raw, "Accounting-Record-Type is none of 1 to 4")
		return
	}
	w.request.Record = charging.RecordType(value)
}

// missingInAccounting looks for the AVPs that every ACR must have. Acct-Application-Id is not among
// them, as the header says the same.
func (w *walk) missingInAccounting() {
	switch {
	case w.missingRoute():
	case !w.saw.has(sawRecordType):
		w.refuseMissing("Accounting-Record-Type")
	case !w.saw.has(sawRecordNumber):
		w.refuseMissing("Accounting-Record-Number")
	}
}

// appendAccountingAnswer appends the ACA for an answer to an ACR.
func (s *Server) appendAccountingAnswer(dst []byte, a *charging.Answer, x *charged) []byte {
	start, head, repeated := len(dst), x.header.answer(), x.accounted
	bare := a.Result.ProtocolError() || a.Key.Session.ID == "" ||
		repeated.recordType == nil || repeated.recordNumber == nil
	if bare {
		head.flags |= flagError
		dst = appendBareAnswer(appendMessage(dst, head), a, x.connection.self)
	} else {
		dst = appendMessage(dst, head)
		dst = appendText(dst, avpSessionID, a.Key.Session.ID)
		dst = x.connection.self.appendResult(dst, a.Result)
		dst = appendRaw(dst, repeated.recordType)
		dst = appendRaw(dst, repeated.recordNumber)
		dst = appendUint32(dst, 0, avpAcctApplicationID, accountingApplication)
		for _, raw := range repeated.others {
			dst = appendRaw(dst, raw)
		}
		dst = s.appendInterimInterval(dst, a, x.request.Record)
	}
	dst = appendFailed(dst, a.Failed)
	dst = appendErrorMessage(dst, a.Message)
	for _, raw := range x.proxyInfo {
		dst = appendRaw(dst, raw)
	}
	return endMessage(dst, start)
}

// appendInterimInterval asks for interim records (RFC 6733 section 9.8.2), where that is wanted and
// the session goes on.
func (s *Server) appendInterimInterval(
	dst []byte, a *charging.Answer, record charging.RecordType,
) []byte {
	goesOn := record == charging.StartRecord || record == charging.InterimRecord
	if !goesOn || !a.Result.Success() || s.options.InterimInterval < time.Second {
		return dst
	}
	return appendUint32(dst, 0, avpAcctInterimInterval,
		uint32(s.options.InterimInterval/time.Second))
}

// appendAccountingRequest appends the ACR for a request that has a Record.
func appendAccountingRequest(
	dst []byte, r *charging.Request, o ClientOptions, h header,
) []byte {
	start := len(dst)
	h.command, h.application = commandAccounting, accountingApplication
	dst = appendRouting(appendMessage(dst, h), r, o)
	dst = appendNumber(dst, avpAccountingRecordType, uint32(r.Record))
	dst = appendNumber(dst, avpAccountingRecordNumber, r.Key.Number)
	dst = appendNumber(dst, avpAcctApplicationID, accountingApplication)
	if r.Key.Session.Sub != 0 {
		dst = appendLong(dst, avpAccountingSubSessionID, r.Key.Session.Sub)
	}
	if !r.EventTime.IsZero() {
		dst = appendInstant(dst, avpEventTimestamp, r.EventTime)
	}
	if r.Context != "" {
		dst = appendText(dst, avpServiceContextID, r.Context)
	}
	if r.Cause != 0 {
		dst = appendNumber(dst, avpTerminationCause, r.Cause)
	}
	for i := range r.Services {
		dst = appendService(dst, &r.Services[i], nil)
	}
	dst = appendTriggers(dst, r.Triggers)
	return endMessage(appendServiceInformation(dst, r), start)
}

// ServiceInformation is what Service-Information holds in a message that attributes are of: AVPs by
// name, each a text, a group again, or a list of those where the AVP stands there several times.
// nil: there is none.
func ServiceInformation(a charging.Attributes) map[string]any {
	frame, ok := a.(frameAttributes)
	if !ok {
		return nil
	}
	nodes := Render(frame.frame).AVPs
	at := slices.IndexFunc(nodes, func(n *Node) bool { return n.Name == "Service-Information" })
	if at < 0 {
		return nil
	}
	return byName(nodes[at].Children)
}

func byName(nodes []*Node) map[string]any {
	named := make(map[string]any, len(nodes))
	for _, n := range nodes {
		var value any = n.Value
		if n.Children != nil {
			value = byName(n.Children)
		}
		switch before := named[n.Name].(type) {
		case nil:
			named[n.Name] = value
		case []any:
			named[n.Name] = append(before, value)
		default:
			named[n.Name] = []any{before, value}
		}
	}
	return named
}
