package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

func accountPath(id, rest string) string { return "/v1/accounts/" + url.PathEscape(id) + rest }

// Account returns an account.
func (c *Client) Account(ctx context.Context, id string) (*resource.Account, error) {
	var account resource.Account
	return &account, c.do(ctx, http.MethodGet, accountPath(id, ""), nil, &account)
}

// Accounts lists accounts by id.
func (c *Client) Accounts(ctx context.Context, p Page) (*resource.List[resource.Account], error) {
	return list[resource.Account](ctx, c, "/v1/accounts", p.query())
}

// PutAccount creates or changes an account, from YAML or JSON.
func (c *Client) PutAccount(ctx context.Context, id string, document []byte) (
	*resource.Account, error,
) {
	var account resource.Account
	return &account, c.do(ctx, http.MethodPut, accountPath(id, ""), document, &account)
}

// DeleteAccount deletes an account; with force, one with open sessions too.
func (c *Client) DeleteAccount(ctx context.Context, id string, force bool) error {
	query := ""
	if force {
		query = "?force=true"
	}
	return c.do(ctx, http.MethodDelete, accountPath(id, query), nil, nil)
}

// Credit pays in.
func (c *Client) Credit(ctx context.Context, id string, t resource.Transfer) (
	*resource.Account, error,
) {
	var account resource.Account
	return &account, c.do(ctx, http.MethodPost, accountPath(id, "/credits"), t, &account)
}

// Debit takes out.
func (c *Client) Debit(ctx context.Context, id string, t resource.Transfer) (
	*resource.Account, error,
) {
	var account resource.Account
	return &account, c.do(ctx, http.MethodPost, accountPath(id, "/debits"), t, &account)
}

// Postings lists the postings of an account, oldest first.
func (c *Client) Postings(ctx context.Context, id string, p Page) (
	*resource.List[resource.Posting], error,
) {
	return list[resource.Posting](ctx, c, accountPath(id, "/postings"), p.query())
}

// Reservations lists what is set aside of an account.
func (c *Client) Reservations(ctx context.Context, id string) (
	*resource.List[resource.Reservation], error,
) {
	return list[resource.Reservation](ctx, c, accountPath(id, "/reservations"), nil)
}

// PutPlan creates or changes a plan, from YAML or JSON.
func (c *Client) PutPlan(ctx context.Context, name string, document []byte) error {
	return c.do(ctx, http.MethodPut, "/v1/plans/"+url.PathEscape(name), document, nil)
}

// Quote asks for a price.
func (c *Client) Quote(ctx context.Context, q *resource.Quote) (*resource.Quotation, error) {
	var quotation resource.Quotation
	return &quotation, c.do(ctx, http.MethodPost, "/v1/quotes", q, &quotation)
}

// PutScenario creates or changes a scenario, from YAML or JSON.
func (c *Client) PutScenario(ctx context.Context, name string, document []byte) (
	*scenarios.Status, error,
) {
	var status scenarios.Status
	path := "/v1/scenarios/" + url.PathEscape(name)
	return &status, c.do(ctx, http.MethodPut, path, document, &status)
}

// Scenario returns a scenario with its counters.
func (c *Client) Scenario(ctx context.Context, name string) (*scenarios.Status, error) {
	var status scenarios.Status
	path := "/v1/scenarios/" + url.PathEscape(name)
	return &status, c.do(ctx, http.MethodGet, path, nil, &status)
}

// Scenarios lists the scenarios in the order in which they are tried.
func (c *Client) Scenarios(ctx context.Context) (*resource.List[scenarios.Status], error) {
	return list[scenarios.Status](ctx, c, "/v1/scenarios", nil)
}

// DeleteScenario deletes a scenario.
func (c *Client) DeleteScenario(ctx context.Context, name string) error {
	return c.do(ctx, http.MethodDelete, "/v1/scenarios/"+url.PathEscape(name), nil, nil)
}

// RewindScenario begins a scenario anew.
func (c *Client) RewindScenario(ctx context.Context, name string) (*scenarios.Status, error) {
	var status scenarios.Status
	path := "/v1/scenarios/" + url.PathEscape(name) + "/rewind"
	return &status, c.do(ctx, http.MethodPost, path, nil, &status)
}

// ExplainScenarios tells which rule would act on a charge, YAML or JSON, and why.
func (c *Client) ExplainScenarios(ctx context.Context, charge []byte) (
	*scenarios.Explanation, error,
) {
	var explanation scenarios.Explanation
	path := "/v1/scenarios/explain"
	return &explanation, c.do(ctx, http.MethodPost, path, charge, &explanation)
}

// PutDictionary makes AVPs of a vendor known, from XML, YAML or JSON.
func (c *Client) PutDictionary(ctx context.Context, name string, document []byte) (
	*resource.Dictionary, error,
) {
	var dictionary resource.Dictionary
	path := "/v1/dictionaries/" + url.PathEscape(name)
	return &dictionary, c.do(ctx, http.MethodPut, path, document, &dictionary)
}

// Dictionaries lists the dictionaries by name.
func (c *Client) Dictionaries(ctx context.Context) (*resource.List[resource.Dictionary], error) {
	return list[resource.Dictionary](ctx, c, "/v1/dictionaries", nil)
}

// DeleteDictionary forgets a dictionary.
func (c *Client) DeleteDictionary(ctx context.Context, name string) error {
	return c.do(ctx, http.MethodDelete, "/v1/dictionaries/"+url.PathEscape(name), nil, nil)
}

// Sessions lists sessions; of one account, where it is named.
func (c *Client) Sessions(ctx context.Context, account string, p Page) (
	*resource.List[resource.Session], error,
) {
	query := p.query()
	if account != "" {
		query.Set("account", account)
	}
	return list[resource.Session](ctx, c, "/v1/sessions", query)
}

// Session returns a session.
func (c *Client) Session(ctx context.Context, id charging.SessionID) (*resource.Session, error) {
	var session resource.Session
	path := "/v1/sessions/" + url.PathEscape(id.ID)
	if id.Sub != 0 {
		path += "?sub_session=" + strconv.FormatUint(id.Sub, 10)
	}
	return &session, c.do(ctx, http.MethodGet, path, nil, &session)
}

// Clock returns the charging clock's state.
func (c *Client) Clock(ctx context.Context) (*resource.Clock, error) {
	var clock resource.Clock
	return &clock, c.do(ctx, http.MethodGet, "/v1/clock", nil, &clock)
}

// SetClock turns the charging clock; what is nil stays as it is.
func (c *Client) SetClock(ctx context.Context, change resource.ClockChange) (
	*resource.Clock, error,
) {
	var clock resource.Clock
	return &clock, c.do(ctx, http.MethodPut, "/v1/clock", change, &clock)
}

// Advance moves the charging clock on, by whole seconds, and returns when all that is due by then
// is posted.
func (c *Client) Advance(ctx context.Context, by time.Duration) error {
	advance := resource.Advance{By: strconv.FormatInt(int64(by/time.Second), 10) + "s"}
	return c.do(ctx, http.MethodPost, "/v1/clock/advances", advance, nil)
}

// Settings returns the settings of the server and of clients, as they are written.
func (c *Client) Settings(ctx context.Context) (*document.SettingsDocument, error) {
	var settings document.SettingsDocument
	return &settings, c.do(ctx, http.MethodGet, "/v1/settings", nil, &settings)
}

// PutSettings replaces all settings.
func (c *Client) PutSettings(ctx context.Context, settings *document.SettingsDocument) error {
	return c.do(ctx, http.MethodPut, "/v1/settings", settings, nil)
}

// ApplySeed applies a seed document, YAML or JSON.
func (c *Client) ApplySeed(ctx context.Context, document []byte) (*resource.SeedReport, error) {
	var report resource.SeedReport
	return &report, c.do(ctx, http.MethodPut, "/v1/seed", document, &report)
}

// Reset goes back to the start-up seed.
func (c *Client) Reset(ctx context.Context) error {
	return c.do(ctx, http.MethodPost, "/v1/reset", nil, nil)
}

// Check says whether all invariants of the ledger hold.
func (c *Client) Check(ctx context.Context) (*resource.Check, error) {
	var check resource.Check
	return &check, c.do(ctx, http.MethodGet, "/v1/ledger/check", nil, &check)
}
