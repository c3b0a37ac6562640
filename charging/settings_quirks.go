package charging

import "math/bits"

// AnswerQuirks are peculiarities of answers, any number of them.
type AnswerQuirks uint32

// The peculiarities of answers.
const (
	QuirkDestination     AnswerQuirks = 1 << iota // Destination-Host and Destination-Realm are there
	QuirkNoApplication                            // Auth-Application-Id is not there
	QuirkNoRequestType                            // CC-Request-Type is not there
	QuirkNoRequestNumber                          // CC-Request-Number is not there
	QuirkNoRatingGroup                            // no MSCC has a Rating-Group
	QuirkNoServiceResult                          // no MSCC has a Result-Code
	QuirkExperimental                             // Experimental-Result in place of Result-Code
	QuirkOneService                               // only the first MSCC is answered
	QuirkNoServiceIDs                             // no MSCC has a Service-Identifier
)

// QuirkNames are the words for the peculiarities, in their order.
func QuirkNames() []string {
	return []string{
		"destination", "no_auth_application_id", "no_request_type", "no_request_number",
		"no_rating_group", "no_mscc_result", "experimental_result", "one_mscc",
		"no_service_identifier",
	}
}

// ParseQuirk finds the peculiarity of a name.
func ParseQuirk(name string) (AnswerQuirks, bool) {
	for i, known := range QuirkNames() {
		if known == name {
			return 1 << i, true
		}
	}
	return 0, false
}

// Has reports whether a peculiarity is among them.
func (q AnswerQuirks) Has(one AnswerQuirks) bool { return q&one != 0 }

// Names are the words for those that are there.
func (q AnswerQuirks) Names() []string {
	names := make([]string, 0, bits.OnesCount32(uint32(q)))
	for i, name := range QuirkNames() {
		if q.Has(1 << i) {
			names = append(names, name)
		}
	}
	return names
}
