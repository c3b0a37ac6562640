package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
)

// Patience is how long to wait for what comes of a summons; zero: it is only sent.
type Patience struct {
	Answer time.Duration // for the RAA or ASA
	Follow time.Duration // for the CCR that must follow
}

// Summon has the server send a RAR or an ASR for a session; Origin is the server's to find out.
func (c *Client) Summon(ctx context.Context, s *charging.Summons, p Patience) (
	*resource.Summons, error,
) {
	query := sessionQuery(s.Session)
	for key, wait := range map[string]time.Duration{"wait": p.Answer, "follow": p.Follow} {
		if wait > 0 {
			query.Set(key, wait.String())
		}
	}
	var body any = resource.WriteScope(s.Scope)
	if s.Kind == charging.Abortion {
		body = struct{}{}
	}
	var said resource.Summons
	path := summonsPath(s.Session, s.Kind) + questionMark(query)
	return &said, c.do(ctx, http.MethodPost, path, body, &said)
}

// Summonses lists what was sent for a session, and what came of it.
func (c *Client) Summonses(
	ctx context.Context, id charging.SessionID, kind charging.SummonsKind,
) (*resource.List[resource.Summons], error) {
	return list[resource.Summons](ctx, c, summonsPath(id, kind), sessionQuery(id))
}

// Peers lists the open Diameter connections.
func (c *Client) Peers(ctx context.Context) (*resource.List[resource.Peer], error) {
	return list[resource.Peer](ctx, c, "/v1/peers", nil)
}

// Disconnect says goodbye to a peer with a DPR. The cause is rebooting, busy or
// do_not_want_to_talk; empty is the last.
func (c *Client) Disconnect(ctx context.Context, originHost, cause string) error {
	query := url.Values{}
	if cause != "" {
		query.Set("cause", cause)
	}
	path := "/v1/peers/" + url.PathEscape(originHost) + questionMark(query)
	return c.do(ctx, http.MethodDelete, path, nil, nil)
}

func summonsPath(id charging.SessionID, kind charging.SummonsKind) string {
	return "/v1/sessions/" + url.PathEscape(id.ID) + "/" + kind.String() + "s"
}

func sessionQuery(id charging.SessionID) url.Values {
	query := url.Values{}
	if id.Sub != 0 {
		query.Set("sub_session", strconv.FormatUint(id.Sub, 10))
	}
	return query
}

func questionMark(query url.Values) string {
	if len(query) == 0 {
		return ""
	}
	return "?" + query.Encode()
}
