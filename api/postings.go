package api

import (
	"context"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
)

// TransferInput is the input of credits and debits.
type TransferInput struct {
	AccountPath
	Written
}

// PostingsInput is the input of GET /v1/accounts/{id}/postings.
type PostingsInput struct {
	AccountPath
	Page
}

func (s *server) postingRoutes() {
	const transferBody = `{"amount": "1.00 EUR", "reference": "voucher 7"}`
	transfer := route{
		method: "POST", tag: "Accounts", body: resource.Transfer{},
		bodyExample: transferBody, example: accountExample,
		problems: []charging.ErrorKind{
			charging.KindAccountNotFound, charging.KindInvalidDocument, charging.KindUnitMismatch,
			charging.KindLedgerStopped,
		},
	}
	credit, debit := transfer, transfer
	credit.path, credit.id = accountPath+"/credits", "credit-account"
	credit.summary = "Pay in"
	credit.description = "Posts the amount to the named balance, or to the first of its unit."
	register(s, credit, s.credit)
	debit.path, debit.id = accountPath+"/debits", "debit-account"
	debit.summary = "Take out"
	debit.description = "Posts the amount from the named balance, or from the first of its unit. " +
		"No more than is available can be taken."
	insufficient := []charging.ErrorKind{charging.KindInsufficientCredit}
	debit.problems = append(insufficient, debit.problems...)
	register(s, debit, s.debit)
	register(s, route{
		method: "GET", path: accountPath + "/postings", id: "list-postings", tag: "Accounts",
		summary: "List postings", description: "Every movement with its reason, oldest first.",
		example: `{"items": [{"id": 3, "entry": 9, "at": "2026-03-01T12:00:00Z", "account": "alice",
			"balance": "main", "amount": "-0.07 EUR", "after": "9.93 EUR", "against": "revenue",
			"session": "im.example.com;1;1", "number": 1, "code": "used",
			"reason": "used rg=100 60s by conference n=3, 1 x 0.07 EUR = 0.07 EUR"}], "next": ""}`,
		problems: []charging.ErrorKind{charging.KindAccountNotFound},
	}, s.listPostings)
	register(s, route{
		method: "GET", path: accountPath + "/reservations", id: "list-reservations",
		tag:         "Accounts",
		summary:     "List open reservations",
		description: "What is set aside for grants, and for whom.",
		example: `{"items": [{"id": 4, "account": "alice", "session": "im.example.com;1;1",
			"rating_group": 100, "state": "open", "at": "2026-03-01T12:00:00Z",
			"draws": [{"balance": "main", "amount": "0.35 EUR"}]}], "next": ""}`,
		problems: []charging.ErrorKind{charging.KindAccountNotFound},
	}, s.listReservations)
}

func (s *server) credit(ctx context.Context, in *TransferInput) (*Output[resource.Account], error) {
	transfer, err := decodeTransfer(&in.Written)
	if err != nil {
		return nil, err
	}
	account, err := s.Ledger.Credit(ctx, s.Clock.Now(), in.ID, *transfer)
	if err == nil {
		s.toppedUp(in.ID)
	}
	return answer(writeAccount(&account), err)
}

func (s *server) debit(ctx context.Context, in *TransferInput) (*Output[resource.Account], error) {
	transfer, err := decodeTransfer(&in.Written)
	if err != nil {
		return nil, err
	}
	account, err := s.Ledger.Debit(ctx, s.Clock.Now(), in.ID, *transfer)
	return answer(writeAccount(&account), err)
}

func decodeTransfer(w *Written) (*accounts.Transfer, error) {
	read, err := decode(w, func(t *resource.Transfer) []charging.Fault {
		if t.Amount.Unit != "" && t.Amount.Amount > 0 {
			return nil
		}
		message := `an amount above zero is needed, as in "amount": "1.00 EUR"`
		return []charging.Fault{{Path: "amount", Message: message}}
	})
	if err != nil {
		return nil, err
	}
	return &accounts.Transfer{
		Balance: read.Balance, Amount: read.Amount, Reference: read.Reference,
	}, nil
}

func (s *server) listPostings(ctx context.Context, in *PostingsInput) (
	*Output[resource.List[resource.Posting]], error,
) {
	after, err := in.number()
	if err != nil {
		return nil, err
	}
	items, next, err := s.Ledger.Postings(ctx, in.ID, after, in.Limit)
	list := resource.List[resource.Posting]{
		Items: make([]resource.Posting, len(items)), Next: nextNumber(next),
	}
	for i := range items {
		list.Items[i] = writePosting(&items[i])
	}
	return answer(list, err)
}

func writePosting(p *accounts.Posting) resource.Posting {
	written := resource.Posting{
		ID: p.ID, Entry: p.Entry, At: p.At, Account: p.Account, Balance: p.Balance,
		Amount: p.Amount.String(), Against: p.Against, Reference: p.Reference, Session: p.Session,
		After: charging.Quantity{Amount: p.After, Unit: p.Amount.Unit}.String(),
		Code:  p.Reason.Code, Reason: p.Reason.String(),
	}
	if p.Session != "" {
		written.Number = &p.Number
	}
	return written
}

func (s *server) listReservations(ctx context.Context, in *AccountPath) (
	*Output[resource.List[resource.Reservation]], error,
) {
	items, err := s.Ledger.Reservations(ctx, in.ID)
	list := resource.List[resource.Reservation]{Items: make([]resource.Reservation, len(items))}
	for i := range items {
		list.Items[i] = writeReservation(&items[i])
	}
	return answer(list, err)
}

func writeReservation(r *accounts.Reservation) resource.Reservation {
	written := resource.Reservation{
		ID: r.ID, Account: r.Account, Session: r.Session.ID, SubSession: r.Session.Sub,
		Service: r.Service.IDs, State: r.State, At: r.At, Draws: []resource.Draw{},
	}
	if r.Service.Group.Known {
		written.RatingGroup = &r.Service.Group.Value
	}
	for _, draw := range r.Draws {
		written.Draws = append(written.Draws,
			resource.Draw{Balance: draw.Balance, Amount: draw.Amount.String()})
	}
	return written
}
