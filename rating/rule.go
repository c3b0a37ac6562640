package rating

import (
	"slices"

	"github.com/ocs-sim/ocs-sim/charging"
)

// mode says how participants price.
type mode uint8

const (
	withoutParticipants mode = iota
	perParticipant
	perExtra
)

// rounding says when a started block ends.
type rounding uint8

const (
	perCondition rounding = iota
	perReport
	carryBlock
)

// fallback says what a message costs that no size fits.
type fallback uint8

const (
	failUnrated fallback = iota
	firstSize
	lastSize
	rulePrice
)

// A rule is the compiled form of Rule.
type rule struct {
	name         string
	match        match
	unit         charging.Unit
	units        []charging.Unit // unit alone
	per          int64
	price        int64
	setup        int64
	minimum      int64
	mode         mode
	base, amount int64
	inviter      bool
	media        []surcharge // in order of their names
	tiers        []tier      // in order of their sizes
	oversize     fallback
	missing      fallback
	rounding     rounding
	ordinal      int // among the rules with windows; -1: has none
	terms        charging.Terms
}

// A surcharge is added to a block where its medium is present.
type surcharge struct {
	medium string
	price  int64
}

// A tier is the price of a message of at most upTo octets.
type tier struct{ upTo, price int64 }

// sizePath is the AVP that carries the size of a message (3GPP TS 32.299, Message-Body).
const sizePath = "Service-Information.IMS-Information.Message-Body.Content-Length"

// fits reports whether the rule matches at the right time of day.
func (r *rule) fits(in *charging.Inputs, info *charging.Information) bool {
	return fitUnits(r.units, in.Units) && r.match.fits(in, info, r.counted(in.Participants))
}

// counted is the number of participants as the rule sees it. Where nobody told there is one, the
// creator.
func (r *rule) counted(told charging.Number) int64 {
	if told.Known && r.inviter {
		return told.Value + 1
	}
	return told.Or(1)
}

// blockPrice resolves what a block costs at these inputs.
func (r *rule) blockPrice(in *charging.Inputs, info *charging.Information) (int64, error) {
	price, err := r.basePrice(info)
	if err != nil {
		return 0, err
	}
	count := r.counted(in.Participants)
	switch r.mode {
	case perParticipant:
		price, err = charging.Multiply(price, count)
	case perExtra:
		price, err = addProduct(price, r.amount, max(0, count-r.base))
	}
	for i := 0; i < len(r.media) && err == nil; i++ {
		if slices.Contains(info.Media, r.media[i].medium) {
			price, err = charging.Add(price, r.media[i].price)
		}
	}
	return price, err
}

// basePrice is the rule's price, or that of the size of the message.
func (r *rule) basePrice(info *charging.Information) (int64, error) {
	if len(r.tiers) == 0 {
		return r.price, nil
	}
	if !info.Size.Known {
		return r.fallbackPrice(r.missing)
	}
	for _, t := range r.tiers {
		if info.Size.Value <= t.upTo {
			return t.price, nil
		}
	}
	return r.fallbackPrice(r.oversize)
}

// fallbackPrice names the size in its error even where the size is too large: RFC 8506 section 9.2
// wants the AVP that could not be rated in Failed-AVP.
func (r *rule) fallbackPrice(f fallback) (int64, error) {
	switch f {
	case firstSize:
		return r.tiers[0].price, nil
	case lastSize:
		return r.tiers[len(r.tiers)-1].price, nil
	case rulePrice:
		return r.price, nil
	}
	return 0, &charging.Unrated{Missing: sizePath}
}

func addProduct(sum, a, b int64) (int64, error) {
	product, err := charging.Multiply(a, b)
	if err != nil {
		return 0, err
	}
	return charging.Add(sum, product)
}
