package ocssim_test

import "testing"

func TestCourtExplore(t *testing.T) {
	t.Parallel()
	testCharges(t, []charge{
		{name: "invited then attached", talk: `
> initial s1 15550100 rg=100 n=3 want
> update s1 rg=100 used=5s reason=validity n=2 want
> update s1 rg=100 used=5s reason=change trigger=participants n=3 want
> termination s1 rg=100 used=0s reason=final
`, want: []string{"warning validity-not-expired"}},
		{name: "participants without trigger, armed", talk: `
> initial s1 15550100 rg=100 n=3 want
> update s1 rg=100 used=5s reason=change trigger=participants n=2 want
> update s1 rg=100 used=5s reason=holding n=4 want
> update s1 rg=100 used=5s reason=holding n=5 trigger=media want
> termination s1 rg=100 used=0s reason=final
`, want: []string{"violation participants-changed-without-trigger", "violation participants-changed-without-trigger"}},
		{name: "participants without trigger, not armed", talk: `
> initial s1 15550100 rg=101 n=3 want
> update s1 rg=101 used=5s reason=change trigger=participants n=2 want
> update s1 rg=101 used=5s reason=holding n=4 want
> termination s1 rg=101 used=0s reason=final
`, want: []string{"warning participants-changed-without-trigger"}},
		{name: "triggers elsewhere", talk: `
> initial s1 15550100 rg=100 n=3 media=message want
> update s1 trigger=participants rg=100 used=5s reason=change n=2 want
> update s1 trigger=participants rg=100 used=5s reason=change n=4 want
> update s1 rg=100 used=5s reason=change n=4 media=message,audio want trigger=media
> update s1 rg=100 used=5s reason=change n=4 media=audio,message want trigger=media
> update s1 rg=100 used=5s reason=change n=4 media=message want trigger=media
> termination s1 rg=100 used=0s reason=final
`},
		{name: "media without trigger", talk: `
> initial s1 15550100 rg=100 n=3 media=message want
> update s1 rg=100 used=5s reason=holding media=message,audio want
> update s1 rg=100 used=5s reason=holding media=message want
> termination s1 rg=100 used=0s reason=final
`, want: []string{"violation media-changed-without-trigger", "violation media-changed-without-trigger"}},
		{name: "trigger without change", talk: `
> initial s1 15550100 rg=100 n=3 want
> update s1 rg=100 used=5s reason=change n=3 trigger=participants want
> update s1 rg=100 used=5s reason=change n=3 trigger=participants want
> termination s1 rg=100 used=0s reason=final
`, want: []string{"note trigger-without-change"}},
		{name: "one in, one out", talk: `
> initial s1 15550100 rg=100 n=3 want to=sip:bob@example.com
> update s1 rg=100 used=5s reason=change n=3 trigger=participants want to=sip:carol@example.com
> update s1 rg=100 used=5s reason=change n=3 trigger=participants want to=sip:dave@example.com ast=joining
> termination s1 rg=100 used=0s reason=final
`},
		{name: "information", talk: `
> initial s1 15550100 rg=100 n=3 role=originating method=INVITE want
> update s1 rg=100 used=5s reason=holding avp:Service-Information=none want
> update s1 rg=100 used=5s reason=holding n=3 role=terminating want
> update s1 rg=100 used=5s reason=holding n=3 method=dummy want
> update s1 15550200 rg=100 used=5s reason=holding n=3 want
> update s1 nobody rg=100 used=5s reason=holding n=3 want
> update s1 15550100 context=32251@3gpp.org rg=100 used=5s reason=holding n=3 want
> update s1 tel:+15550100 context=32260@3gpp.org rg=100 used=5s reason=holding n=3 want
> termination s1 rg=100 used=0s reason=final avp:Service-Information=none
`, want: []string{"note subscriber-e164-form", "warning context-changed", "warning subscriber-changed", "warning subscriber-lost",
			"warning service-information-changed", "warning service-information-changed", "warning service-information-lost"}},
		{name: "numbers", talk: `
> initial s1 15550100 rg=101 want
> update s1 rg=101 used=5s reason=holding want
> update s1 rg=101 used=6s reason=holding want number=1
> update s1 rg=101 used=6s reason=holding want number=5
> update s1 rg=101 used=6s reason=holding want number=3
> initial s1 15550100 rg=101 want number=6
> termination s1 rg=101 used=6s reason=final number=7
> termination s1 rg=101 used=6s reason=final number=8
> update s1 rg=101 used=6s reason=holding want number=9
> termination s1 rg=101 used=7s reason=final number=8
> event e1 15550100 rg=700 action=debit want=1events number=3
> event e1 15550100 rg=700 action=debit want=1events number=4
> event e1 15550100 rg=700 action=debit want=2events number=4
> update s9 15550100 rg=101 used=6s reason=holding want
`, want: []string{"violation content-changed-under-number"}},
		{name: "refused", talk: `
> initial s1 15550300 rg=101 want
> update s1 rg=101 used=5s reason=holding want
> update s1 rg=101 used=15s reason=holding want
> termination s1 rg=101 used=0s reason=final
> initial s2 15559999 rg=101 want
> update s2 rg=101 used=5s reason=holding want
> termination s2 rg=101 used=0s reason=final
> initial s3 15559999 rg=101 want
> termination s3 rg=101 used=0s reason=final
`},
		{name: "event timestamps", talk: `
! clock 2036-02-07T06:28:10Z
> initial s1 15550100 rg=101 want avp:Event-Timestamp=2036-02-07T06:28:10Z
+ 60s
> update s1 rg=101 used=60s reason=holding want avp:Event-Timestamp=2036-02-07T06:29:10Z
+ 60s
> update s1 rg=101 used=63s reason=holding want avp:Event-Timestamp=2036-02-07T06:30:10Z
> update s1 rg=101 used=0s reason=holding want avp:Event-Timestamp=2036-02-07T06:32:10Z
> termination s1 rg=101 used=120s reason=final avp:Event-Timestamp=2036-02-07T06:30:10Z
`, want: []string{"violation usage-longer-than-time", "violation usage-longer-than-time", "warning event-timestamp-off"}},
		{name: "burst", talk: `
> initial s1 15550100 rg=101 want rg=200 want
> update s1 rg=101 used=5s reason=holding want
|> update s1 rg=101 used=5s reason=holding want
< any
< any
> termination s1 rg=101 used=5s reason=final rg=200 used=0B reason=final
`, want: []string{"violation request-before-answer"}},
		{name: "burst of other groups", talk: `
> initial s1 15550100 rg=101 want rg=200 want
> update s1 rg=101 used=5s reason=holding want
|> update s1 rg=200 used=5B reason=holding want
< any
< any
> termination s1 rg=101 used=5s reason=final rg=200 used=0B reason=final
`},
		{name: "final", talk: `
> initial s1 15550200 rg=101 want=3000s
< 2001 rg=101 2001 final=terminate
> update s1 rg=101 used=1200s/exhausted want
> termination s1 rg=101 used=0s reason=final
`, want: []string{"warning units-asked-after-final"}},
		{name: "asks by validity before the final units are used", talk: `
> initial s1 15550200 rg=101 want=3000s
< 2001 rg=101 2001 final=terminate
+ 3600s
> update s1 rg=101 used=100s reason=validity want
> termination s1 rg=101 used=0s reason=final
`},
		{name: "turned clock", talk: `
> initial s1 15550100 rg=600 want
+ 90s
> update s1 rg=600 used=60s reason=validity want
+ 1000s
> termination s1 rg=600 used=60s reason=final
`},
		{name: "clock turned over Tcc", talk: `
> initial s1 15550100 rg=600 want
+ 1000s
> update s1 rg=600 used=60s reason=validity want
< 5002
> termination s1 rg=600 used=60s reason=final
`},
	})
}
