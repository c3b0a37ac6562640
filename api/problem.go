package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// The codes of problems that are HTTP's and not charging's.
const (
	codeNotFound         = "not-found"
	codeMethodNotAllowed = "method-not-allowed"
	codeInvalidRequest   = "invalid-request"
	codeTooLarge         = "too-large"
	codeRatingFailed     = "rating-failed"
	codeOtherSite        = "other-site"
	codeNotReady         = "not-ready"
	codeTimeout          = "timeout"
	codeInternal         = "internal"
)

// A problemKind is one code with its HTTP status and what its page says.
type problemKind struct {
	Code        string
	Status      int
	Title       string
	Explanation string
}

// problemKinds is the one place that maps kinds of errors to HTTP.
func problemKinds() []problemKind {
	const gone = "The name in the path is not known. Lists under the same path show what " +
		"there is; a reset and DELETE take things away."
	return []problemKind{
		{string(charging.KindAccountNotFound), 404, "There is no such account", gone},
		{string(charging.KindPlanNotFound), 404, "There is no such plan", gone},
		{string(charging.KindScenarioNotFound), 404, "There is no such scenario", gone +
			" Scenarios do not survive a restart, unless they are in the seed."},
		{
			string(diameter.KindDictionaryNotFound), 404, "There is no such dictionary", gone +
				" Dictionaries do not survive a restart, unless they are given at the start.",
		},
		{
			string(charging.KindSessionNotFound), 404, "There is no such session",
			"The Session-Id is not known, or the session was closed long enough ago to be " +
				"forgotten.",
		},
		{
			string(charging.KindConferenceNotFound), 404, "There is no such conference",
			"No session that is open or remembered names this Service-Id or " +
				"IMS-Charging-Identifier. GET /v1/conferences lists those that are named.",
		},
		{
			string(charging.KindExchangeNotFound), 404, "There is no such exchange",
			"The journal keeps the last exchanges only, and does not survive a restart.",
		},
		{
			string(charging.KindSandboxNotFound), 404, "There is no such sandbox", gone +
				" A sandbox is also gone when its time to live is over.",
		},
		{
			string(charging.KindSandboxExists), 409, "The name is taken",
			"A sandbox has this name already. Delete it, or leave the name out to have one chosen.",
		},
		{
			string(charging.KindTooManySandboxes), 503, "There are too many sandboxes",
			"As many run as there may be. Delete some: GET /v1/sandboxes shows when each was made " +
				"and how much time it has left. Jobs that end without a DELETE should ask for less " +
				"time to live.",
		},
		{
			string(charging.KindAddressInUse), 409, "The address is taken",
			"Something listens there already. Choose another port; 0, or no address at all, takes a " +
				"free one.",
		},
		{
			string(charging.KindPeerNotFound), 404, "No such peer is connected",
			"No open Diameter connection is the peer's own, or a relay's by which its requests " +
				"came. GET /v1/peers lists the connections.",
		},
		{
			string(charging.KindSummonsNotFound), 404, "There is no such summons",
			"The last 10,000 re-authorizations and aborts are remembered, and none survives a " +
				"restart or a reset.",
		},
		{
			string(charging.KindNoPeer), 409, "The session has no peer",
			"It was opened over REST, where the server can ask nobody. Only clients that " +
				"speak Diameter can be re-authorized or told to abort.",
		},
		{
			string(charging.KindSessionClosed), 409, "The session is closed",
			"Only an open session can be re-authorized or aborted.",
		},
		{
			string(charging.KindTooManyWaiting), 503, "Too many clients are awaited",
			"So many re-authorizations and aborts are under way that no more are begun. Each " +
				"ends by itself when its client has come back, or its time is over.",
		},
		{
			string(charging.KindInvalidDocument), 422, "The document is not valid",
			"Each of the errors says what is wrong and at which line and column of the body. All " +
				"of them are there at once, and nothing was changed.",
		},
		{
			string(charging.KindUnitMismatch), 422, "The units do not fit",
			"The account has no balance, or the plan no rule, that counts in this unit or " +
				"currency.",
		},
		{
			string(charging.KindInsufficientCredit), 409, "There is not enough credit",
			"A debit takes no more than is available: amount + credit limit - reserved.",
		},
		{
			string(charging.KindAccountInUse), 409, "The account is in use",
			"Sessions are open on it. End them, or repeat the request with ?force=true, which " +
				"releases what they hold and closes them.",
		},
		{
			string(charging.KindPlanInUse), 409, "The plan is in use",
			"Accounts have it. Give them another plan, or delete them, first.",
		},
		{
			string(charging.KindClockBackwards), 409, "The clock does not go back",
			"The charging clock only moves forward, since what is due by then is posted. POST " +
				"/v1/reset begins again at the time of day.",
		},
		{
			string(charging.KindUnauthorized), 401, "A token is needed",
			"The server was started with a token: send it as Authorization: Bearer TOKEN.",
		},
		{
			string(charging.KindLedgerStopped), 503, "The ledger has stopped",
			"Writing to the disk failed, so nothing can be promised any more. What was " +
				"acknowledged is safe. Make room or mend the disk, and start the server again.",
		},
		{
			codeRatingFailed, 422, "No rule rates this",
			"The plan has no rule that matches, or the rule needs an input that was not " +
				"given. At Gy this is 5031, DIAMETER_RATING_FAILED.",
		},
		{
			codeInvalidRequest, 422, "The request is not valid",
			"A parameter in the path or query is missing, unknown or of the wrong form.",
		},
		{
			codeTooLarge, 413, "The body is too large",
			"A body may have 1 MiB, a seed document 64 MiB. Ranges of accounts keep seeds short.",
		},
		{codeNotFound, 404, "There is nothing here", "The path is not one of the API. See /docs."},
		{
			codeMethodNotAllowed, 405, "The method does not fit",
			"The path is known, but does not take this method. See /docs.",
		},
		{
			codeOtherSite, 403, "Requests from other sites are refused",
			"A browser sent this for a page of another site. Tools without a browser are " +
				"not affected.",
		},
		{
			codeNotReady, 503, "The server is not ready",
			"It is starting or stopping. Ask again soon.",
		},
		{
			codeTimeout, 503, "It took too long",
			"The answer did not come in time. A charge may have gone through: repeat it with the " +
				"same session and number, which charges once.",
		},
		{
			codeInternal, 500, "The simulator made a mistake",
			"This is a bug. The log of the server says more.",
		},
	}
}

// kindOf finds a code; one that is not listed is a kind of input error nobody mapped.
func kindOf(code string) problemKind {
	for _, kind := range problemKinds() {
		if kind.Code == code {
			return kind
		}
	}
	return problemKind{Code: code, Status: 422, Title: strings.ReplaceAll(code, "-", " ")}
}

func newProblem(code, detail string) *resource.Problem {
	kind := kindOf(code)
	return &resource.Problem{
		Type: "/problems/" + code, Title: kind.Title, Status: kind.Status,
		Code: code, Detail: detail,
	}
}

// problemOf says an error as a problem.
func problemOf(err error) *resource.Problem {
	var problem *resource.Problem
	var expected *charging.Error
	var unrated *charging.Unrated
	var unknown *charging.OutcomeUnknown
	switch {
	case errors.As(err, &problem):
		return problem
	case errors.As(err, &expected):
		return expectedProblem(expected)
	case errors.As(err, &unrated):
		return newProblem(codeRatingFailed, unrated.Error())
	case errors.As(err, &unknown):
		return newProblem(string(charging.KindLedgerStopped), err.Error())
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return newProblem(codeTimeout, err.Error())
	}
	return newProblem(codeInternal, err.Error())
}

func expectedProblem(err *charging.Error) *resource.Problem {
	problem := newProblem(string(err.Kind), err.Message)
	problem.Hint = err.Hint
	for _, fault := range err.Faults {
		location := strings.TrimSuffix("body."+fault.Path, ".")
		if strings.HasPrefix(fault.Path, "[") {
			location = "body" + fault.Path
		}
		problem.Errors = append(problem.Errors, resource.ProblemError{
			Location: location, Line: fault.Line, Column: fault.Column, Message: fault.Message,
		})
	}
	switch len(err.Faults) {
	case 0:
	case 1:
		problem.Detail = err.Faults[0].Message
	default:
		problem.Detail = strconv.Itoa(len(err.Faults)) + " things are wrong: " +
			err.Faults[0].Message + ", and others"
	}
	return problem
}

// ourProblem turns the framework's own errors into our form. It is a transformer of this API
// alone; the framework's global hook stays as it is for whoever embeds us.
func ourProblem(_ huma.Context, _ string, value any) (any, error) {
	theirs, ok := value.(*huma.ErrorModel)
	if !ok {
		return value, nil
	}
	code := codeInvalidRequest
	for _, kind := range problemKinds() {
		if kind.Status == theirs.Status && theirs.Status != http.StatusUnprocessableEntity {
			code = kind.Code
		}
	}
	problem := newProblem(code, theirs.Detail)
	problem.Status = theirs.Status
	for _, detail := range theirs.Errors {
		if detail == nil {
			continue
		}
		problem.Errors = append(problem.Errors, resource.ProblemError{
			Location: detail.Location, Message: detail.Message,
		})
	}
	if len(problem.Errors) == 1 {
		only := problem.Errors[0]
		problem.Detail = only.Location + ": " + only.Message
	}
	return problem, nil
}

// writeProblem answers where the framework is not asked: before routing, and on pages.
func writeProblem(w http.ResponseWriter, problem *resource.Problem) {
	w.Header().Set("Content-Type", problem.ContentType(""))
	w.WriteHeader(problem.Status)
	_ = json.NewEncoder(w).Encode(problem) // the client is gone if this fails
}
