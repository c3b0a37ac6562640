package diameter

import (
	"bytes"
	"net"
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// AVPs of the exchange of capabilities that nothing else uses.
const (
	avpAcctApplicationID = 259
	avpFirmwareRevision  = 267
	avpInbandSecurityID  = 299
)

// relayApplication stands for every application (RFC 6733 section 2.4).
const relayApplication = 0xffffffff

// The Inband-Security-Ids (RFC 6733 section 6.10). TLS comes before Diameter here, or not at all
// (section 13.1): a peer that will have it after the CER alone finds it on a listener for TLS only,
// where it is there already.
const (
	noInbandSecurity = 0
	inbandTLS        = 1
)

// capabilities are what a CER says.
type capabilities struct {
	peer         Peer
	present      map[uint64]bool
	common       bool   // one of the applications is had here, whatever is served
	accounting   bool   // application 3 is offered for accounting
	firstOffered []byte // the first AVP with an application, for Failed-AVP
	security     []uint32
}

// maxApplications bounds how many applications of a peer are told.
const maxApplications = 64

// readCapabilities reads a CER that passed inspect.
func readCapabilities(frame []byte) (c capabilities) {
	c.present = make(map[uint64]bool)
	c.readMembers(frame[headerLength:])
	return c
}

func (c *capabilities) readMembers(members []byte) {
	for rest := members; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			return
		}
		c.present[a.id()] = true
		c.read(a)
		rest = next
	}
}

func (c *capabilities) read(a avp) {
	if isNumberOfPeer(a.id()) && len(a.data) != 4 {
		return // where it matters, it is refused
	}
	switch a.id() {
	case avpOriginHost:
		c.peer.OriginHost = string(a.data)
	case avpOriginRealm:
		c.peer.OriginRealm = string(a.data)
	case avpProductName:
		c.peer.ProductName = string(a.data)
	case avpVendorID:
		c.peer.VendorID = a.uint32()
	case avpOriginStateID:
		c.peer.OriginStateID = a.uint32()
	case avpFirmwareRevision:
		c.peer.FirmwareRevision = a.uint32()
	case avpInbandSecurityID:
		c.security = append(c.security, a.uint32())
	case avpAuthApplicationID, avpAcctApplicationID:
		c.offer(a, a)
	case avpVendorSpecificApplicationID:
		c.readVendorSpecific(a)
	}
}

// isNumberOfPeer knows the Unsigned32 and Enumerated that capabilities are read for.
func isNumberOfPeer(id uint64) bool {
	switch id {
	case avpVendorID, avpOriginStateID, avpFirmwareRevision, avpInbandSecurityID,
		avpAuthApplicationID, avpAcctApplicationID:
		return true
	}
	return false
}

// readVendorSpecific looks into Vendor-Specific-Application-Id. RFC 6733 section 5.3: the vendor
// in it is not to be compared.
func (c *capabilities) readVendorSpecific(group avp) {
	for rest := group.data; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			return
		}
		if (a.id() == avpAuthApplicationID || a.id() == avpAcctApplicationID) && len(a.data) == 4 {
			c.offer(group, a)
		}
		rest = next
	}
}

// offer takes an application; shown is the AVP for Failed-AVP, which may be a group around it.
func (c *capabilities) offer(shown, a avp) {
	application := a.uint32()
	if c.firstOffered == nil {
		c.firstOffered = bytes.Clone(shown.raw)
	}
	c.accounting = c.accounting ||
		a.id() == avpAcctApplicationID && application == accountingApplication
	c.common = c.common || application == creditControlApplication ||
		application == relayApplication
	told := c.peer.Applications
	if len(told) < maxApplications && !slices.Contains(told, application) {
		c.peer.Applications = append(c.peer.Applications, application)
	}
	c.peer.Relay = c.peer.Relay || application == relayApplication
}

// secure reports whether there is a common security mechanism; none offered means none wanted.
func (c *capabilities) secure(protected bool) bool {
	for _, security := range c.security {
		if security == noInbandSecurity || protected && security == inbandTLS {
			return true
		}
	}
	return len(c.security) == 0
}

// requiredCapabilities must stand in every CER (RFC 6733 section 5.3.1).
var requiredCapabilities = [...]uint64{
	avpOriginHost, avpOriginRealm, avpHostIPAddress, avpVendorID, avpProductName,
}

// capabilitiesExchange answers a CER. After one that is refused for what the peer is or offers,
// the connection ends (RFC 6733 section 5.3); a second one on an open connection is answered too.
func (s *Server) capabilitiesExchange(g *guard, h header) {
	offered := readCapabilities(g.frame)
	fault := s.judge(&offered, g.protected())
	var scripted charging.Decision
	if fault == nil {
		if scripted = g.script(h, offered.peer.origin()); g.unheard(&scripted) {
			return
		}
		fault = scriptedFault(&scripted)
	}
	if fault == nil {
		fault = s.admitPeer(g.connection, &offered.peer)
	}
	if fault == nil {
		s.noteState(offered.peer.origin(), offered.peer.OriginStateID)
		g.replyAs(s.appendCapabilitiesAnswer(nil, g.connection, h, nil), &scripted)
		return
	}
	g.tellFault(h, fault)
	g.replyAs(g.faultMessage(g.frame, h, fault), &scripted)
	if fault.result != charging.MissingAVP {
		g.finish()
	}
}

func (s *Server) judge(c *capabilities, protected bool) *refusal {
	for _, id := range requiredCapabilities {
		if !c.present[id] {
			definition, _ := s.dictionary().find(uint32(id>>32), uint32(id))
			return &refusal{
				charging.MissingAVP, s.dictionary().missing(id), definition.name + " is missing",
			}
		}
	}
	switch {
	case !s.allowed(c.peer.OriginHost):
		return &refusal{result: resultUnknownPeer, message: "no peer of this name is admitted"}
	case !c.common && (!c.accounting || s.options.Accounting == nil):
		failed := c.firstOffered
		if failed == nil {
			failed = s.dictionary().missing(avpAuthApplicationID)
		}
		return &refusal{
			resultNoCommonApplication, failed, "no application in common: this server has " + s.has(),
		}
	case !c.secure(protected):
		return &refusal{result: resultNoCommonSecurity, message: "no security mechanism in common"}
	}
	return nil
}

// has names the applications served.
func (s *Server) has() string {
	if s.options.Accounting != nil {
		return "4 for authorization and 3 for accounting"
	}
	return "4"
}

// allowed asks the allow-list; without one every peer is admitted.
func (s *Server) allowed(host string) bool {
	return len(s.options.AllowedPeers) == 0 || matchesAny(s.options.AllowedPeers, host)
}

// resultElectionLost is what a refused second connection is told (RFC 6733 section 7.1.4): the
// other one stays. There is no election, as this server never dials (section 5.6.4).
const resultElectionLost charging.Result = 4003

// admitPeer opens the connection for the peer, as the setting for second connections has it.
func (s *Server) admitPeer(c *connection, peer *Peer) *refusal {
	s.admitting.Lock()
	defer s.admitting.Unlock()
	others := s.peers.beside(peer.OriginHost, c)
	duplicate := s.duplicatePeer(peer)
	if len(others) > 0 && duplicate == RejectDuplicate {
		return &refusal{
			result:  resultElectionLost,
			message: "the peer has a connection already, and that is kept",
		}
	}
	c.becomePeer(peer)
	s.peers.add(c, peer.OriginHost)
	if duplicate == ReplaceDuplicate {
		for _, other := range others {
			other.log.Info().Msg("replaced by a newer connection of the peer")
			other.finish()
		}
	}
	return nil
}

// duplicatePeer is the peer's own setting for second connections, else the server's.
func (s *Server) duplicatePeer(peer *Peer) DuplicatePeer {
	origin := charging.Origin{Host: peer.OriginHost, Realm: peer.OriginRealm}
	if own := s.settingsOf(origin); own != nil && own.DuplicatePeer != "" {
		return DuplicatePeer(own.DuplicatePeer)
	}
	return s.options.DuplicatePeer
}

func (c *connection) becomePeer(peer *Peer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.peer.Since
	c.peer = *peer
	c.peer.Address, c.peer.Listener = c.RemoteAddr().String(), c.LocalAddr().String()
	c.peer.Since = s
	if !c.open.Swap(true) {
		c.peer.Since = time.Now()
		c.watch.begin(c)
		c.log.Info().Str("peer", peer.OriginHost).Str("product", peer.ProductName).Msg("peer is up")
	}
}

// appendCapabilitiesAnswer appends a CEA. It offers application 4, and 3 for accounting, both
// plainly and as 3GPP's, since some clients look for the one and some for the other.
func (s *Server) appendCapabilitiesAnswer(
	dst []byte, c *connection, h header, fault *refusal,
) []byte {
	start, result := len(dst), charging.Success
	if fault != nil {
		result = fault.result
	}
	dst = appendMessage(dst, h.answer())
	dst = c.self.appendResult(dst, result)
	for _, ip := range s.addresses(c.LocalAddr()) {
		dst = appendHostAddress(dst, avpHostIPAddress, ip)
	}
	dst = appendUint32(dst, 0, avpVendorID, s.options.VendorID)
	dst = appendPlainText(dst, avpProductName, s.options.ProductName)
	dst = s.appendStateID(dst)
	if fault != nil {
		dst = appendPlainText(dst, avpErrorMessage, fault.message)
		if fault.failed != nil {
			dst = appendFault(dst, fault.failed)
		}
	}
	dst = appendUint32(dst, 0, avpSupportedVendorID, vendor3GPP)
	for _, vendor := range s.dictionary().vendors {
		dst = appendUint32(dst, 0, avpSupportedVendorID, vendor)
	}
	dst = appendApplication(dst, avpAuthApplicationID, creditControlApplication)
	if s.options.Accounting != nil {
		dst = appendApplication(dst, avpAcctApplicationID, accountingApplication)
	}
	revision := len(dst)
	dst = append(appendHeader(dst, 0, avpFirmwareRevision, 0), 0, 0, 0, firmwareRevision)
	return endMessage(endAVP(dst, revision), start)
}

// appendApplication appends an application, plainly and as 3GPP's.
func appendApplication(dst []byte, code, application uint32) []byte {
	dst = appendUint32(dst, 0, code, application)
	group := len(dst)
	dst = appendHeader(dst, 0, avpVendorSpecificApplicationID, flagMandatory)
	dst = appendUint32(dst, 0, avpVendorID, vendor3GPP)
	return endAVP(appendUint32(dst, 0, code, application), group)
}

// firmwareRevision is told to peers; it goes up when what is spoken changes.
const firmwareRevision = 1

func (s *Server) appendStateID(dst []byte) []byte {
	if s.options.OriginStateID == nil {
		return dst
	}
	return appendUint32(dst, 0, avpOriginStateID, s.options.OriginStateID())
}

// addresses are those for Host-IP-Address: as told, or what the peer has reached.
func (s *Server) addresses(local net.Addr) []net.IP {
	if len(s.options.HostAddresses) > 0 {
		return s.options.HostAddresses
	}
	return addressesOf(local)
}

// appendHostAddress appends an Address (RFC 6733 section 4.3.1).
func appendHostAddress(dst []byte, code uint32, ip net.IP) []byte {
	start, family := len(dst), byte(familyIPv6)
	if v4 := ip.To4(); v4 != nil {
		ip, family = v4, familyIPv4
	}
	dst = append(appendHeader(dst, 0, code, flagMandatory), 0, family)
	return endAVP(append(dst, ip...), start)
}

// deviceWatchdog answers a DWR, unless a script wants the connection to look dead.
func (s *Server) deviceWatchdog(g *guard, h header) {
	if g.mute() {
		g.recordSilence(&outgoing{number: g.number})
		return
	}
	s.noteStateIn(g.frame, g.origin())
	scripted := g.script(h, g.origin())
	if !g.unheard(&scripted) {
		g.answerBetween(h, &scripted, s.appendStateID)
	}
}

// disconnectPeer answers a DPR; then the connection ends.
func (s *Server) disconnectPeer(g *guard, h header) {
	scripted := g.script(h, g.origin())
	if g.unheard(&scripted) {
		return
	}
	g.log.Info().Msg("the peer says goodbye")
	g.answerBetween(h, &scripted, func(answer []byte) []byte { return answer })
	g.finish()
}
