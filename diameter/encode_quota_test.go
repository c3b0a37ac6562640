package diameter

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

// laterAnswersOnRecord are those that say what few answers say.
func laterAnswersOnRecord() map[string]*charging.Answer {
	answer := func(rfc bool, services ...charging.ServiceAnswer) *charging.Answer {
		return &charging.Answer{
			Key:  charging.Key{Session: charging.SessionID{ID: "im.example.net;1;2"}, Number: 7},
			Type: charging.Update, Result: charging.Success, Services: services, RFC: rfc,
		}
	}
	key := charging.ServiceKey{Group: charging.Known(100)}
	minute := []charging.Quantity{{Amount: 60, Unit: charging.Time}}
	with := func(change func(*charging.ServiceAnswer)) charging.ServiceAnswer {
		s := charging.ServiceAnswer{Key: key, Result: charging.Success, Granted: minute}
		change(&s)
		return s
	}
	restricted := &charging.FinalUnit{
		Action: charging.RestrictAccess, Names: []string{"portal"}, QoS: true,
		Filters: []string{"permit out tcp from !10.0.0.0/8 80,8000-8080 to assigned"},
	}
	failing := answer(true)
	failing.Result = charging.RatingFailed
	failing.Failed = []charging.FailedAVP{
		{Path: "Rating-Group", Value: "7"}, {Path: "Service-Identifier", Value: "8"},
	}
	told := answer(false)
	told.Cost, told.Unit = charging.Quantity{Amount: 50_000, Unit: "EUR"}, "per minute"
	told.Expires = testTime
	told.Failure = &charging.FailureHandling{
		Session: charging.Known(2), Debit: charging.Known(1), Failover: charging.Known(1),
	}
	return map[string]*charging.Answer{
		"failure handling, cost unit and expiration": told,
		"several AVPs at fault":                      failing,
		"units at command level": answer(true, charging.ServiceAnswer{
			Single: true, Granted: minute, ValidFor: time.Hour,
			Final: &charging.FinalUnit{Action: charging.Redirect, Redirect: "sip:a@example.net"},
		}),
		"quota of a pool": answer(false, with(func(s *charging.ServiceAnswer) {
			s.Quota = &charging.Quota{
				ConsumptionTime: charging.Known(30), UnusedTimer: charging.Known(600),
				Mechanism: &charging.TimeMechanism{Type: 1, Interval: 10},
				Pool: &charging.Pool{
					ID: 7, Unit: charging.Time,
					Multiplier: charging.Decimal{Digits: 25, Exponent: -1},
				},
			}
		})),
		"announcements": answer(false, with(func(s *charging.ServiceAnswer) {
			s.Announcements = []charging.Announcement{{ID: 8}, {
				ID: 9, At: charging.Known(10), Quota: charging.Known(1), Order: charging.Known(2),
				Play: charging.Known(0), Private: charging.Known(1), Language: "en",
				Parts: []charging.AnnouncementPart{{Type: 4, Value: "EUR 1"}},
			}}
		})),
		"two quotas around a change of tariff": answer(true,
			with(func(s *charging.ServiceAnswer) {
				s.Tariff, s.TariffChange = charging.Known(0), testTime
			}),
			with(func(s *charging.ServiceAnswer) {
				s.Tariff, s.TariffChange = charging.Known(1), testTime
			})),
		"QoS final unit redirect": answer(true, with(func(s *charging.ServiceAnswer) {
			s.Final = &charging.FinalUnit{
				Action: charging.Redirect, Redirect: "2001:db8::1", QoS: true,
			}
		})),
		"QoS final unit restrict": answer(true, with(func(s *charging.ServiceAnswer) {
			s.Final = restricted
		})),
	}
}

func TestWhatFewAnswersSayIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	for name, want := range laterAnswersOnRecord() {
		got, err := ParseAnswer(appendAnswer(nil, want, header{command: 272}, nil, testSelf))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got.RFC = want.RFC // it shows only where something else does
		for i := range got.Failed {
			got.Failed[i] = charging.FailedAVP{Path: got.Failed[i].Path, Value: want.Failed[i].Value}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestASingleServiceIsAskedForAtCommandLevel(t *testing.T) {
	t.Parallel()
	want := &charging.Request{
		Key:  charging.Key{Session: charging.SessionID{ID: "im.example.net;1;2"}},
		Type: charging.Initial, Context: "32260@3gpp.org",
		Services: []charging.Service{{
			Key: charging.ServiceKey{IDs: []uint32{7}}, Asked: true, Single: true,
			Requested: []charging.Quantity{{Amount: 60, Unit: charging.Time}},
		}},
	}
	frame := AppendRequest(nil, want, ClientOptions{
		OriginHost: "im.example.net", OriginRealm: "example.net", DestinationRealm: "example.org",
	})
	if values := Attributes(frame).Lookup("Multiple-Services-Indicator"); len(values) > 0 {
		t.Errorf("Multiple-Services-Indicator = %v, want none", values)
	}
	got := decodeFrame(t, frame)
	if diff := cmp.Diff(want.Services, got.Services); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
}

func TestTheSideOfATariffChangeIsReadInTheMSCC(t *testing.T) {
	t.Parallel()
	r := decodeFrame(t, ccr(2, 1, group(avpMultipleServices,
		group(avpUsedServiceUnit, number(avpCCTime, 60)),
		group(avpUsedServiceUnit, number(avpCCTime, 30), number(avpTariffChangeUsage, 0)),
		number(avpTariffChangeUsage, 1), number(avpRatingGroup, 1))))
	if got := r.Services[0].Used; got[0].Tariff != charging.Known(1) ||
		got[1].Tariff != charging.Known(0) {
		t.Errorf("sides %v and %v, want 1 of the MSCC and 0 of its own",
			got[0].Tariff, got[1].Tariff)
	}
}
