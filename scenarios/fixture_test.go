package scenarios_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// parse decodes a document strictly, as doors do.
func parse(t testing.TB, text string) scenarios.Document {
	t.Helper()
	var doc scenarios.Document
	if err := yaml.Load([]byte(text), &doc, yaml.WithKnownFields()); err != nil {
		t.Fatalf("decode\n%s\n= %v", text, err)
	}
	return doc
}

func put(t testing.TB, set *scenarios.Set, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if _, faults := set.Put(parse(t, text)); len(faults) > 0 {
			t.Fatalf("Put(\n%s\n) = %v, want no faults", text, faults)
		}
	}
}

// newSet is a set of the given documents.
func newSet(t testing.TB, texts ...string) *scenarios.Set {
	t.Helper()
	set := scenarios.New(scenarios.Options{})
	put(t, set, texts...)
	return set
}

func example(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// An option changes a situation.
type option func(*charging.Situation)

// situation is a request of session s1 by 15550100, whose account is alice.
func situation(kind charging.RequestType, number uint32, options ...option) *charging.Situation {
	s := &charging.Situation{
		Request: &charging.Request{
			Key:         charging.Key{Session: charging.SessionID{ID: "s1"}, Number: number},
			Type:        kind,
			Origin:      charging.Origin{Host: "im1.Example.com", Realm: "example.com"},
			Context:     "32260@3gpp.org",
			Subscribers: []charging.Identity{{Type: charging.E164, Data: "15550100"}},
		},
		Account: &charging.Account{
			ID: "alice", Status: charging.Active,
			Identities: []charging.Identity{
				{Type: charging.E164, Data: "15550100"},
				{Type: charging.SIP, Data: "sip:alice@example.com"},
			},
		},
		Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	for _, change := range options {
		change(s)
	}
	return s
}

func session(id string) option {
	return func(s *charging.Situation) { s.Request.Key.Session.ID = id }
}

func subscriber(account string, identities ...charging.Identity) option {
	return func(s *charging.Situation) {
		s.Request.Subscribers = identities
		s.Account = nil
		if account != "" {
			s.Account = &charging.Account{ID: account}
		}
	}
}

func participants(number int64, changed bool) option {
	return func(s *charging.Situation) {
		s.Participants, s.ParticipantsChanged = charging.Known(number), changed
	}
}

func media(changed bool, names ...string) option {
	return func(s *charging.Situation) { s.Media, s.MediaChanged = names, changed }
}

// service adds an MSCC that asks for units; none: the server decides.
func service(group int64, units ...charging.Quantity) option {
	return func(s *charging.Situation) {
		s.Request.Services = append(s.Request.Services, charging.Service{
			Key: charging.ServiceKey{Group: charging.Known(group)}, Asked: true, Requested: units,
		})
	}
}

// report adds an MSCC that only reports.
func report(group int64, used ...charging.Quantity) option {
	return func(s *charging.Situation) {
		s.Request.Services = append(s.Request.Services, charging.Service{
			Key:  charging.ServiceKey{Group: charging.Known(group)},
			Used: []charging.Usage{{Units: used}},
		})
	}
}

func identifiers(ids ...uint32) option {
	return func(s *charging.Situation) {
		s.Request.Services[len(s.Request.Services)-1].Key.IDs = ids
	}
}

func trigger(numbers ...uint32) option {
	return func(s *charging.Situation) { s.Request.Triggers = numbers }
}

func seconds(n int64) charging.Quantity { return charging.Quantity{Amount: n, Unit: charging.Time} }

func octets(n int64, unit charging.Unit) charging.Quantity {
	return charging.Quantity{Amount: n, Unit: unit}
}

func conference(id string) option {
	return func(s *charging.Situation) { s.Request.Information.Conference = id }
}

// inConference is a request of an open session that named the conference before.
func inConference(id string) option {
	return func(s *charging.Situation) {
		s.Session = &charging.Session{Info: charging.Information{Conference: id}}
	}
}

// pass lets the time of a bubble of package synctest pass.
func pass(spell time.Duration) { <-time.After(spell) }
