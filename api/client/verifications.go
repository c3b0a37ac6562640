package client

import (
	"context"
	"net/http"

	"github.com/ocs-sim/ocs-sim/api/resource"
)

// Verify asks whether what happened is what should have, from YAML or JSON: one verification, or a
// list of them, which is answered with Items. What does not hold is no error.
func (c *Client) Verify(ctx context.Context, verifications []byte) (
	*resource.VerificationReport, error,
) {
	var verified resource.VerificationReport
	path := "/v1/verifications"
	return &verified, c.do(ctx, http.MethodPost, path, verifications, &verified)
}
