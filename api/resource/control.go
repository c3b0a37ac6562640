package resource

import "time"

// A Clock is the charging clock's state.
type Clock struct {
	Now     time.Time `json:"now" example:"2026-03-01T12:00:00Z"`
	Stopped bool      `json:"stopped"`
}

// A ClockChange is a Clock as it is written: what is left out stays as it is.
type ClockChange struct {
	Now     *time.Time `json:"now,omitempty"`
	Stopped *bool      `json:"stopped,omitempty"`
}

// An Advance moves the clock on.
type Advance struct {
	By string `json:"by" example:"1h"`
}

// A Check says whether all invariants of the ledger hold.
type Check struct {
	OK         bool     `json:"ok"`
	Violations []string `json:"violations"`
}

// A SeedReport says what a seed document changed.
type SeedReport struct {
	Plans     []string `json:"plans"`
	Accounts  int      `json:"accounts"`
	Kept      int      `json:"kept"`
	KeptIDs   []string `json:"kept_ids"`
	Scenarios []string `json:"scenarios"`
}

// A PlanSummary is one plan of a list.
type PlanSummary struct {
	Name     string `json:"name" example:"im"`
	Version  int64  `json:"version" example:"1"`
	Currency string `json:"currency" example:"EUR"`
	Rules    int    `json:"rules"`
}

// A Quote asks what units would cost.
type Quote struct {
	Plan         string      `json:"plan,omitempty" example:"im"`
	Version      int64       `json:"version,omitempty"`
	Account      string      `json:"account,omitempty"`
	Context      string      `json:"context,omitempty" default:"32260@3gpp.org"`
	RatingGroup  *int64      `json:"rating_group,omitempty" example:"100"`
	Service      ServiceIDs  `json:"service,omitempty"`
	Kind         string      `json:"kind,omitempty" enum:"session,event" default:"session"`
	Units        string      `json:"units,omitempty" example:"125s"`
	Money        string      `json:"money,omitempty" example:"0.10 EUR"`
	Participants *int64      `json:"participants,omitempty" example:"3"`
	Media        *[]string   `json:"media,omitempty"`
	Size         string      `json:"size,omitempty" example:"1300 B"`
	Method       string      `json:"method,omitempty"`
	Role         string      `json:"role,omitempty"`
	ServiceType  string      `json:"service_type,omitempty"`
	Destination  string      `json:"destination,omitempty"`
	Recipients   *Recipients `json:"recipients,omitempty"`
	At           *time.Time  `json:"at,omitempty"`
}

// A Quotation is what units would cost. Nothing is reserved for it.
type Quotation struct {
	Plan     string    `json:"plan"`
	Version  int64     `json:"version"`
	Rule     string    `json:"rule"`
	Price    string    `json:"price" example:"0.07 EUR"`
	Asked    string    `json:"asked" example:"125s"`
	Cost     string    `json:"cost" example:"0.21 EUR"`
	Granted  string    `json:"granted" example:"60s"`
	Charge   string    `json:"charge" example:"0.07 EUR"`
	Last     bool      `json:"last"`
	ValidFor string    `json:"valid_for" example:"3600s"`
	SwitchAt time.Time `json:"switch_at,omitzero"`
	Why      []string  `json:"why"`
}
