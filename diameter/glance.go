package diameter

// A Glance is what ties messages of a capture together: the header, whose message it is, and which
// request of which session.
type Glance struct {
	Request, Proxiable, Error, Retransmitted bool

	Command, Application uint32
	HopByHop, EndToEnd   uint32

	Name     string // as in CCR
	Session  string
	Sub      uint64 // CC-Sub-Session-Id
	Number   uint32 // CC-Request-Number
	Host     string // Origin-Host
	State    uint32 // Origin-State-Id; 0: none
	Routes   int    // how many Route-Records
	Context  bool   // Service-Context-Id is there
	Numbered bool   // CC-Request-Number is there
}

// GlanceAt looks at a message. It is false for octets without a header.
func GlanceAt(raw []byte) (g Glance, ok bool) {
	if len(raw) < headerLength {
		return g, false
	}
	h := parseHeader(raw)
	g = Glance{
		Request: h.request(), Proxiable: h.flags&flagProxiable != 0,
		Error: h.flags&flagError != 0, Retransmitted: h.flags&flagRetransmitted != 0,
		Command: h.command, Application: h.application, HopByHop: h.hopByHop,
		EndToEnd: h.endToEnd, Name: h.name(),
	}
	var a avp
	for rest := raw[headerLength:]; len(rest) > 0; {
		next, sound := a.cut(rest)
		if !sound {
			break
		}
		g.note(&a)
		rest = next
	}
	return g, true
}

func (g *Glance) note(a *avp) {
	switch id := a.id(); {
	case id == avpSessionID:
		g.Session = string(a.data)
	case id == avpOriginHost:
		g.Host = string(a.data)
	case id == avpRouteRecord:
		g.Routes++
	case id == avpServiceContextID:
		g.Context = true
	case id == avpCCSubSessionID && len(a.data) == 8:
		g.Sub = a.uint64()
	case id == avpCCRequestNumber && len(a.data) == 4:
		g.Number, g.Numbered = a.uint32(), true
	case id == avpOriginStateID && len(a.data) == 4:
		g.State = a.uint32()
	}
}

// IsBase reports whether the message is of two neighbours: CER, DWR, DPR or an answer to one.
func (g *Glance) IsBase() bool { return header{command: g.Command}.base() }

// IsCredit reports whether the message is of credit control or accounting, by its header; or a
// request of credit control by what it holds, whatever its header says.
func (g *Glance) IsCredit() bool {
	return g.Application == creditControlApplication || g.Application == accountingApplication ||
		g.Command == commandCreditControl && g.Request && g.Context
}
