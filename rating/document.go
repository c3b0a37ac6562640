package rating

// A Document is one plan as its author writes it, in YAML or JSON. Scalars keep the text that
// stands there, so that Compile can report everything that is wrong at once and in its place.
type Document struct {
	// Currency is the ISO 4217 code that every amount of the plan is in.
	Currency Text `yaml:"currency" json:"currency"`
	// Rules are tried in order; the first that matches prices.
	Rules []Rule `yaml:"rules" json:"rules"`
	// Failure is what a client does that gets no answer.
	Failure Failure `yaml:"failure,omitempty" json:"failure,omitzero"`
}

// A Rule is one rule of a plan as written. Everything but the unit may be left out.
type Rule struct {
	// Name appears in explanations; a rule without one is called after its position: "rule 1".
	Name Text `yaml:"name,omitempty" json:"name,omitzero"`
	// Match says what the rule is for; an empty match matches all.
	Match Match `yaml:"match,omitempty" json:"match,omitzero"`
	// Unit is time, total, input, output, events or money; octets means total and ssu events. A
	// rule that leaves it out counts in the unit of `per`, or in events where it has sizes or is
	// for events only.
	Unit Text `yaml:"unit,omitempty" json:"unit,omitzero"`
	// Per is the size of a block, by default one unit.
	Per Text `yaml:"per,omitempty" json:"per,omitzero"`
	// Price is the price of one block, by default nothing; money costs itself by default.
	Price Text `yaml:"price,omitempty" json:"price,omitzero"`
	// Setup is owed with the first used unit of a session and service, once.
	Setup Text `yaml:"setup,omitempty" json:"setup,omitzero"`
	// MinCharge is the least that the blocks of a session and service cost.
	MinCharge Text `yaml:"min_charge,omitempty" json:"min_charge,omitzero"`
	// Participants says how their number moves the price.
	Participants Participants `yaml:"participants,omitempty" json:"participants,omitzero"`
	// Media are surcharges on a block for each medium that is present.
	Media map[string]Text `yaml:"media,omitempty" json:"media,omitempty"`
	// Sizes are prices by the size of one message, in place of Price.
	Sizes []Size `yaml:"sizes,omitempty" json:"sizes,omitempty"`
	// Oversize says what a message above the last size costs: fail (no rate, the default), last
	// (the last size's price) or price (the rule's Price).
	Oversize Text `yaml:"oversize,omitempty" json:"oversize,omitzero"`
	// SizeMissing says what a message of unknown size costs: fail (the default), first, last (the
	// price of the first or last size) or price (the rule's Price).
	SizeMissing Text `yaml:"size_missing,omitempty" json:"size_missing,omitzero"`
	// Count says where an event's number of units comes from.
	Count Count `yaml:"count,omitempty" json:"count,omitzero"`
	// Counters are delta (since the last report, the default) or cumulative.
	Counters Text `yaml:"counters,omitempty" json:"counters,omitzero"`
	// Quota says how grants are sized and how they end.
	Quota Quota `yaml:"quota,omitempty" json:"quota,omitzero"`
	// Rounding is per_condition (a change of conditions starts a new block, the default),
	// per_report (every report does) or carry_block (a started block is used up first).
	Rounding Text `yaml:"rounding,omitempty" json:"rounding,omitzero"`
	// TariffSwitch is validity (a grant ends where a window does, the default), avp
	// (Tariff-Time-Change) or reauthorize (a RAR when it does).
	TariffSwitch Text `yaml:"tariff_switch,omitempty" json:"tariff_switch,omitzero"`
	// Payer is subscription_id (the default), called or calling.
	Payer Text `yaml:"payer,omitempty" json:"payer,omitzero"`
	// Send lists the optional answer AVPs: cost, balance, low_balance, trigger, expiration. An empty
	// list sends none; without the key, cost goes to all, expiration to none and the others to 3GPP
	// clients.
	Send List `yaml:"send,omitempty" json:"send,omitzero"`
	// CostUnit is the Cost-Unit beside the cost, such as "per minute".
	CostUnit Text `yaml:"cost_unit,omitempty" json:"cost_unit,omitzero"`
	// Free says what a service that costs nothing gets: grant (the default) or uncontrolled, the
	// result 4011.
	Free Text `yaml:"free,omitempty" json:"free,omitzero"`
	// Announce lists what the client plays, and on which occasion.
	Announce []Announcement `yaml:"announce,omitempty" json:"announce,omitempty"`
	// LowBalanceAt is the amount of money at which Low-Balance-Indication says yes.
	LowBalanceAt Text `yaml:"low_balance_at,omitempty" json:"low_balance_at,omitzero"`
}

// A Match says which inputs a rule is for. All that is given must fit; of a list, one entry.
type Match struct {
	// Context is a glob on Service-Context-Id, in any case of letters.
	Context List `yaml:"context,omitempty" json:"context,omitzero"`
	// RatingGroup and Service are numbers or ranges as in 100..199.
	RatingGroup List `yaml:"rating_group,omitempty" json:"rating_group,omitzero"`
	Service     List `yaml:"service,omitempty" json:"service,omitzero"`
	// Kind is session, event or any: how the service is charged, not which request comes.
	Kind Text `yaml:"kind,omitempty" json:"kind,omitzero"`
	// Method is a SIP method.
	Method List `yaml:"method,omitempty" json:"method,omitzero"`
	// Type is Application-Service-Type: a number, a range or a name from SENDING (100) to
	// JOINING (105).
	Type List `yaml:"application_service_type,omitempty" json:"application_service_type,omitzero"`
	// Role is Role-Of-Node: a number, or originating, terminating, forwarding.
	Role List `yaml:"role,omitempty" json:"role,omitzero"`
	// Media must all be present; others may be too.
	Media List `yaml:"media,omitempty" json:"media,omitzero"`
	// Participants is a number or a range: 1..3, 2.. or ..5.
	Participants List `yaml:"participants,omitempty" json:"participants,omitzero"`
	// Unit is what the client asks for or has used.
	Unit List `yaml:"unit,omitempty" json:"unit,omitzero"`
	// Window is when: days, hours and zone as in "mon-fri 06:00-10:30 Europe/Paris".
	Window List `yaml:"window,omitempty" json:"window,omitzero"`
	// Destination is a glob on the called party's URI, on what follows its scheme, or its domain.
	Destination List `yaml:"destination,omitempty" json:"destination,omitzero"`
	// AVP are globs on the values of AVPs by path; of each path one value must fit.
	AVP map[string]List `yaml:"avp,omitempty" json:"avp,omitempty"`
}

// Participants says how the number of participants N moves the price of a block.
type Participants struct {
	// Mode is none (the default), per_participant (price * N) or per_extra (price and Amount for
	// each participant above Base).
	Mode   Text `yaml:"mode,omitempty" json:"mode,omitzero"`
	Base   Text `yaml:"base,omitempty" json:"base,omitzero"`
	Amount Text `yaml:"amount,omitempty" json:"amount,omitzero"`
	// Initial is as_sent (an initial request's number prices, the default) or attached (the
	// creator alone prices until an update tells who is attached).
	Initial Text `yaml:"initial,omitempty" json:"initial,omitzero"`
	// CountInviter adds one to the number that a client tells.
	CountInviter bool `yaml:"count_inviter,omitempty" json:"count_inviter,omitzero"`
}

// A Size is the price of a message of at most UpTo octets.
type Size struct {
	UpTo  Text `yaml:"up_to" json:"up_to"`
	Price Text `yaml:"price" json:"price"`
}

// Count says where an event's number of units comes from: the first of From that the request has
// (rsu, exploded, recipients), else Default, which is one.
type Count struct {
	From    List `yaml:"from,omitempty" json:"from,omitzero"`
	Default Text `yaml:"default,omitempty" json:"default,omitzero"`
}

// Quota says how grants are sized and how they end. Default, Min, Max and Threshold are units of
// the rule; Validity and HoldingTime are times.
type Quota struct {
	Default     Text  `yaml:"default,omitempty" json:"default,omitzero"`
	Min         Text  `yaml:"min,omitempty" json:"min,omitzero"`
	Max         Text  `yaml:"max,omitempty" json:"max,omitzero"`
	Validity    Text  `yaml:"validity,omitempty" json:"validity,omitzero"`
	Threshold   Text  `yaml:"threshold,omitempty" json:"threshold,omitzero"`
	HoldingTime Text  `yaml:"holding_time,omitempty" json:"holding_time,omitzero"`
	Final       Final `yaml:"final,omitempty" json:"final,omitzero"`
	// ConsumptionTime and UnusedTimer are times: how long a client that is idle goes on counting, and
	// when it gives back what nobody begins to use.
	ConsumptionTime Text `yaml:"consumption_time,omitempty" json:"consumption_time,omitzero"`
	UnusedTimer     Text `yaml:"unused_timer,omitempty" json:"unused_timer,omitzero"`
	// TimeMechanism says how time is counted: Type discrete or continuous, in intervals of a time.
	TimeMechanism TimeMechanism `yaml:"time_mechanism,omitempty" json:"time_mechanism,omitzero"`
	// Pool is the number of the credit pool that grants go into, with Multiplier abstract units for
	// each unit, one by default.
	Pool       Text `yaml:"pool,omitempty" json:"pool,omitzero"`
	Multiplier Text `yaml:"multiplier,omitempty" json:"multiplier,omitzero"`
	// Partial allows a last grant that is less than asked: by default for all but events.
	Partial *bool `yaml:"partial,omitempty" json:"partial,omitempty"`
}
