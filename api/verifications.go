package api

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// verificationForm describes the body of POST /v1/verifications: one, or a list.
type verificationForm struct{}

// Schema describes both forms.
func (verificationForm) Schema(r huma.Registry) *huma.Schema {
	one := r.Schema(reflect.TypeFor[scenarios.Verification](), true, "Verification")
	return oneOf(one, listSchema(one))
}

func (s *server) verificationRoutes() {
	register(s, route{
		method: http.MethodPost, path: "/v1/verifications", id: "verify", tag: "Journal",
		summary: "Ask whether what happened is what should have",
		description: "Looks through the journal for exchanges and observations: so many of a " +
			"kind, none, or several in order. It waits as long as `within` says. The answer is " +
			"always 200: `satisfied` tells whether it holds, `near_misses` what came closest, " +
			"with what was wanted and what was seen. A list of verifications is answered with " +
			"`items`.",
		body: verificationForm{}, bodyExample: `{"name": "the join was charged",
			"match": {"type": "update", "subscriber": "15550100", "participants": "4"},
			"count": 1, "within": "10ms"}`,
		example: `{"name": "the join was charged", "satisfied": false, "found": [],
			"reason": "there are 0 of CCR subscriber=15550100 type=update participants=4, want 1",
			"near_misses": [{"seq": 7, "what": "CCR update 1 of im.example.com;1;1",
			"misses": [{"key": "participants",
			"avp": "Service-Information.IM-Information.Number-Of-Participants",
			"want": "4", "seen": "3"}]}]}`,
		problems: []charging.ErrorKind{charging.KindInvalidDocument},
	}, s.verify)
}

func (s *server) verify(ctx context.Context, in *Written) (
	*Output[resource.VerificationReport], error,
) {
	data, err := in.body()
	if err != nil {
		return nil, err
	}
	list, isList, err := document.DecodeVerifications(bodyName, data, s.Journal.Knows)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer whenStopping(ctx, cancel)()
	begin := time.Now()
	items := make([]scenarios.Verified, len(list))
	for i := range list {
		items[i] = s.Journal.Verify(ctx, &list[i], begin)
	}
	if isList {
		return answer(resource.NewVerificationReport(items), nil)
	}
	return answer(resource.VerificationReport{Verified: items[0]}, nil)
}
