package api

import (
	"context"
	"errors"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
)

const (
	accountsPath = "/v1/accounts"
	accountPath  = "/v1/accounts/{id}"

	accountBody = `{"plan": "im", "subscribers": [{"e164": "15550100"},
		{"sip": "sip:alice@example.com"}],
		"balances": [{"amount": "10.00 EUR"}]}`
	accountExample = `{"id": "alice", "status": "active", "plan": "im",
		"subscribers": [{"e164": "15550100"}, {"sip": "sip:alice@example.com"}],
		"balances": [{"id": "main", "amount": "10.00 EUR", "reserved": "0.35 EUR",
			"available": "9.65 EUR", "credit_limit": "0.00 EUR", "priority": 0,
			"rating_groups": []}],
		"tags": []}`
)

// AccountPath is the path of one account.
type AccountPath struct {
	ID string `path:"id" doc:"the account's id" example:"alice"`
}

// PutAccountInput is the input of PUT /v1/accounts/{id}.
type PutAccountInput struct {
	AccountPath
	Written
}

// DeleteAccountInput is the input of DELETE /v1/accounts/{id}.
type DeleteAccountInput struct {
	AccountPath
	Force bool `query:"force" doc:"release what open sessions hold, and close them"`
}

func (s *server) accountRoutes() {
	register(s, route{
		method: "GET", path: accountsPath, id: "list-accounts", tag: "Accounts",
		summary: "List accounts", description: "All accounts, by id, a page at a time.",
		example: `{"items": [` + accountExample + `], "next": "alice"}`,
	}, s.listAccounts)
	register(s, route{
		method: "PUT", path: accountPath, id: "put-account", tag: "Accounts",
		summary: "Create or change an account",
		description: "The account is as written afterwards: status, plan, subscribers and " +
			"tags are replaced. Balances are matched by id, and a difference in amount is " +
			"posted as an adjustment; balances that are not named stay, and so do open " +
			"sessions. Balances without an id are called by their position: `main`, " +
			"`main-2`, ...",
		created: true, body: document.Account{}, bodyExample: accountBody, example: accountExample,
		problems: []charging.ErrorKind{charging.KindInvalidDocument, charging.KindLedgerStopped},
	}, s.putAccount)
	register(s, route{
		method: "GET", path: accountPath, id: "get-account", tag: "Accounts",
		summary: "Show an account", example: accountExample,
		description: "What it has, what of it is reserved, and what is available.",
		problems:    []charging.ErrorKind{charging.KindAccountNotFound},
	}, s.getAccount)
	register(s, route{
		method: "DELETE", path: accountPath, id: "delete-account", tag: "Accounts",
		summary: "Delete an account",
		description: "An account with open sessions is in use; force releases what they hold " +
			"and closes them.",
		problems: []charging.ErrorKind{
			charging.KindAccountNotFound, charging.KindAccountInUse, charging.KindLedgerStopped,
		},
	}, s.deleteAccount)
	s.deleteAccountsRoute()
}

func (s *server) listAccounts(ctx context.Context, in *Page) (
	*Output[resource.List[resource.Account]], error,
) {
	items, next, err := s.Ledger.Accounts(ctx, in.After, in.Limit)
	list := resource.List[resource.Account]{Items: make([]resource.Account, len(items)), Next: next}
	for i := range items {
		list.Items[i] = writeAccount(&items[i])
	}
	return answer(list, err)
}

func (s *server) putAccount(ctx context.Context, in *PutAccountInput) (
	*StatusOutput[resource.Account], error,
) {
	data, err := in.body()
	if err != nil {
		return nil, err
	}
	plans, err := s.planNames(ctx)
	if err != nil {
		return nil, err
	}
	account, source, err := document.DecodeAccount(bodyName, data, in.ID, plans)
	if err != nil {
		return nil, err
	}
	before, err := s.accountBefore(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	stored, created, err := s.Ledger.PutAccount(ctx, s.Clock.Now(), account)
	if err != nil {
		return nil, placed(source, err)
	}
	s.changedAccount(before, &stored)
	return put(writeAccount(&stored), created), nil
}

// accountBefore is an account as it was before a change that open sessions may have to hear of;
// nil: there are none.
func (s *server) accountBefore(ctx context.Context, id string) (*accounts.Account, error) {
	if !s.Ledger.HasOpenSessions(id) {
		return nil, nil
	}
	before, err := s.Ledger.Account(ctx, id)
	var gone *charging.Error
	if errors.As(err, &gone) && gone.Kind == charging.KindAccountNotFound {
		return nil, nil
	}
	return &before, err
}

func (s *server) getAccount(ctx context.Context, in *AccountPath) (
	*Output[resource.Account], error,
) {
	found, err := s.Ledger.Account(ctx, in.ID)
	return answer(writeAccount(&found), err)
}

func (s *server) deleteAccount(ctx context.Context, in *DeleteAccountInput) (*struct{}, error) {
	open, err := s.sessionsOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := s.Ledger.DeleteAccount(ctx, s.Clock.Now(), in.ID, in.Force); err != nil {
		return nil, err
	}
	s.deletedAccount(in.ID, open)
	return nil, nil
}

func writeAccount(a *accounts.Account) resource.Account {
	written := resource.Account{
		ID: a.ID, Status: string(a.Status), Plan: a.Plan,
		Subscribers: make([]resource.Identity, len(a.Subscribers)),
		Balances:    make([]resource.Balance, len(a.Balances)),
		Tags:        append([]string{}, a.Tags...),
	}
	for i, identity := range a.Subscribers {
		written.Subscribers[i] = resource.WriteIdentity(identity)
	}
	for i := range a.Balances {
		written.Balances[i] = writeBalance(&a.Balances[i])
	}
	return written
}

func writeBalance(b *accounts.Balance) resource.Balance {
	of := func(amount int64) string {
		return charging.Quantity{Amount: amount, Unit: b.Amount.Unit}.String()
	}
	return resource.Balance{
		ID: b.ID, Amount: b.Amount.String(), Reserved: of(b.Reserved), Available: of(b.Available),
		CreditLimit: of(b.CreditLimit), Priority: b.Priority,
		ValidFrom: b.ValidFrom, ValidUntil: b.ValidUntil,
		RatingGroups: append([]uint32{}, b.RatingGroups...),
	}
}

// placed gives what the ledger finds wrong with a document its line and column.
func placed(source *document.Source, err error) error {
	var invalid *charging.Error
	if errors.As(err, &invalid) && len(invalid.Faults) > 0 {
		told := *invalid
		told.Faults = source.Place(invalid.Faults)
		return &told
	}
	return err
}
