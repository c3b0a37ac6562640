package diameter

import (
	"encoding/hex"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

var updateGolden = flag.Bool("update", false, "write the golden files anew")

// answersOnRecord are what the golden files pin: a repeat must get the same AVPs in the same
// order, also from a later version of the program.
func answersOnRecord() map[string]*charging.Answer {
	update := charging.Key{Session: charging.SessionID{ID: "im.example.net;1;2"}, Number: 7}
	group := func(n int64, ids ...uint32) charging.ServiceKey {
		return charging.ServiceKey{Group: charging.Known(n), IDs: ids}
	}
	seconds := func(n int64) []charging.Quantity {
		return []charging.Quantity{{Amount: n, Unit: charging.Time}}
	}
	answer := func(services ...charging.ServiceAnswer) *charging.Answer {
		return &charging.Answer{
			Key: update, Type: charging.Update, Result: charging.Success, Services: services,
		}
	}
	full := answer(charging.ServiceAnswer{
		Key: group(100, 3, 9), Result: charging.Success, Granted: seconds(300), ValidFor: time.Hour,
		Threshold: charging.Quantity{
			Amount: 30,
			Unit:   charging.Time,
		}, HoldingTime: charging.Known(60),
		TariffChange: testTime.Add(time.Hour), Triggers: []uint32{40, 50},
	})
	full.Key.Session.Sub = 5
	full.Cost = charging.Quantity{Amount: 140_000, Unit: "EUR"}
	full.Balance = charging.Quantity{Amount: 9_860_000, Unit: "EUR"}
	full.LowOnes, full.Enough = charging.Known(1), charging.Known(0)
	full.Refund = []byte("r1")
	refused := answer()
	refused.Result, refused.Message = charging.InvalidAVPValue, "a value is wrong"
	refused.Failed = []charging.FailedAVP{{Raw: []byte(number(avpCCRequestType, 9))}}
	missing := answer()
	missing.Result, missing.Failed = charging.MissingAVP, []charging.FailedAVP{
		{Path: "Service-Context-Id"},
	}
	nested := answer()
	nested.Result = charging.RatingFailed
	nested.Failed = []charging.FailedAVP{
		{Path: "Service-Information.IMS-Information.Message-Body.Content-Length"},
	}
	unrated := answer(charging.ServiceAnswer{Key: group(7), Result: charging.RatingFailed})
	unrated.Failed = []charging.FailedAVP{{
		Path: "Multiple-Services-Credit-Control.Rating-Group", Value: "7",
	}}
	typeless := answer()
	typeless.Type, typeless.Result = 0, charging.MissingAVP
	typeless.Failed = []charging.FailedAVP{{Path: "CC-Request-Type"}}
	busy := answer()
	busy.Result = charging.TooBusy
	units := answer(charging.ServiceAnswer{Granted: []charging.Quantity{
		{Amount: 1, Unit: charging.Total},
		{Amount: 2, Unit: charging.Input},
		{
			Amount: 3, Unit: charging.Output,
		},
		{Amount: 4, Unit: charging.Events},
		{Amount: 500_000, Unit: "EUR"},
	}})
	final := func(f charging.FinalUnit) charging.ServiceAnswer {
		return charging.ServiceAnswer{
			Key: group(1), Result: charging.Success, Granted: seconds(60), Final: &f,
		}
	}
	all := map[string]*charging.Answer{
		"grant with everything": full,
		"two services, one refused": answer(
			charging.ServiceAnswer{
				Key: group(
					1,
				), Result: charging.Success, Granted: seconds(60), ValidFor: time.Minute,
			},
			charging.ServiceAnswer{Key: group(2), Result: charging.CreditLimitReached}),
		"service without a group": answer(
			charging.ServiceAnswer{Result: charging.Success, Granted: seconds(1)},
		),
		"every unit":           units,
		"final unit terminate": answer(final(charging.FinalUnit{Action: charging.Terminate})),
		"final unit redirect to SIP": answer(
			final(
				charging.FinalUnit{Action: charging.Redirect, Redirect: "sip:top-up@example.net"},
			),
		),
		"final unit redirect to URL": answer(
			final(
				charging.FinalUnit{
					Action:   charging.Redirect,
					Redirect: "http://top-up.example.net",
				},
			),
		),
		"final unit redirect to IPv4": answer(
			final(charging.FinalUnit{Action: charging.Redirect, Redirect: "192.0.2.1"}),
		),
		"final unit redirect to IPv6": answer(
			final(charging.FinalUnit{Action: charging.Redirect, Redirect: "2001:db8::1"}),
		),
		"final unit restrict": answer(final(charging.FinalUnit{
			Action: charging.RestrictAccess, Names: []string{"portal"},
			Filters: []string{"permit in ip from any to any"},
		})),
		"refused with the AVP at fault":      refused,
		"refused for an AVP that is missing": missing,
		"refused for an AVP deep in groups":  nested,
		"refused for a type that is missing": typeless,
		"no rule for a rating group":         unrated,
		"protocol error":                     busy,
	}
	maps.Copy(all, laterAnswersOnRecord())
	return all
}

func TestAnswersAreEncodedAsOnRecord(t *testing.T) {
	t.Parallel()
	h := header{
		flags: flagRequest | flagProxiable | flagRetransmitted, command: commandCreditControl,
		application: creditControlApplication, hopByHop: 0x0a0b0c0d, endToEnd: 0x01020304,
	}
	proxies := [][]byte{group(avpProxyInfo, words(280, "relay"), octetsOf(33, []byte{1, 2, 3, 4}))}
	for name, answer := range answersOnRecord() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := record(appendAnswer(nil, answer, h, proxies, testSelf))
			path := filepath.Join("testdata", "golden", strings.ReplaceAll(name, " ", "-")+".txt")
			if *updateGolden {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s =\n%s\nwant\n%s", name, got, want)
			}
		})
	}
}

// record writes a frame for reviewers: its octets, and below them what they mean.
func record(frame []byte) string {
	var b strings.Builder
	for line := frame; len(line) > 0; {
		n := min(len(line), 32)
		b.WriteString(hex.EncodeToString(line[:n]) + "\n")
		line = line[n:]
	}
	return b.String() + "\n" + Render(frame).String()
}

func TestAnAnswerDependsOnItsRequestInNothingElse(t *testing.T) {
	t.Parallel()
	answer := answersOnRecord()["grant with everything"]
	first := appendAnswer(
		nil, answer, header{flags: flagRequest, command: 272, application: 4}, nil, testSelf,
	)
	again := appendAnswer(make([]byte, 8, 4096), answer, header{
		flags:   flagRequest | flagRetransmitted | flagProxiable,
		command: 272, application: 4, hopByHop: 9, endToEnd: 8,
	}, nil, testSelf)[8:]
	if string(first[headerLength:]) != string(again[headerLength:]) {
		t.Errorf(
			"the AVPs of a repeat are % x, want % x",
			again[headerLength:],
			first[headerLength:],
		)
	}
	if h := parseHeader(again); h.flags != flagProxiable || h.hopByHop != 9 || h.endToEnd != 8 {
		t.Errorf(
			"header of the repeat = %+v, want the repeat's identifiers and P bit, no T, no R",
			h,
		)
	}
}

func TestAmountsOutOfRangeAreCutToWhatTheWireHolds(t *testing.T) {
	t.Parallel()
	answer := &charging.Answer{
		Key: charging.Key{
			Session: charging.SessionID{ID: "s"},
		}, Type: charging.Initial, Result: charging.Success,
		Services: []charging.ServiceAnswer{{
			Granted: []charging.Quantity{
				{Amount: 1 << 40, Unit: charging.Time}, {Amount: -1, Unit: charging.Total},
			},
			ValidFor:  90 * time.Second / 60,
			Threshold: charging.Quantity{Amount: 1 << 40, Unit: charging.Total},
		}},
	}
	got, err := ParseAnswer(appendAnswer(nil, answer, header{command: 272}, nil, testSelf))
	if err != nil {
		t.Fatal(err)
	}
	s := got.Services[0]
	if s.Granted[0].Amount != 1<<32-1 || s.Granted[1].Amount != 0 || s.Threshold.Amount != 1<<32-1 {
		t.Errorf("granted %v with threshold %v, want the nearest that fits", s.Granted, s.Threshold)
	}
	if s.ValidFor != 2*time.Second {
		t.Errorf("1.5s of validity = %v, want 2s: rounded up", s.ValidFor)
	}
}
