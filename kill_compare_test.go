package ocssim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/ocs-sim/ocs-sim/charging"
)

// readJSON reads a document of the control API.
func readJSON(url string, into any) error {
	response, err := http.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return fmt.Errorf("GET %s: %w\n%s", url, err, text)
	}
	return nil
}

// An accountDocument is what the suite reads of an account.
type accountDocument struct {
	ID       string `json:"id"`
	Balances []struct {
		Amount   charging.Quantity `json:"amount"`
		Reserved charging.Quantity `json:"reserved"`
	} `json:"balances"`
}

// compareAccounts compares every account with what the acknowledged answers add up to.
func (l *life) compareAccounts() error {
	for number := range callerAccounts {
		var got accountDocument
		if err := readJSON(l.accountURL(number), &got); err != nil {
			return err
		}
		amount, reserved := l.account(number)
		if len(got.Balances) != 1 {
			return fmt.Errorf("account %s has %d balances, want 1", got.ID, len(got.Balances))
		}
		balance := got.Balances[0]
		if balance.Amount.Amount != amount || balance.Reserved.Amount != reserved {
			return fmt.Errorf("account %s = %v, reserved %v; want %v, reserved %v", got.ID,
				balance.Amount, balance.Reserved,
				charging.Quantity{Amount: amount, Unit: balance.Amount.Unit},
				charging.Quantity{Amount: reserved, Unit: balance.Amount.Unit})
		}
	}
	return l.compareLedger()
}

func (l *life) accountURL(number int) string {
	return fmt.Sprintf("%s/v1/accounts/caller-%d", l.server.API, number)
}

// compareLedger asks the served ledger whether it still keeps its invariants.
func (l *life) compareLedger() error {
	var verdict struct {
		OK         bool     `json:"ok"`
		Violations []string `json:"violations"`
	}
	if err := readJSON(l.server.API+"/v1/ledger/check", &verdict); err != nil {
		return err
	}
	if !verdict.OK {
		return fmt.Errorf("the ledger breaks its invariants: %q", verdict.Violations)
	}
	return nil
}

// comparePostings wants every acknowledged debit among the postings, under its session and
// number, and no other.
func (l *life) comparePostings() error {
	posted := map[string]int64{}
	for number := range callerAccounts {
		if err := l.addPostings(number, posted); err != nil {
			return err
		}
	}
	for _, e := range l.settled() {
		if got := -posted[e.name()]; got != e.debit {
			return fmt.Errorf("postings of %s = %d millionths, want %d", e.name(), got, e.debit)
		}
		delete(posted, e.name())
	}
	return l.onlyUnrepeated(posted)
}

// onlyUnrepeated wants no debits but those that were finished after the last kill.
func (l *life) onlyUnrepeated(posted map[string]int64) error {
	for _, c := range l.crowds {
		for _, one := range c.callers {
			for _, e := range one.done {
				delete(posted, e.name())
			}
		}
	}
	for name, amount := range posted {
		if amount != 0 {
			return fmt.Errorf("postings of %s = %d millionths, want none", name, amount)
		}
	}
	return nil
}

// addPostings adds the session postings of an account, by session and number.
func (l *life) addPostings(number int, posted map[string]int64) error {
	url := l.accountURL(number) + "/postings?limit=1000"
	for next := ""; ; {
		var page struct {
			Items []struct {
				Session string            `json:"session"`
				Number  uint32            `json:"number"`
				Amount  charging.Quantity `json:"amount"`
			} `json:"items"`
			Next string `json:"next"`
		}
		if err := readJSON(url+"&after="+next, &page); err != nil {
			return err
		}
		for _, p := range page.Items {
			if p.Session != "" {
				posted[fmt.Sprintf("%s number %d", p.Session, p.Number)] += p.Amount.Amount
			}
		}
		if next = page.Next; next == "" {
			return nil
		}
	}
}
