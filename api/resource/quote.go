package resource

import (
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/rating"
)

// Request says the quote in the words of rating, or all that is wrong with it. At is zero where the
// quote names no time.
func (q *Quote) Request() (rating.QuoteRequest, []charging.Fault) {
	// A quote describes its service as a charge does, so the charge's reader reads it.
	charge := Charge{
		Session: "quote", Type: charging.Initial.String(), Context: q.Context,
		Participants: q.Participants, Media: q.Media, Size: q.Size, Method: q.Method, Role: q.Role,
		ServiceType: q.ServiceType, Destination: q.Destination, Recipients: q.Recipients,
		Services: []ChargeService{{RatingGroup: q.RatingGroup, Service: q.Service}},
	}
	request, faults := charge.Request()
	read := chargeReader{faults: unprefixed(faults)}
	made := rating.QuoteRequest{Inputs: charging.Inputs{
		Context: request.Context, Service: request.Services[0].Key,
		Event: q.Kind == charging.Event.String(), Info: &request.Information,
		Participants: request.Information.Participants,
	}}
	if q.Kind != "" && q.Kind != "session" && !made.Inputs.Event {
		read.fault("kind", "%q is no kind of service; use session or event", q.Kind)
	}
	if (q.Plan == "") == (q.Account == "") {
		read.fault("plan", "a quote needs a plan, or an account whose plan is meant, and not both")
	}
	if q.At != nil {
		made.Inputs.At = *q.At
	}
	made.Units = read.quantity("units", q.Units)
	made.Money = read.quantity("money", q.Money)
	return made, read.faults
}

func (r *chargeReader) quantity(path, text string) charging.Quantity {
	quantity, err := readQuantity(text)
	r.check(path, err)
	if quantity.Amount < 0 {
		r.fault(path, "%q is below zero", text)
	}
	return quantity
}

// unprefixed moves what the only service of the charge says to the quote itself.
func unprefixed(faults []charging.Fault) []charging.Fault {
	const prefix = "services[0]."
	for i := range faults {
		if len(faults[i].Path) > len(prefix) && faults[i].Path[:len(prefix)] == prefix {
			faults[i].Path = faults[i].Path[len(prefix):]
		}
	}
	return faults
}
