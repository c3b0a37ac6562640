package scenarios

import (
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Document is one scenario as people write it. Decode it strictly: a key that is not here is a
// mistake. Check finds what decoding cannot.
type Document struct {
	Name string `yaml:"name" json:"name"`
	// Subscriber restricts the scenario to one subscriber: any identity of the request or of its
	// account, or the account's id. Empty means everybody.
	Subscriber string `yaml:"subscriber,omitempty" json:"subscriber,omitempty"`
	// Priority orders scenarios, lower first; of equals the newest comes first.
	Priority int64    `yaml:"priority,omitempty" json:"priority,omitempty"`
	Tags     []string `yaml:"tags,omitempty" json:"tags,omitempty"`
	// Use names the scenario of the library that Rules came from, With what was said of it.
	Use   string           `yaml:"use,omitempty" json:"use,omitempty"`
	With  map[string]Value `yaml:"with,omitempty" json:"with,omitempty"`
	Rules []Rule           `yaml:"rules,omitempty" json:"rules,omitempty"`
}

// A Rule is a condition and a verb: one of Pass, Limit and Answer. Amend and Fault may stand alone,
// which charges as usual, or beside Limit or Answer; Do and Expect beside anything, or alone.
type Rule struct {
	When When `yaml:"when,omitempty" json:"when,omitzero"`
	// Times is how often the rule acts; nil: always.
	Times *int64 `yaml:"times,omitempty" json:"times,omitempty"`
	// After is how many matching requests pass before it acts.
	After int64 `yaml:"after,omitempty" json:"after,omitempty"`
	// Probability is how likely it acts on a request that matches: 25%, 0.5%; absent: always.
	Probability Share `yaml:"probability,omitempty" json:"probability,omitzero"`
	// Repeat lets the rule act on repeats of a request, too: how their answer goes out, not what is
	// remembered.
	Repeat bool    `yaml:"repeat,omitempty" json:"repeat,omitempty"`
	Pass   bool    `yaml:"pass,omitempty" json:"pass,omitempty"`
	Limit  *Limit  `yaml:"limit,omitempty" json:"limit,omitempty"`
	Answer *Answer `yaml:"answer,omitempty" json:"answer,omitempty"`
	Amend  Amends  `yaml:"amend,omitempty" json:"amend,omitempty"`
	Fault  *Fault  `yaml:"fault,omitempty" json:"fault,omitempty"`
	// Do is what else is done when the rule acts, and Expect what must follow.
	Do     []Step  `yaml:"do,omitempty" json:"do,omitempty"`
	Expect Expects `yaml:"expect,omitempty" json:"expect,omitempty"`
	// Optional rules need not act for the scenario to pass.
	Optional bool `yaml:"optional,omitempty" json:"optional,omitempty"`
}

// When is what a request must be for a rule to act. All that is written must hold; nothing written
// matches every request. RatingGroup, Service, Requested and Used must hold for one and the same
// Multiple-Services-Credit-Control.
type When struct {
	// Message is CCR, the default, or ACR; then Type is start, interim, stop or event. CER, DWR and
	// DPR are between peers: no type, session or subscriber goes with them.
	Message string `yaml:"message,omitempty" json:"message,omitempty"`
	Type    string `yaml:"type,omitempty" json:"type,omitempty"`    // initial to event
	Number  Range  `yaml:"number,omitempty" json:"number,omitzero"` // CC-Request-Number
	Nth     Nth    `yaml:"nth,omitempty" json:"nth,omitzero"`
	// RatingGroup and Service restrict the verb to the services they name, too.
	RatingGroup *uint32 `yaml:"rating_group,omitempty" json:"rating_group,omitempty"`
	Service     *uint32 `yaml:"service,omitempty" json:"service,omitempty"`
	// Participants is the number that will price; an unknown number matches no range.
	Participants Range      `yaml:"participants,omitempty" json:"participants,omitzero"`
	Media        Names      `yaml:"media,omitempty" json:"media,omitempty"` // all are present
	Trigger      string     `yaml:"trigger,omitempty" json:"trigger,omitempty"`
	Requested    UnitsRange `yaml:"requested,omitempty" json:"requested,omitzero"`
	Used         UnitsRange `yaml:"used,omitempty" json:"used,omitzero"`
	OriginHost   string     `yaml:"origin_host,omitempty" json:"origin_host,omitempty"` // a glob
	Context      string     `yaml:"context,omitempty" json:"context,omitempty"`         // a glob
	Conference   string     `yaml:"conference,omitempty" json:"conference,omitempty"`   // a glob
	// Available is what the account has available before the request, in the range's unit.
	Available UnitsRange `yaml:"available,omitempty" json:"available,omitzero"`
	// AVP are globs on the values of AVPs by path; of each path one value must fit. The value none
	// says that there is no such AVP.
	AVP map[string]Names `yaml:"avp,omitempty" json:"avp,omitempty"`
	If  Expression       `yaml:"if,omitempty" json:"if,omitzero"`
}

// A Limit bounds a grant before charging: the client gets at most Grant, and what else is written.
type Limit struct {
	Grant    charging.Quantity `yaml:"grant,omitempty" json:"grant,omitzero"`
	Final    *Final            `yaml:"final,omitempty" json:"final,omitempty"`
	Validity Validity          `yaml:"validity,omitempty" json:"validity,omitzero"`
}

// An Answer is given instead of what charging would have said.
type Answer struct {
	Result Result `yaml:"result,omitempty" json:"result,omitempty"` // absent: 2001
	// Level is mscc, command or both. Absent, it follows the result: success, 4xxx (but for 4001
	// to 4003, which speak of peers) and 5031 stand in the MSCC, with 2001 at command level; all
	// others stand at command level, as does every refusal of a request that has no MSCC.
	Level    string          `yaml:"level,omitempty" json:"level,omitempty"`
	Grant    Grant           `yaml:"grant,omitempty" json:"grant,omitzero"`
	Final    *Final          `yaml:"final,omitempty" json:"final,omitempty"`
	Validity Validity        `yaml:"validity,omitempty" json:"validity,omitzero"`
	MSCC     []ServiceAnswer `yaml:"mscc,omitempty" json:"mscc,omitempty"`
	// Ledger is settle (debit what was reported, release, reserve nothing: the default for 4xxx
	// and 5xxx), normal (charge as usual, then answer this: the default for 2xxx) or skip (nothing
	// moves: the default for 3xxx).
	Ledger string `yaml:"ledger,omitempty" json:"ledger,omitempty"`
}

// A ServiceAnswer is given for one service of the request; without a Result it is 2001.
type ServiceAnswer struct {
	RatingGroup *uint32  `yaml:"rating_group,omitempty" json:"rating_group,omitempty"`
	Service     *uint32  `yaml:"service,omitempty" json:"service,omitempty"`
	Result      Result   `yaml:"result,omitempty" json:"result,omitempty"`
	Grant       Grant    `yaml:"grant,omitempty" json:"grant,omitzero"`
	Final       *Final   `yaml:"final,omitempty" json:"final,omitempty"`
	Validity    Validity `yaml:"validity,omitempty" json:"validity,omitzero"`
}

// The limits of a document.
const (
	MaxRules    = 1000
	MaxName     = 200 // octets
	MaxDelay    = 24 * time.Hour
	MaxValidity = 1<<32 - 1 // seconds: Validity-Time is Unsigned32
)
