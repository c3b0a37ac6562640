package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
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

// TagPath is the path of one tag.
type TagPath struct {
	Tag string `path:"tag" doc:"the tag" example:"nobody-has-this"`
}

// DeleteTaggedInput is the input of DELETE /v1/tags/{tag}.
type DeleteTaggedInput struct {
	TagPath
	Force bool `query:"force" doc:"release what open sessions hold, and close them"`
}

// Tagged is what has a tag, or had it.
type Tagged struct {
	Scenarios []string `json:"scenarios"`
	Accounts  []string `json:"accounts"`
	Sandboxes []string `json:"sandboxes"`
}

func (s *server) deleteAccountsRoute() {
	inUse := []charging.ErrorKind{charging.KindAccountInUse, charging.KindLedgerStopped}
	register(s, route{
		method: "DELETE", path: accountsPath, id: "delete-accounts", tag: "Accounts",
		summary: "Delete accounts by tag",
		description: "Those that have the tag; there may be none. Where sessions are open on any of " +
			"them, none is deleted, unless `force` closes them.",
		status: http.StatusOK, example: `{"deleted": 2}`, problems: inUse,
	}, s.deleteAccounts)
	const path, none = "/v1/tags/{tag}", `{"scenarios": [], "accounts": [], "sandboxes": []}`
	register(s, route{
		method: "GET", path: path, id: "get-tag", tag: "Seed", summary: "Show what has a tag",
		description: "Scenarios, accounts and sandboxes.", example: none,
	}, s.getTagged)
	register(s, route{
		method: "DELETE", path: path, id: "delete-tag", tag: "Seed",
		summary: "Delete all that has a tag",
		description: "Scenarios, accounts and sandboxes, and tells which; there may be none. Where " +
			"sessions are open on any of the accounts, nothing is deleted, unless `force` closes " +
			"them.",
		status: http.StatusOK, example: none, problems: inUse,
	}, s.deleteTagged)
}

func (s *server) getTagged(ctx context.Context, in *TagPath) (*Output[Tagged], error) {
	return answer(s.tagged(ctx, in.Tag))
}

func (s *server) tagged(ctx context.Context, tag string) (Tagged, error) {
	found := Tagged{Scenarios: []string{}, Sandboxes: []string{}}
	for _, one := range s.Scenarios.List() {
		if slices.Contains(one.Tags, tag) {
			found.Scenarios = append(found.Scenarios, one.Name)
		}
	}
	for _, one := range s.taggedSandboxes(tag) {
		found.Sandboxes = append(found.Sandboxes, one.Name)
	}
	ids, err := s.taggedAccounts(ctx, tag)
	found.Accounts = append([]string{}, ids...)
	return found, err
}

func (s *server) deleteTagged(ctx context.Context, in *DeleteTaggedInput) (
	*Output[Tagged], error,
) {
	found, err := s.tagged(ctx, in.Tag)
	if err != nil {
		return nil, err
	}
	// Accounts first, as they alone may be in the way.
	if err := s.deleteAll(ctx, found.Accounts, in.Force); err != nil {
		return nil, err
	}
	s.Scenarios.DeleteTagged(in.Tag)
	if len(found.Sandboxes) > 0 {
		if _, err := s.deleteSandboxes(ctx, &TagInput{Tag: in.Tag}); err != nil {
			return nil, err
		}
	}
	return answer(found, nil)
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
	if err := s.deleteAll(ctx, ids, in.Force); err != nil {
		return nil, err
	}
	return answer(Deleted{len(ids)}, nil)
}

// hasTag reports whether an account, or the scenario that acted, has a tag. Who is asked about is
// remembered for a moment, as many exchanges are of few accounts.
func (s *server) hasTag(tag string) func(account, scenario string) bool {
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

// deleteAll deletes accounts: all, or none where sessions are open.
func (s *server) deleteAll(ctx context.Context, ids []string, force bool) error {
	if !force {
		if err := s.noneInUse(ids); err != nil {
			return err
		}
	}
	for _, id := range ids {
		one := DeleteAccountInput{AccountPath: AccountPath{ID: id}, Force: force}
		var gone *charging.Error
		_, err := s.deleteAccount(ctx, &one)
		if errors.As(err, &gone) && gone.Kind == charging.KindAccountNotFound {
			continue // somebody else was faster
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mostNamedInUse is how many accounts that are in the way are named.
const mostNamedInUse = 20

func (s *server) noneInUse(ids []string) error {
	var inUse []string
	for _, id := range ids {
		if s.Ledger.HasOpenSessions(id) {
			inUse = append(inUse, id)
		}
	}
	if len(inUse) == 0 {
		return nil
	}
	names := strings.Join(inUse[:min(len(inUse), mostNamedInUse)], ", ")
	return &charging.Error{
		Kind: charging.KindAccountInUse,
		Message: fmt.Sprintf("sessions are open on %d of %d accounts, and nothing was deleted: %s",
			len(inUse), len(ids), names),
		Hint: "end them first, or delete with ?force=true",
	}
}
