package ocf

import (
	"cmp"
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// settingsOf finds the settings of a client.
func (f *Function) settingsOf(origin charging.Origin) *charging.Settings {
	if f.options.Settings == nil {
		return &f.usual
	}
	if s := f.options.Settings(origin); s != nil {
		return s
	}
	return &f.usual
}

// because explains what a setting did.
func (c *charge) because(key charging.ServiceKey, detail string) {
	c.why(charging.Reason{Code: charging.BecauseSetting, Service: key, Detail: detail})
}

// unused explains why what a service reports is not debited.
func (c *charge) unused(code string, service *charging.Service, detail string) {
	for i := range service.Used {
		for _, units := range service.Used[i].Units {
			c.why(charging.Reason{Code: code, Service: service.Key, Units: units, Detail: detail})
		}
	}
}

// outOfCredit is the result where there is not enough credit.
func (c *charge) outOfCredit() charging.Result {
	return cmp.Or(c.settings.DenyCodes.Credit, charging.CreditLimitReached)
}

// noRule is the result where no rule rates a service.
func (c *charge) noRule() charging.Result {
	return cmp.Or(c.settings.DenyCodes.NoRule, charging.RatingFailed)
}

// inactive is the result where the account may not use any service.
func (c *charge) inactive() charging.Result {
	code := c.settings.DenyCodes.Barred
	if c.account.Status == charging.Expired {
		code = c.settings.DenyCodes.Expired
	}
	return cmp.Or(code, charging.EndUserServiceDenied)
}

// raise lifts the refusal of every service to command level, where the settings want it to stand
// there. The session ends then: its usage is debited by now.
func (c *charge) raise() error {
	level := c.settings.DenyLevel
	atService := level == "" || level == charging.DenyService
	if atService || !c.answer.Result.Success() || !c.refused() || c.free() {
		return nil
	}
	c.answer.Result = c.answer.Services[0].Result
	c.answer.Message = "no service is granted"
	c.because(charging.ServiceKey{}, "deny_level "+string(level)+": refused at command level")
	if level == charging.DenyCommand {
		c.answer.Services, c.answer.Failed = nil, c.answer.Failed[:c.first]
	}
	return c.closeRefused()
}

// free reports whether a service may be used without credit control, which is no refusal.
func (c *charge) free() bool {
	return slices.ContainsFunc(c.answer.Services, func(s charging.ServiceAnswer) bool {
		return s.Result == charging.CreditNotApplicable
	})
}

// lacksServices reports whether a request without MSCC is refused by a setting. A termination needs
// none.
func (c *charge) lacksServices() bool {
	services := c.request.Services
	return c.settings.NoMSCC == charging.NoMSCCRefuse &&
		c.request.Type != charging.Termination && (len(services) == 0 || services[0].Single)
}

// denyLacking refuses a request without MSCC; one that belongs to a session ends it (RFC 8506 table
// 6).
func (c *charge) denyLacking() error {
	c.deny(charging.MissingAVP, "Multiple-Services-Credit-Control is missing",
		charging.FailedAVP{Path: "Multiple-Services-Credit-Control"})
	return c.closeDenied()
}

// refuses reports whether a setting refuses what a service asks for, and answers it then. What it
// reports is settled.
func (c *charge) refuses(service *charging.Service, answer *charging.ServiceAnswer) bool {
	s := c.settings
	switch {
	case c.exceeded && s.Overspend == charging.OverspendDeny && service.Asked:
		answer.Result = c.outOfCredit()
		c.because(service.Key, "overspend deny_next: more was used than granted or there")
	case s.EmptyRSU == charging.EmptyRefuse && service.Asked && empty(service.Requested):
		answer.Result = charging.InvalidAVPValue
		c.failed(charging.FailedAVP{Path: "Multiple-Services-Credit-Control.Requested-Service-Unit"})
		c.because(service.Key, "empty_rsu 5004: no units are asked for")
	case c.refusesAbsent(service):
		answer.Result = charging.UnableToComply
		c.because(service.Key, "absent_rsu 5012: there is no Requested-Service-Unit")
	default:
		return false
	}
	if state := c.state(service.Key); state != nil {
		state.Granted = 0
	}
	return true
}

// refusesAbsent reports whether a service must not come without Requested-Service-Unit. A strict
// server asks for one in the first request (RFC 8506 section 8.16).
func (c *charge) refusesAbsent(service *charging.Service) bool {
	if service.Asked || c.winds(service) {
		return false
	}
	strict := c.settings.AbsentRSU == "" && c.settings.IsStrict()
	return c.settings.AbsentRSU == charging.AbsentRefuse ||
		strict && c.request.Type == charging.Initial
}

// grantsAbsent reports whether a service without Requested-Service-Unit is granted units anyway.
func (c *charge) grantsAbsent(service *charging.Service) bool {
	return c.settings.AbsentRSU == charging.AbsentDefault && !c.winds(service)
}

// winds reports whether a service winds up after its final units, when nothing more is asked for.
func (c *charge) winds(service *charging.Service) bool {
	state := c.state(service.Key)
	return state != nil && state.Final
}

// failed notes an AVP that a service is refused for. Only the first of a request is told, but for
// RFC 8506, whose answers may have one for each service (section 3.2).
func (c *charge) failed(failed charging.FailedAVP) {
	if (len(c.answer.Failed) == 0 || c.rfc()) && failed.Path != "" {
		c.answer.Failed = append(c.answer.Failed, failed)
	}
}

func empty(requested []charging.Quantity) bool {
	return !slices.ContainsFunc(requested, func(q charging.Quantity) bool { return q.Amount > 0 })
}

// misplaced reports whether the setting for final units wants another request than this one to
// report that the last ones are used up.
func (c *charge) misplaced(service *charging.Service) bool {
	required := c.settings.AfterFinal
	wrong := required == charging.AfterFinalTermination && c.request.Type == charging.Update ||
		required == charging.AfterFinalUpdate && c.request.Type == charging.Termination
	if !wrong {
		return false
	}
	state := c.state(service.Key)
	if state == nil || !state.Final || state.Granted == 0 || c.away(state) != nil {
		return false
	}
	var used int64
	for i := range service.Used {
		units, _ := unitsOf(service.Used[i].Units, state.Conditions.Unit)
		used += units
	}
	return used >= state.Granted
}

// blame answers a service whose final units were reported in the wrong kind of request.
func (c *charge) blame(service *charging.Service) charging.Result {
	c.because(service.Key, "require "+string(c.settings.AfterFinal)+
		": the final units are reported in another kind of request")
	if state := c.state(service.Key); state != nil {
		state.Granted = 0
	}
	return charging.UnableToComply
}

// validFor is how long a grant by these terms holds.
func (c *charge) validFor(terms *charging.Terms) time.Duration {
	return cmp.Or(c.settings.Validity, terms.ValidFor)
}

// tellTimers makes timers what is sent: without validity where there is to be none, and scaled. A
// validity that a script gave is sent in any case.
func (c *charge) tellTimers(d charging.Decision) {
	s := c.settings
	if !s.NoValidity && s.TimerScale == 0 {
		return
	}
	for i := range c.answer.Services {
		answer := &c.answer.Services[i]
		if s.NoValidity && !scriptsValidity(&d, answer.Key) {
			answer.ValidFor = 0
		}
		if s.TimerScale != 0 {
			answer.ValidFor = s.Scaled(answer.ValidFor)
			answer.HoldingTime = scaled(s, answer.HoldingTime)
		}
		answer.Quota = c.scaledQuota(answer.Quota)
	}
}

// scaled is a timer in seconds as it is sent; zero switches one off, and stays.
func scaled(s *charging.Settings, timer charging.Number) charging.Number {
	if timer.Value > 0 {
		timer.Value = int64(s.Scaled(time.Duration(timer.Value)*time.Second) / time.Second)
	}
	return timer
}

func scriptsValidity(d *charging.Decision, key charging.ServiceKey) bool {
	if !d.Only.Matches(key) {
		return false
	}
	return d.Limit != nil && d.Limit.ValidFor.Known || d.Instead != nil
}
