package ocssim_test

import "testing"

func TestCourtOfUsageOverSockets(t *testing.T) {
	t.Parallel()
	testCharges(t, []charge{
		{name: "clean", talk: `
> initial s1 15550100 rg=100 n=3 want rg=200 want
> update s1 rg=100 used=300s/exhausted want
> update s1 rg=200 used=100000B/exhausted want
> termination s1 rg=100 used=10s reason=final rg=200 used=0B reason=final
`},
		{name: "above in two groups", talk: `
> initial s1 15550100 rg=100 want rg=200 want
> update s1 rg=100 used=305s/exhausted want rg=200 used=100500B/exhausted want
> termination s1 rg=100 used=0s reason=final rg=200 used=0B reason=final
`, want: []string{"note usage-above-grant", "note usage-above-grant"}},
		{name: "above by two reports", talk: `
> initial s1 15550100 rg=100 want
> update s1 rg=100 used=200s reason=unused
> update s1 rg=100 used=105s reason=final
> termination s1
`, want: []string{"note usage-above-grant"}},
		{name: "far above at command level", talk: `
> initial s1 15550100 single want
> update s1 single used=150s want
> termination s1 single used=0s
`, want: []string{"warning usage-far-above-grant"}},
		{name: "above at a tariff switch", talk: `
> initial s1 15550100 rg=100 want
> update s1 rg=100 used=200s/before used=150s/after reason=validity want
> termination s1 rg=100 used=0s reason=final
`, want: []string{"warning usage-far-above-grant", "warning validity-not-expired"}},
		{name: "above in a pool", talk: `
> initial s1 15550100 rg=301 want rg=302 want
> update s1 rg=301 used=70s/pool want rg=302 used=8events/pool want
> termination s1 rg=301 used=0s reason=final rg=302 used=0events reason=final
`, want: []string{"note usage-above-grant"}},
		{name: "one takes what the other left in a pool", talk: `
> initial s1 15550100 rg=301 want rg=302 want
> update s1 rg=301 used=75s/pool want rg=302 used=2events/pool want
> termination s1 rg=301 used=0s reason=final rg=302 used=0events reason=final
`},
		{name: "above in a sub-session", talk: `
> initial s1 15550100 sub=1 rg=100 want
> initial s1 15550100 sub=2 rg=100 want
> update s1 sub=2 rg=100 used=301s/exhausted want
> termination s1 sub=1 rg=100 used=300s reason=final
> termination s1 sub=2 rg=100 used=30s reason=final
`, want: []string{"note usage-above-grant"}},
		{name: "more than can be counted", talk: `
> initial s1 15550100 rg=200 want
> update s1 rg=200 used=9223372036854775807B reason=unused
> update s1 rg=200 used=9223372036854775807B reason=unused
`, want: []string{"warning usage-far-above-grant", "warning usage-far-above-grant"}},
		{name: "time beyond 2^32", talk: `
> initial s1 15550100 rg=100 want
> update s1 rg=100 used=4294967295s/exhausted want
> termination s1 rg=100 used=0s reason=final
`, want: []string{"warning usage-far-above-grant"}},
		{name: "unit missing in a termination", talk: `
> initial s1 15550100 rg=100 want rg=200 want
> termination s1 rg=100 reason=final rg=200 used=5s reason=final
`, want: []string{"violation granted-unit-unreported", "violation granted-unit-unreported", "violation reason-without-usage"}},
		{name: "another unit than granted", talk: `
> initial s1 15550100 rg=201 want
> update s1 rg=201 used=100000B/exhausted want
> termination s1 rg=201 used=0B/out reason=final
`, want: []string{"violation granted-unit-unreported"}},
		{name: "in and out make the total", talk: `
> initial s1 15550100 rg=200 want
> update s1 rg=200 used=50000B/in+50000B/out/exhausted want
> termination s1 rg=200 used=0B/in+0B/out reason=final
`},
		{name: "nothing was granted to the group", talk: `
> initial s1 15550100 rg=100 want
> update s1 rg=100 used=60s/exhausted rg=101 used=60s/exhausted
> termination s1 rg=100 used=0s reason=final rg=201 used=7B/out reason=final
`, want: []string{"warning usage-not-granted", "warning usage-not-granted", "warning quota-not-exhausted"}},
		{name: "tail after denial", talk: `
> initial s1 15550200 rg=100 want
< 2001 rg=100 2001 final=terminate
> update s1 rg=100 used=240s reason=final
> initial s2 15550300 rg=100 want
< 2001 rg=100 4012
> termination s2 rg=100 used=5s reason=final
> termination s1
`},
		{name: "on after denial", talk: `
> initial s2 15550300 rg=100 want
< 2001 rg=100 4012
> termination s2 rg=100 used=6s reason=final
`, want: []string{"violation usage-after-denial"}},
		{name: "reasons everywhere", talk: `
> initial s1 15550100 rg=100 n=2 want
> update s1 rg=100 used=60s want
> update s1 rg=100 used=60s reason=exhausted want
> update s1 rg=100 used=60s/change want trigger=participants n=2
> update s1 rg=100 used=60s want avp:Reporting-Reason=2
> update s1 rg=100 used=60s want reason=change
> update s1 rg=100 want reason=validity
> update s1 rg=100 used=60s want trigger=participants reason=change n=2
> termination s1 rg=100 used=60s/final
`, want: []string{}},
		{name: "redirect", talk: `
> initial s1 15550200 rg=400 want
< 2001 rg=400 2001 final=redirect
> update s1 rg=400 used=10000B/exhausted want
> update s1 rg=400 used=10000B/exhausted want
> update s1 rg=400 used=0B/exhausted want
`, want: []string{}},
		{name: "a service ends before the session", talk: `
> initial s1 15550100 rg=100 want rg=200 want
> update s1 rg=200 used=100B reason=final
> update s1 rg=100 used=300s/exhausted want
> termination s1 rg=100 used=5s reason=final
`},
		{name: "number wraps", talk: `
> initial s1 15550100 rg=100 want number=4294967294
> update s1 rg=100 used=10s want number=4294967295 reason=unused
> update s1 rg=100 used=10s want number=0 reason=unused
> termination s1 rg=100 used=10s reason=final number=5
`, want: []string{}},
		{name: "repeats", talk: `
> initial s1 15550100 rg=100 want
> repeat s1
> retransmit s1 conn=b
> update s1 rg=100 used=310s/exhausted want
> repeat s1
> retransmit s1 conn=b
> repeat s1 conn=c
> termination s1 rg=100 used=310s reason=final
> retransmit s1
> repeat s1
`, want: []string{"note usage-above-grant", "note usage-above-grant", "warning repeat-without-t-flag"}},
	})
}
