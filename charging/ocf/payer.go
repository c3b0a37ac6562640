package ocf

import (
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// The words of a rule for who pays where the subscriber does not.
const (
	paidByCalled  = "called"
	paidByCalling = "calling"
)

// partyPaths are where a request tells the parties.
const (
	calledPath  = "Service-Information.IMS-Information.Called-Party-Address"
	callingPath = "Service-Information.IMS-Information.Calling-Party-Address"
)

// payer finds the account that the rule's terms charge; none is the subscriber's own. A party that
// was not told is *charging.Unrated; one that nobody has or that may not pay is *unpaid. Who paid
// for the session first as that party goes on to, whatever later requests call the party: a payer
// does not change in mid-session.
func (c *charge) payer(terms *charging.Terms) (string, error) {
	if terms.Payer != paidByCalled && terms.Payer != paidByCalling {
		return "", nil
	}
	info, kept := &c.request.Information, new(charging.Payers)
	if c.session != nil && c.request.Type != charging.Event {
		info, kept = &c.session.Info, &c.session.Payers
	}
	place, party, path := &kept.Called, info.Destination, calledPath
	if terms.Payer == paidByCalling {
		place, party, path = &kept.Calling, info.Calling, callingPath
	}
	account, err := c.partyAccount(terms.Payer, *place, party, path)
	if err != nil {
		return "", err
	}
	*place = account.ID
	if account.ID == c.account.ID {
		return "", nil
	}
	return account.ID, nil
}

// partyAccount is the account that paid before, else the one of the party told.
func (c *charge) partyAccount(word, before, party, path string) (*charging.Account, error) {
	account, found := (*charging.Account)(nil), false
	switch {
	case before != "":
		account, found = c.tx.Account(before)
		party = before
	case party == "":
		return nil, &charging.Unrated{Missing: path}
	default:
		account, found = c.party(party)
	}
	switch {
	case !found:
		return nil, &unpaid{
			charging.UserUnknown, "the " + word + " party is to pay, and no account is that of " + party,
		}
	case account.Status != charging.Active:
		return nil, &unpaid{
			charging.EndUserServiceDenied,
			"the " + word + " party is to pay, and its account " + account.ID + " is " +
				string(account.Status),
		}
	}
	return account, nil
}

// party finds the account of an address of the IMS: a SIP URI, a tel URI or a bare number. A SIP
// URI whose user is a telephone number is also that number (RFC 3261 section 19.1.6).
func (c *charge) party(address string) (*charging.Account, bool) {
	scheme, rest, schemed := strings.Cut(strings.TrimSpace(address), ":")
	if !schemed {
		rest = scheme
	}
	user, _, hosted := strings.Cut(rest, "@")
	if schemed && !strings.EqualFold(scheme, "tel") || hosted {
		sip := charging.Identity{Type: charging.SIP, Data: address}
		if account, found := c.tx.Subscriber(sip); found {
			return account, true
		}
	}
	number, _, _ := strings.Cut(user, ";")
	if digits := strings.TrimPrefix(number, "+"); strings.Trim(digits, "0123456789") != "" {
		return nil, false
	}
	return c.tx.Subscriber(charging.Identity{Type: charging.E164, Data: number})
}

// unpaid is why nobody can be charged.
type unpaid struct {
	result charging.Result
	detail string
}

// Error says who was to pay.
func (u *unpaid) Error() string { return u.detail }

// charged is the account that an offer is charged to.
func (c *charge) charged(o *offer) string {
	if o.payer == "" {
		return c.account.ID
	}
	return o.payer
}

// findPayer rates an offer and makes it one for the account that its rule charges, and says so.
// Nobody need pay for a service that is not controlled.
func (c *charge) findPayer(o *offer) (err error) {
	if err = c.rate(o); err != nil {
		return err
	}
	if o.terms.Uncontrolled && c.costsNothing(o) {
		return nil
	}
	if o.payer, err = c.payer(o.terms); err != nil || o.payer == "" {
		return err
	}
	c.why(charging.Reason{
		Code: charging.BecausePayer, Service: o.service.Key, Rule: o.conditions.Rule,
		Detail: "the " + o.terms.Payer + " party pays, account " + o.payer,
	})
	return nil
}

// unpaidService refuses a service that nobody pays for, and remembers that it was for this.
func (c *charge) unpaidService(service *charging.Service, fault *unpaid) charging.Result {
	c.unpaid = fault
	c.denied(service.Key, fault.result, fault.detail)
	return fault.result
}

// nobodyPays reports whether none of the services has anybody to pay for it: like one of a
// subscriber whom nobody knows, such an initial request is refused as a whole.
func (c *charge) nobodyPays() bool {
	return c.unpaid != nil && c.allAre(c.unpaid.result)
}

// forgetCaller drops who calls from a session whose plan charges no calling party: it need not be
// written with each request.
func (c *charge) forgetCaller() {
	if c.session.Info.Calling == "" {
		return
	}
	if terms := c.someTerms(); terms != nil && !terms.CallerPays {
		c.session.Info.Calling = ""
	}
}

// payerGone reports whether the account that pays for a service was deleted in the meantime.
func (c *charge) payerGone(state *charging.ServiceState) bool {
	if state.Payer == "" {
		return false
	}
	_, found := c.tx.Account(state.Payer)
	return !found
}

// orphan settles a service whose payer's account was deleted: what it used is lost.
func (c *charge) orphan(
	service *charging.Service, state *charging.ServiceState,
) (charging.Result, error) {
	if len(service.Used) == 0 {
		return charging.Success, c.release(state)
	}
	gone := &unpaid{charging.UserUnknown, "the account " + state.Payer +
		" that paid is gone: usage is lost revenue"}
	return c.unpaidService(service, gone), c.release(state)
}
