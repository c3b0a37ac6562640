package document_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging"
)

func decodeSettings(t *testing.T, text string) *document.SettingsDocument {
	t.Helper()
	written, err := document.DecodeSettings("settings.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return written
}

func TestAClientsSettingsGoOverThoseOfTheServer(t *testing.T) {
	t.Parallel()
	written := decodeSettings(t, `
settings:
  {deny_level: both, deny_code: {credit: 4010, no_rule: 5012}, validity: none, partial: false}
clients:
  - {origin_host: a*, profile: kamailio, deny_level: mscc, deny_code: {credit: 4012}}
  - {origin_host: b*, empty_rsu: 5004, timers: {scale: 2}, participants_offset: -1}
timers: {scale: 0.01}
`)
	usual, clients, faults := written.Resolve()
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	server := charging.Settings{
		DenyLevel: charging.DenyBoth, NoValidity: true, Partial: charging.PartialNever,
		DenyCodes:  charging.DenyCodes{Credit: 4010, NoRule: 5012},
		TimerScale: 10_000,
	}
	a, b := server, server
	a.Strictness, a.Answer, a.FinalUnits = charging.Interop, charging.AnswerRo, charging.FinalWithLast
	a.DenyLevel, a.DenyCodes.Credit = charging.DenyService, 4012
	a.GrantUnit, a.NoValidity = charging.Time, false
	a.LateUsage, a.NoMSCC = charging.LateDebit, charging.NoMSCCAccept
	a.DuplicatePeer = charging.DuplicateAdmit
	b.EmptyRSU, b.TimerScale, b.ParticipantsOffset = charging.EmptyRefuse, 2_000_000, -1
	want := []charging.ClientSettings{
		{OriginHost: "a*", Settings: a}, {OriginHost: "b*", Settings: b},
	}
	if diff := cmp.Diff(&server, usual); diff != "" {
		t.Errorf("the server's settings (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, clients); diff != "" {
		t.Errorf("clients (-want +got):\n%s", diff)
	}
}

func TestSettingsOfSeveralFiles(t *testing.T) {
	t.Parallel()
	file := func(name, text string) document.File {
		return document.File{Name: name, Data: []byte(text)}
	}
	whole, err := document.DecodeFiles(nil,
		file("a.yaml", "clients: [{origin_host: a, fui: none}]\ntimers: {scale: 0.5}"),
		file("b.yaml", "settings: {fui: zero_grant}\nclients: [{origin_host: b}]"))
	if err != nil {
		t.Fatal(err)
	}
	var hosts []string
	for i := range whole.Clients {
		hosts = append(hosts, whole.Clients[i].OriginHost)
	}
	if !slices.Equal(hosts, []string{"a", "b"}) || whole.Settings.FUI != "zero_grant" ||
		whole.Timers.Scale != "0.5" {
		t.Errorf("settings of two files = %+v", whole.SettingsDocument)
	}
	_, err = document.DecodeFiles(nil,
		file("a.yaml", "settings: {fui: none}\ntimers: {scale: 2}"),
		file("b.yaml", "settings: {dup: always}\ntimers: {scale: 2}"))
	var expected *charging.Error
	if !errors.As(err, &expected) || len(expected.Faults) != 2 ||
		!strings.Contains(err.Error(), "b.yaml:1:11: settings are written in two files") {
		t.Errorf("settings in two files: %v, want two faults", err)
	}
}

func TestEverySettingCanBeSetByItsKey(t *testing.T) {
	t.Parallel()
	for _, key := range document.SettingKeys() {
		var s document.Settings
		if err := s.Set(key, ""); err == nil {
			t.Errorf("Set(%s, nothing) = nil, want an error", key)
		}
		if err := s.Set(key, "no such word"); err == nil {
			t.Errorf("Set(%s, nonsense) = nil, want an error", key)
		}
		if !s.Empty() {
			t.Errorf("Set(%s, nonsense) leaves something behind", key)
		}
		for _, value := range document.SettingValues(key) {
			if err := s.Set(key, value); err != nil || s.Empty() {
				t.Errorf("Set(%s, %s) = %v, and the settings are empty: %v", key, value, err, s.Empty())
			}
		}
	}
}

func TestEachQuirkHasAWord(t *testing.T) {
	t.Parallel()
	quirks := map[string]charging.AnswerQuirks{
		"destination": charging.QuirkDestination, "no_auth_application_id": charging.QuirkNoApplication,
		"no_request_type":       charging.QuirkNoRequestType,
		"no_request_number":     charging.QuirkNoRequestNumber,
		"no_rating_group":       charging.QuirkNoRatingGroup,
		"no_mscc_result":        charging.QuirkNoServiceResult,
		"experimental_result":   charging.QuirkExperimental,
		"one_mscc":              charging.QuirkOneService,
		"no_service_identifier": charging.QuirkNoServiceIDs, "none": 0,
		"one_mscc,destination": charging.QuirkOneService | charging.QuirkDestination,
	}
	for word, want := range quirks {
		usual, _, faults := decodeSettings(t, "settings: {answer_quirks: ["+word+"]}").Resolve()
		if len(faults) > 0 || usual.Quirks != want {
			t.Errorf("answer_quirks %s = %b, faults %v, want %b", word, usual.Quirks, faults, want)
		}
	}
}
