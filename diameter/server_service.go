package diameter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A serverService is a Multiple-Services-Credit-Control, of a request or of an answer; or the
// command level, where units stand there without one.
type serverService struct {
	namedService
	members
	result uint32 // 0: none is said
	taken  bool   // answered
	single bool
}

func (n *serverInspection) servicesOf(all members) (list []*serverService) {
	for _, group := range all.all(avpMultipleServices) {
		s := &serverService{members: n.inside(group.data)}
		if a := s.first(avpRatingGroup); a != nil {
			s.keyed, s.group = true, a.uint32()
		}
		var ids []string
		for _, a := range s.all(avpServiceIdentifier) {
			s.keyed = true
			ids = append(ids, string(a.data))
		}
		slices.Sort(ids)
		s.ids = strings.Join(ids, "")
		s.result, _ = s.number(avpResultCode)
		list = append(list, s)
	}
	return list
}

// named is a service in the words of AVPs.
func (s *serverService) named() string {
	switch {
	case s.single:
		return "at command level"
	case s.has(avpRatingGroup):
		return fmt.Sprintf("for Rating-Group %d", s.group)
	case s.keyed:
		id, _ := s.number(avpServiceIdentifier)
		return fmt.Sprintf("for Service-Identifier %d", id)
	}
	return "for the service without Rating-Group"
}

// refused reports whether a service is not served.
func (s *serverService) refused() bool { return s.result >= 3000 }

// answers reports whether this service of an answer can be about one of the request. On Ro a quota
// is the rating group's, and usage may be told by Service-Identifier.
func (s *serverService) answers(asked *serverService) bool {
	if s.keyed != asked.keyed {
		return false
	}
	sameGroup := s.has(avpRatingGroup) == asked.has(avpRatingGroup) && s.group == asked.group
	if sameGroup && (s.ids == asked.ids || s.has(avpRatingGroup) && (s.ids == "" || asked.ids == "")) {
		return true
	}
	return false
}

// services judges what is granted or refused.
func (n *serverInspection) services() {
	asked, said := n.servicesOf(n.asked), n.servicesOf(n.said)
	if len(asked) > 0 {
		n.outside()
	} else if n.asked.has(avpRequestedServiceUnit, avpUsedServiceUnit) {
		single := n.single(n.asked)
		asked = append(asked, single)
		if len(said) == 0 {
			own := n.single(n.said)
			own.result, single.taken = n.result, true
			n.service(single, own)
		}
	}
	n.levels(said)
	n.twice(said)
	for i, s := range said {
		n.serviceForm(s)
		of := match(asked, s, i, len(said))
		if of == nil {
			n.unasked(s, len(asked))
			continue
		}
		if missing := lostKey(of, s); missing != "" {
			n.find("service-key-missing", "no %s in an answer %s", missing, of.named())
		}
		n.service(of, s)
	}
	n.unanswered(asked)
}

// single is the command level as a service.
func (n *serverInspection) single(all members) *serverService {
	s := &serverService{members: all, single: true}
	if a := all.first(avpRatingGroup); a != nil {
		s.keyed, s.group = true, a.uint32()
	}
	if a := all.first(avpServiceIdentifier); a != nil {
		s.keyed, s.ids = true, string(a.data)
	}
	return s
}

// unasked judges a service that the request does not name. A refund by Refund-Information alone
// tells what is refunded.
func (n *serverInspection) unasked(s *serverService, asked int) {
	if asked > 0 || n.action != charging.RefundAccount {
		n.find("service-not-asked", "an answer %s, which the request does not name", s.named())
	}
	n.service(&serverService{}, s)
}

// match finds the service of the request that one of the answer is about. One without a key is
// taken for that in its place.
func match(asked []*serverService, s *serverService, at, count int) (found *serverService) {
	for _, of := range asked {
		if s.answers(of) {
			of.taken = true
			if found == nil || s.ids == of.ids {
				found = of
			}
		}
	}
	sameIDs := func(of *serverService) bool {
		return s.ids != "" && s.ids == of.ids && !s.has(avpRatingGroup)
	}
	i := slices.IndexFunc(asked, sameIDs)
	if i < 0 && !s.keyed && len(asked) == count {
		i = at
	}
	if found == nil && i >= 0 {
		asked[i].taken, found = true, asked[i]
	}
	return found
}

// lostKey is what the answer does not repeat of a service's key.
func lostKey(asked, said *serverService) string {
	if asked.has(avpRatingGroup) && !said.has(avpRatingGroup) {
		return "Rating-Group"
	}
	if asked.has(avpServiceIdentifier) && !said.keyed {
		return "Service-Identifier"
	}
	return ""
}

// outside judges quota at command level where services have groups of their own.
func (n *serverInspection) outside() {
	misplaced := n.names(avpGrantedServiceUnit, avpValidityTime, avpFinalUnitIndication,
		avpQoSFinalUnitIndication)
	if len(misplaced) > 0 {
		n.find("quota-outside-service", "%s at command level, the request has "+
			"Multiple-Services-Credit-Control", strings.Join(misplaced, ", "))
	}
}

// levels judges the result at command level against those of services.
func (n *serverInspection) levels(said []*serverService) {
	if class := n.result / 1000; class != 4 && class != 5 || n.result == 4011 {
		return
	}
	for _, s := range said {
		switch {
		case s.refused():
			n.find("refused-at-both-levels", "%d at command level, %d %s", n.result, s.result,
				s.named())
		case s.result/1000 == 2 || s.has(avpGrantedServiceUnit):
			n.find("served-beside-refusal", "%d at command level, and a service is served %s",
				n.result, s.named())
		}
	}
}

// twice judges services that are answered more than once. One is there for each side of a change
// of tariff (RFC 8506 section 8.16).
func (n *serverInspection) twice(said []*serverService) {
	for i, s := range said {
		for _, other := range said[:i] {
			side, sided := s.number(avpTariffChangeUsage)
			otherSide, otherSided := other.number(avpTariffChangeUsage)
			sides := sided && otherSided && side != otherSide
			if s.namedService == other.namedService && !sides {
				n.find("service-answered-twice", "two answers %s", s.named())
			}
		}
	}
}

// serviceForm judges what a group has, whatever was asked.
func (n *serverInspection) serviceForm(s *serverService) {
	for _, id := range []uint64{avpRequestedServiceUnit, avpUsedServiceUnit} {
		if s.has(id) {
			n.find("answer-avp-of-requests", "%s in Multiple-Services-Credit-Control of a CCA",
				n.name(&avp{code: uint32(id)}))
		}
	}
	for _, id := range []uint64{
		avpGrantedServiceUnit, avpResultCode, avpValidityTime, avpFinalUnitIndication,
		avpRatingGroup, avpQoSFinalUnitIndication,
	} {
		if len(s.all(id)) > 1 {
			n.find("answer-avp-too-often", "%s more than once %s", n.name(&avp{code: uint32(id)}),
				s.named())
		}
	}
	code, said := s.number(avpResultCode)
	switch {
	case !said && n.result/1000 == 2:
		n.find("service-result-missing", "no Result-Code %s", s.named())
	case said && (code < 2000 || code >= 6000):
		n.find("result-class-unknown", "Result-Code %d %s", code, s.named())
	case said && isOfCommand(code):
		n.find("result-of-service-wrong", "Result-Code %d %s", code, s.named())
	}
}

// isOfCommand knows the results that are about a message or a session, and no service.
func isOfCommand(code uint32) bool {
	switch code {
	case 5001, 5002, 5005, 5006, 5007, 5008, 5009, 5010, 5011, 5013, 5014, 5015, 5016, 5017:
		return true
	}
	return code/1000 == 3
}

// unanswered judges the services that ask for units and of which the answer says nothing.
func (n *serverInspection) unanswered(asked []*serverService) {
	if n.result/1000 != 2 || n.kind == charging.Termination || n.enquiry() {
		return
	}
	for _, of := range asked {
		if !of.taken && of.has(avpRequestedServiceUnit) {
			n.find("service-unanswered", "no answer %s", of.named())
		}
	}
}

// enquiry reports whether nothing is to be granted at all.
func (n *serverInspection) enquiry() bool {
	return n.kind == charging.Event &&
		(n.action == charging.PriceEnquiry || n.action == charging.CheckBalance)
}
