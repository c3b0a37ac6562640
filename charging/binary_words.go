package charging

// AppendBinary appends the form in which a ledger remembers the answer: all but Account, Why,
// Before, After, Entry, Repeat and Delivery. It never fails.
func (a *Answer) AppendBinary(dst []byte) ([]byte, error) {
	return encode(dst, a, visitAnswer), nil
}

// UnmarshalBinary reads what AppendBinary wrote, and fails on anything else.
func (a *Answer) UnmarshalBinary(in []byte) error {
	*a = Answer{}
	return decode(in, a, visitAnswer)
}

// AppendBinary appends the session's whole state. It never fails.
func (s *Session) AppendBinary(dst []byte) ([]byte, error) {
	return encode(dst, s, visitSession), nil
}

// UnmarshalBinary reads what AppendBinary wrote, and fails on anything else.
func (s *Session) UnmarshalBinary(in []byte) error {
	*s = Session{}
	return decode(in, s, visitSession)
}

// AppendBinary appends the reason. It never fails.
func (r *Reason) AppendBinary(dst []byte) ([]byte, error) {
	return encode(dst, r, visitReason), nil
}

// UnmarshalBinary reads what AppendBinary wrote, and fails on anything else.
func (r *Reason) UnmarshalBinary(in []byte) error {
	*r = Reason{}
	return decode(in, r, visitReason)
}

func visitAnswer(c *coder, a *Answer) {
	visitSessionID(c, &a.Key.Session)
	visitWhole(c, &a.Key.Number)
	visitWhole(c, &a.Type)
	visitWhole(c, &a.Result)
	visitList(c, &a.Services, visitServiceAnswer)
	visitQuantity(c, &a.Cost)
	visitQuantity(c, &a.Balance)
	visitNumber(c, &a.LowOnes)
	visitNumber(c, &a.Enough)
	c.octets(&a.Refund)
	visitList(c, &a.Failed, visitFailed)
	c.text(&a.Message)
	visitList(c, &a.Edits, visitEdit)
	visitAnswerMore(c, a)
}

func visitSessionID(c *coder, s *SessionID) {
	c.text(&s.ID)
	c.unsigned(&s.Sub)
}

func visitFailed(c *coder, f *FailedAVP) {
	c.text(&f.Path)
	c.text(&f.Value)
	c.octets(&f.Raw)
}

func visitEdit(c *coder, e *Edit) {
	c.text(&e.Op)
	c.text(&e.Path)
	c.text(&e.Value)
}

func visitKey(c *coder, k *ServiceKey) {
	visitNumber(c, &k.Group)
	visitList(c, &k.IDs, visitWhole[uint32])
}

func visitServiceAnswer(c *coder, s *ServiceAnswer) {
	visitKey(c, &s.Key)
	visitWhole(c, &s.Result)
	visitList(c, &s.Granted, visitQuantity)
	visitDuration(c, &s.ValidFor)
	visitOptional(c, &s.Final, visitFinal)
	visitQuantity(c, &s.Threshold)
	visitNumber(c, &s.HoldingTime)
	visitTime(c, &s.TariffChange)
	visitList(c, &s.Triggers, visitWhole[uint32])
}

func visitFinal(c *coder, f *FinalUnit) {
	visitWhole(c, &f.Action)
	c.text(&f.Redirect)
	visitList(c, &f.Filters, visitText[string])
	visitList(c, &f.Names, visitText[string])
}

func visitSession(c *coder, s *Session) {
	visitSessionID(c, &s.ID)
	c.text(&s.Account)
	c.text(&s.Origin.Host)
	c.text(&s.Origin.Realm)
	c.text(&s.Context)
	visitTime(c, &s.Opened)
	visitTime(c, &s.Deadline)
	visitTime(c, &s.Closed)
	c.text(&s.ClosedBy)
	visitWhole(c, &s.Highest)
	c.signed(&s.Attached)
	visitInformation(c, &s.Info)
	visitQuantity(c, &s.Cost)
	visitFlag(c, &s.Vendor)
	visitList(c, &s.Services, visitServiceState)
	visitSessionMore(c, s)
}

func visitServiceState(c *coder, s *ServiceState) {
	visitKey(c, &s.Key)
	visitConditions(c, &s.Conditions)
	c.signed(&s.Progress.Rest)
	c.signed(&s.Progress.Blocks)
	c.signed(&s.Progress.Paid)
	visitFlag(c, &s.Progress.Begun)
	c.signed(&s.Granted)
	c.signed(&s.Reservation)
	c.signed(&s.Held.Units)
	c.signed(&s.Held.Money)
	visitTime(c, &s.LastReport)
	visitTime(c, &s.ValidUntil)
	visitFlag(c, &s.Final)
	c.signed(&s.Counted)
	visitWhole(c, &s.Number)
	visitList(c, &s.Armed, visitWhole[uint32])
}

func visitConditions(c *coder, s *Conditions) {
	c.text(&s.Plan)
	c.signed(&s.Version)
	c.text(&s.Rule)
	visitText(c, &s.Unit)
	c.signed(&s.Price)
	visitNumber(c, &s.Participants)
	visitList(c, &s.Media, visitText[string])
	c.signed(&s.Period)
	visitNumber(c, &s.Size)
}

func visitInformation(c *coder, i *Information) {
	visitNumber(c, &i.Participants)
	visitNumber(c, &i.Members)
	visitNumber(c, &i.ServiceType)
	visitFlag(c, &i.MediaKnown)
	visitList(c, &i.Media, visitText[string])
	c.text(&i.Method)
	visitNumber(c, &i.Role)
	c.text(&i.Destination)
	visitNumber(c, &i.Recipients)
	visitNumber(c, &i.Size)
	visitNumber(c, &i.Counters.Delivered)
	visitNumber(c, &i.Counters.DeliveredExploded)
	visitNumber(c, &i.Counters.Sent)
	visitNumber(c, &i.Counters.Exploded)
	c.text(&i.Conference)
}

func visitReason(c *coder, r *Reason) {
	c.text(&r.Code)
	visitKey(c, &r.Service)
	c.text(&r.Rule)
	visitQuantity(c, &r.Units)
	c.signed(&r.Blocks)
	c.signed(&r.Price)
	c.signed(&r.Setup)
	visitQuantity(c, &r.Cost)
	visitNumber(c, &r.Participants)
	visitList(c, &r.Media, visitText[string])
	c.text(&r.Detail)
}
