package ocssim_test

import (
	"testing"

	"github.com/ocs-sim/ocs-sim/charging"
)

// RFC 6733 section 3: what makes a duplicate is the Origin-Host with the End-to-End Identifier, so
// the same identifier of another host names another request. Here it names none by itself: each
// of these four sessions is charged its minute of 0.05 EUR.
func TestEndToEndIdentifiersOfTwoClientsMayBeTheSame(t *testing.T) {
	t.Parallel()
	server := startCrowd(t)
	for _, host := range []string{"im1.example.net", "im2.example.net"} {
		client := dialGy(t, server.DiameterAddresses()[0], host)
		for _, session := range []string{";first", ";second"} {
			request := ccr{
				session: host + session, host: host, subscriber: "15550100", group: 100, wanted: 60,
			}
			for number, kind := range []uint32{initialRequest, terminationRequest} {
				request.kind, request.number = kind, uint32(number)
				request.used = 60 * uint32(number)
				answer, err := client.ask(request.frame(7, 77+uint32(number)))
				if err != nil || result(answer) != 2001 {
					t.Fatalf("%s: Result-Code %d, %v, want 2001",
						request.session, result(answer), err)
				}
			}
		}
	}
	checkCrowd(t, server, charging.Quantity{Unit: "EUR", Amount: 9_800_000})
}
