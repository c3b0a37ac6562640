package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/summons"
)

// longestWait keeps a request that waits within the time that a handler has.
const longestWait = handleTimeout - 5*time.Second

// SummonInput is the input of POST .../reauthorizations and .../aborts.
type SummonInput struct {
	SessionInput
	Wait   string `query:"wait" doc:"how long to wait for the answer, as 5s; at most 55s" example:"5s"`
	Follow string `query:"follow" doc:"how long to wait for the CCR that must follow, in place of wait" example:"10s"`
	Written
}

// SummonsInput is the input of GET .../reauthorizations/{number} and .../aborts/{number}.
type SummonsInput struct {
	SessionInput
	Number int64 `path:"number" doc:"the id of one"`
}

// SummonsOutput is a summons with the place where it can be looked at again.
type SummonsOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     resource.Summons
}

// A summonsRoute is what RAR and ASR do not share.
type summonsRoute struct {
	kind                charging.SummonsKind
	path, name, command string
	verb                string
	follower            string
	body                any
	bodyExample         string
}

func (s *server) summonsRoutes() {
	s.summonRoutes(summonsRoute{
		kind: charging.Reauthorization, path: "/v1/sessions/{id}/reauthorizations",
		name: "reauthorization", verb: "reauthorize", command: "RAR", follower: "CCR-U",
		body: resource.Scope{}, bodyExample: `{"rating_group": 100}`,
	})
	s.summonRoutes(summonsRoute{
		kind: charging.Abortion, path: "/v1/sessions/{id}/aborts",
		name: "abort", verb: "abort", command: "ASR", follower: "CCR-T",
		body: struct{}{}, bodyExample: `{}`,
	})
}

func (s *server) summonRoutes(r summonsRoute) {
	example := `{"id": 3, "kind": "` + r.name + `", "session": "im.example.com;1;1",
		"peer": "im.example.com", "cause": "request", "state": "followed", "scope": {},
		"exchange": 12, "sent": "2026-03-01T12:00:00Z", "answered": "2026-03-01T12:00:00Z",
		"result": 2001, "result_name": "DIAMETER_SUCCESS",
		"followed_by": {"number": 2, "type": "update", "result": 2001, "exchange": 13,
			"at": "2026-03-01T12:00:00Z"}}`
	register(s, route{
		method: "POST", path: r.path, id: r.verb + "-session", tag: "Sessions",
		summary: "Send " + article(r.command) + " " + r.command,
		description: "To the client that opened the session, by the connection that the " +
			"session's last request came by, or the newest of that peer. The answer is 202 as " +
			"soon as it is sent. With " +
			"`wait` it is 200 once the client has answered, with `follow` once the " +
			r.follower + " that must follow has come or its time is over; and 202 where that " +
			"takes longer. Nothing waits for a client that never answers.",
		status: http.StatusAccepted, body: r.body, bodyExample: r.bodyExample, example: example,
		problems: []charging.ErrorKind{
			charging.KindSessionNotFound, charging.KindPeerNotFound, charging.KindNoPeer,
			charging.KindSessionClosed, charging.KindTooManyWaiting, charging.KindInvalidDocument,
		},
	}, func(ctx context.Context, in *SummonInput) (*SummonsOutput, error) {
		return s.summon(ctx, in, r)
	})
	register(s, route{
		method: "GET", path: r.path, id: "list-" + r.name + "s", tag: "Sessions",
		summary: "List " + r.name + "s",
		description: "Every " + r.command + " for the session that is still remembered, oldest " +
			"first, and what came of it.",
		example:  `{"items": [` + example + `], "next": ""}`,
		problems: []charging.ErrorKind{charging.KindSessionNotFound},
	}, func(ctx context.Context, in *SessionInput) (
		*Output[resource.List[resource.Summons]], error,
	) {
		return s.listSummonses(ctx, in.key(), r.kind)
	})
	register(s, route{
		method: "GET", path: r.path + "/{number}", id: "get-" + r.name, tag: "Sessions",
		summary:     "Show " + article(r.name) + " " + r.name,
		description: "What came of the " + r.command + " so far.", example: example,
		problems: []charging.ErrorKind{charging.KindSummonsNotFound},
	}, func(_ context.Context, in *SummonsInput) (*Output[resource.Summons], error) {
		report, err := s.Summons.Report(in.key(), r.kind, in.Number)
		return answer(resource.WriteSummons(&report), err)
	})
}

// article goes before a word or an abbreviation spelt letter by letter.
func article(word string) string {
	if word[0] == 'A' || word[0] == 'a' {
		return "an"
	}
	return "a"
}

func (in *SessionInput) key() charging.SessionID {
	return charging.SessionID{ID: in.ID, Sub: in.SubSession}
}

// listSummonses lists what there is also of a session that is forgotten meanwhile.
func (s *server) listSummonses(
	ctx context.Context, id charging.SessionID, kind charging.SummonsKind,
) (*Output[resource.List[resource.Summons]], error) {
	reports := s.Summons.Reports(id, kind)
	if len(reports) == 0 {
		if _, err := s.Ledger.Session(ctx, id); err != nil {
			return nil, err
		}
	}
	return answer(writeSummonses(reports), nil)
}

func writeSummonses(reports []summons.Report) resource.List[resource.Summons] {
	list := resource.List[resource.Summons]{Items: make([]resource.Summons, len(reports))}
	for i := range reports {
		list.Items[i] = resource.WriteSummons(&reports[i])
	}
	return list
}

func (s *server) summon(
	ctx context.Context, in *SummonInput, r summonsRoute,
) (*SummonsOutput, error) {
	wait, err := readWait("wait", in.Wait)
	if err != nil {
		return nil, err
	}
	follow, err := readWait("follow", in.Follow)
	if err != nil {
		return nil, err
	}
	wanted, err := s.readSummons(ctx, in, r.kind)
	if err != nil {
		return nil, err
	}
	report, err := s.Summons.Issue(ctx, *wanted, summons.ByRequest)
	if err != nil {
		return nil, err
	}
	out := &SummonsOutput{
		Status: http.StatusAccepted,
		Location: "/v1/sessions/" + url.PathEscape(in.ID) + "/" + r.name + "s/" +
			strconv.FormatInt(report.ID, 10),
	}
	if wait > 0 || follow > 0 {
		report = s.awaitSummons(ctx, report.ID, wait, follow)
		if !report.State.Passing() || follow == 0 && report.State != summons.Sent {
			out.Status = http.StatusOK
		}
	}
	out.Body = resource.WriteSummons(&report)
	return out, nil
}

// readSummons reads what is asked for and finds who is to be asked.
func (s *server) readSummons(
	ctx context.Context, in *SummonInput, kind charging.SummonsKind,
) (*charging.Summons, error) {
	if len(in.data) == 0 && in.err == nil {
		in.data = []byte("{}")
	}
	wanted := &charging.Summons{Kind: kind, Session: in.key()}
	if kind == charging.Abortion {
		if _, err := decode[struct{}](&in.Written, nil); err != nil {
			return nil, err
		}
	} else {
		scope, err := decode[resource.Scope](&in.Written, nil)
		if err != nil {
			return nil, err
		}
		wanted.Scope = scope.Read()
	}
	session, err := s.Ledger.Session(ctx, wanted.Session)
	if err != nil {
		return nil, err
	}
	wanted.Origin = session.Origin
	return wanted, mayBeSummoned(session)
}

func mayBeSummoned(session *charging.Session) error {
	switch {
	case !session.Open():
		return charging.Errorf(charging.KindSessionClosed,
			"session %s is closed (%s)", session.ID.ID, session.ClosedBy)
	case session.Origin.Host == "":
		return &charging.Error{
			Kind: charging.KindNoPeer,
			Message: "session " + session.ID.ID + " was opened over REST, where no client can " +
				"be asked",
			Hint: "charges over REST may name an origin_host, which is asked then",
		}
	}
	return nil
}

func (s *server) awaitSummons(
	ctx context.Context, id int64, wait, follow time.Duration,
) summons.Report {
	if follow > 0 {
		ctx, cancel := context.WithTimeout(ctx, follow)
		defer cancel()
		return s.Summons.AwaitEnd(ctx, id)
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	return s.Summons.AwaitAnswer(ctx, id)
}

// readWait reads a time to wait; a number without a unit is seconds.
func readWait(name, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	if _, err := strconv.Atoi(text); err == nil {
		text += "s"
	}
	wait, err := time.ParseDuration(text)
	if err != nil || wait < 0 {
		problem := newProblem(codeInvalidRequest, "query."+name+": expected a time, as 5s")
		problem.Errors = []resource.ProblemError{{
			Location: "query." + name, Message: "expected a time, as 5s or 500ms",
		}}
		return 0, problem
	}
	return min(wait, longestWait), nil
}
