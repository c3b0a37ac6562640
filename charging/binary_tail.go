package charging

// more reports whether a form goes on with what later versions added. It is written only where
// there is something to say, so that forms of both ages are read, and most stay as short as ever.
func (c *coder) more(something bool) bool {
	if c.reading {
		return len(c.bytes) > 0
	}
	return something
}

// visitAnswerMore visits what version 1 of the form did not have.
func visitAnswerMore(c *coder, a *Answer) {
	if !c.more(!c.reading && a.saysMore()) {
		return
	}
	visitFlag(c, &a.RFC)
	visitOptional(c, &a.Failure, visitFailure)
	visitTime(c, &a.Expires)
	c.text(&a.Unit)
	visitWhole(c, &a.Quirks)
	for i := range a.Services {
		visitServiceMore(c, &a.Services[i])
	}
}

// visitSessionMore is the same for a session.
func visitSessionMore(c *coder, s *Session) {
	if !c.more(!c.reading && s.saysMore()) {
		return
	}
	c.text(&s.Info.Calling)
	c.text(&s.Payers.Called)
	c.text(&s.Payers.Calling)
	for i := range s.Services {
		c.text(&s.Services[i].Payer)
	}
	visitRelay(c, s)
}

// visitRelay visits the neighbour that stands between client and server. Connections do not
// outlive the process, but that one may be there again.
func visitRelay(c *coder, s *Session) {
	peer := ""
	if !c.reading {
		peer = s.relay()
	}
	if !c.more(peer != "") {
		return
	}
	if c.text(&peer); c.reading {
		s.Route = &Route{Peer: peer}
	}
}

func (s *Session) saysMore() bool {
	for i := range s.Services {
		if s.Services[i].Payer != "" {
			return true
		}
	}
	return s.Info.Calling != "" || s.Payers != Payers{} || s.relay() != ""
}

func (a *Answer) saysMore() bool {
	for i := range a.Services {
		if a.Services[i].saysMore() {
			return true
		}
	}
	return a.RFC || a.Quirks != 0 || a.Failure != nil || !a.Expires.IsZero() || a.Unit != ""
}

func (s *ServiceAnswer) saysMore() bool {
	return s.Single || s.Tariff.Known || s.Quota != nil || len(s.Announcements) > 0 ||
		s.Final != nil && s.Final.QoS
}

func visitServiceMore(c *coder, s *ServiceAnswer) {
	visitFlag(c, &s.Single)
	visitNumber(c, &s.Tariff)
	visitOptional(c, &s.Quota, visitQuota)
	visitList(c, &s.Announcements, visitAnnouncement)
	qos := s.Final != nil && s.Final.QoS
	visitFlag(c, &qos)
	if s.Final != nil && c.reading {
		s.Final.QoS = qos
	}
}

func visitFailure(c *coder, f *FailureHandling) {
	visitNumber(c, &f.Session)
	visitNumber(c, &f.Debit)
	visitNumber(c, &f.Failover)
}

func visitQuota(c *coder, q *Quota) {
	visitNumber(c, &q.ConsumptionTime)
	visitNumber(c, &q.UnusedTimer)
	visitOptional(c, &q.Mechanism, visitMechanism)
	visitOptional(c, &q.Pool, visitPool)
}

func visitMechanism(c *coder, m *TimeMechanism) {
	visitWhole(c, &m.Type)
	visitWhole(c, &m.Interval)
}

func visitPool(c *coder, p *Pool) {
	visitWhole(c, &p.ID)
	visitText(c, &p.Unit)
	c.signed(&p.Multiplier.Digits)
	exponent := int64(p.Multiplier.Exponent)
	c.signed(&exponent)
	p.Multiplier.Exponent = int32(exponent)
}

func visitAnnouncement(c *coder, a *Announcement) {
	visitWhole(c, &a.ID)
	visitList(c, &a.Parts, visitAnnouncementPart)
	visitNumber(c, &a.At)
	visitNumber(c, &a.Quota)
	visitNumber(c, &a.Order)
	visitNumber(c, &a.Play)
	visitNumber(c, &a.Private)
	c.text(&a.Language)
}

func visitAnnouncementPart(c *coder, p *AnnouncementPart) {
	visitNumber(c, &p.Order)
	visitWhole(c, &p.Type)
	c.text(&p.Value)
}
