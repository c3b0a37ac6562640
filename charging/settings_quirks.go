package charging

// AnswerQuirks are peculiarities of answers, any number of them.
type AnswerQuirks uint32

// The peculiarities of answers, in the order in which documents name them.
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

// Has reports whether a peculiarity is among them.
func (q AnswerQuirks) Has(one AnswerQuirks) bool { return q&one != 0 }
