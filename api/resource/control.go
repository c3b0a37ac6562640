package resource

import "time"

// A Clock is the charging clock's state.
type Clock struct {
	Now     time.Time `json:"now" doc:"what it shows" example:"2026-03-01T12:00:00Z"`
	Stopped bool      `json:"stopped" doc:"it moves only when told"`
}

// A ClockChange is a Clock as it is written: what is left out stays as it is.
type ClockChange struct {
	Now     *time.Time `json:"now,omitempty" doc:"a time not before the one it shows; left out: the one it shows"`
	Stopped *bool      `json:"stopped,omitempty" doc:"left out: as it is"`
}

// An Advance moves the clock on.
type Advance struct {
	By string `json:"by" doc:"a time of whole seconds" example:"1h"`
}

// A Check says whether all invariants of the ledger hold.
type Check struct {
	OK         bool     `json:"ok"`
	Violations []string `json:"violations"`
}

// A SeedReport says what a seed document changed.
type SeedReport struct {
	Plans     []string `json:"plans" doc:"plans that got a new version"`
	Accounts  int      `json:"accounts" doc:"how many accounts were created"`
	Kept      int      `json:"kept" doc:"how many accounts existed already and were left alone"`
	KeptIDs   []string `json:"kept_ids" doc:"the first hundred of them"`
	Scenarios []string `json:"scenarios" doc:"scenarios loaded"`
}

// A PlanSummary is one plan of a list.
type PlanSummary struct {
	Name     string `json:"name" example:"im"`
	Version  int64  `json:"version" doc:"counts up with every change" example:"1"`
	Currency string `json:"currency" example:"EUR"`
	Rules    int    `json:"rules" doc:"how many rules it has"`
}

// A Quote asks what units would cost.
type Quote struct {
	Plan         string      `json:"plan,omitempty" doc:"name of the plan" example:"im"`
	Version      int64       `json:"version,omitempty" doc:"version of the plan; left out: the current one"`
	Account      string      `json:"account,omitempty" doc:"instead of a plan: the account whose plan it is"`
	Context      string      `json:"context,omitempty" default:"32260@3gpp.org"`
	RatingGroup  *int64      `json:"rating_group,omitempty" example:"100"`
	Service      ServiceIDs  `json:"service,omitempty"`
	Kind         string      `json:"kind,omitempty" enum:"session,event" default:"session"`
	Units        string      `json:"units,omitempty" doc:"how much is asked for; left out: the rule's default" example:"125s"`
	Money        string      `json:"money,omitempty" doc:"what may be spent; left out: as much as need be" example:"0.10 EUR"`
	Participants *int64      `json:"participants,omitempty" example:"3"`
	Media        *[]string   `json:"media,omitempty"`
	Size         string      `json:"size,omitempty" example:"1300 B"`
	Method       string      `json:"method,omitempty"`
	Role         string      `json:"role,omitempty"`
	ServiceType  string      `json:"service_type,omitempty"`
	Destination  string      `json:"destination,omitempty"`
	Recipients   *Recipients `json:"recipients,omitempty"`
	At           *time.Time  `json:"at,omitempty" doc:"when; left out: now, by the charging clock"`
}

// A Quotation is what units would cost. Nothing is reserved for it.
type Quotation struct {
	Plan     string    `json:"plan"`
	Version  int64     `json:"version"`
	Rule     string    `json:"rule" doc:"the rule that matches"`
	Price    string    `json:"price" doc:"of one block" example:"0.07 EUR"`
	Asked    string    `json:"asked" example:"125s"`
	Cost     string    `json:"cost" doc:"of all that is asked" example:"0.21 EUR"`
	Granted  string    `json:"granted" doc:"what the money pays" example:"60s"`
	Charge   string    `json:"charge" doc:"of what is granted" example:"0.07 EUR"`
	Last     bool      `json:"last" doc:"the grant would carry a final unit"`
	ValidFor string    `json:"valid_for" example:"3600s"`
	SwitchAt time.Time `json:"switch_at,omitzero" doc:"when another rule takes over"`
	Why      []string  `json:"why" doc:"how it came to this"`
}
