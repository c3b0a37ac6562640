package charging

import "fmt"

// An ErrorKind is a stable word for expected trouble; doors map it to their own codes.
type ErrorKind string

// The kinds, as they appear in problem documents.
const (
	KindAccountNotFound    ErrorKind = "account-not-found"
	KindPlanNotFound       ErrorKind = "plan-not-found"
	KindScenarioNotFound   ErrorKind = "scenario-not-found"
	KindSessionNotFound    ErrorKind = "session-not-found"
	KindConferenceNotFound ErrorKind = "conference-not-found"
	KindExchangeNotFound   ErrorKind = "exchange-not-found"
	KindSandboxNotFound    ErrorKind = "sandbox-not-found"
	KindSandboxExists      ErrorKind = "sandbox-exists"
	KindTooManySandboxes   ErrorKind = "too-many-sandboxes"
	KindAddressInUse       ErrorKind = "address-in-use"
	KindPeerNotFound       ErrorKind = "peer-not-found"
	KindSummonsNotFound    ErrorKind = "summons-not-found"
	KindNoPeer             ErrorKind = "no-peer"
	KindSessionClosed      ErrorKind = "session-closed"
	KindTooManyWaiting     ErrorKind = "too-many-waiting"
	KindInvalidDocument    ErrorKind = "invalid-document"
	KindUnitMismatch       ErrorKind = "unit-mismatch"
	KindInsufficientCredit ErrorKind = "insufficient-credit"
	KindAccountInUse       ErrorKind = "account-in-use"
	KindPlanInUse          ErrorKind = "plan-in-use"
	KindClockBackwards     ErrorKind = "clock-backwards"
	KindUnauthorized       ErrorKind = "unauthorized"
	KindLedgerStopped      ErrorKind = "ledger-stopped"
)

// An Error is trouble that was to be expected: what is wrong, where, and what to do next.
type Error struct {
	Kind    ErrorKind
	Message string
	Hint    string
	Faults  []Fault // all that is wrong with a document, where there is more to say
}

// Error returns the message and the hint.
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + "; " + e.Hint
}

// Errorf makes an Error without a hint.
func Errorf(kind ErrorKind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// A Fault is one thing wrong with a document. Path is where it stands, keys joined by dots and
// positions in brackets, as in plans.im.rules[0].price; documents turn it into line and column.
type Fault struct {
	Path    string
	Line    int // 1 is the first; 0: unknown
	Column  int
	Message string
}
