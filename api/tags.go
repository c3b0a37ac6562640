package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// TagInput is the input of what deletes by tag.
type TagInput struct {
	Tag string `query:"tag" required:"true" minLength:"1" doc:"the tag of those to delete" example:"ci"`
}

// DeleteAccountsInput is the input of DELETE /v1/accounts.
type DeleteAccountsInput struct {
	TagInput
	Force bool `query:"force" doc:"release what open sessions hold, and close them"`
}

// Deleted is how many there were.
type Deleted struct {
	Deleted int `json:"deleted" doc:"how many there were"`
}

func (s *server) deleteAccountsRoute() {
	register(s, route{
		method: "DELETE", path: accountsPath, id: "delete-accounts", tag: "Accounts",
		summary: "Delete accounts by tag",
		description: "Those that have the tag, one after the other, up to the first that is in " +
			"use; there may be none.",
		status: http.StatusOK, example: `{"deleted": 2}`,
		problems: []charging.ErrorKind{charging.KindAccountInUse, charging.KindLedgerStopped},
	}, s.deleteAccounts)
}

// taggedAccounts finds the accounts that have a tag.
func (s *server) taggedAccounts(ctx context.Context, tag string) (ids []string, err error) {
	after := ""
	for {
		page, next, err := s.Ledger.Accounts(ctx, after, pageOfAccounts)
		if err != nil {
			return nil, err
		}
		for i := range page {
			if slices.Contains(page[i].Tags, tag) {
				ids = append(ids, page[i].ID)
			}
		}
		if next == "" {
			return ids, nil
		}
		after = next
	}
}

// pageOfAccounts is how many are looked at under one hold of the ledger's lock.
const pageOfAccounts = 1000

func (s *server) deleteAccounts(ctx context.Context, in *DeleteAccountsInput) (
	*Output[Deleted], error,
) {
	ids, err := s.taggedAccounts(ctx, in.Tag)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		one := DeleteAccountInput{AccountPath: AccountPath{ID: id}, Force: in.Force}
		if _, err := s.deleteAccount(ctx, &one); err != nil {
			return nil, err
		}
	}
	return answer(Deleted{len(ids)}, nil)
}

// tagged reports whether an account, or the scenario that acted, has a tag. Who is asked about is
// remembered for a moment, as many exchanges are of few accounts.
func (s *server) tagged(tag string) func(account, scenario string) bool {
	known := make(map[string]bool)
	var asked time.Time
	return func(account, scenario string) bool {
		if time.Since(asked) > tagMemory {
			clear(known)
			asked = time.Now()
		}
		if one, err := s.Scenarios.Get(scenario); err == nil && slices.Contains(one.Tags, tag) {
			return true
		}
		has, told := known[account]
		if !told && account != "" {
			one, err := s.Ledger.Account(context.Background(), account)
			has = err == nil && slices.Contains(one.Tags, tag)
			known[account] = has
		}
		return has
	}
}

// tagMemory is how long a listener takes the tags of an account for what they were.
const tagMemory = time.Second
