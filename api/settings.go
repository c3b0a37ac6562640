package api

import (
	"context"

	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging"
)

const (
	settingsPath = "/v1/settings"

	settingsExample = `{"settings": {"strictness": "interop", "fui": "zero_grant"},
		"clients": [{"origin_host": "smf*.example.net", "profile": "open5gs"}],
		"timers": {"scale": "0.01"}}`
	settingsViewExample = `{"settings": {"strictness": "interop", "fui": "zero_grant"},
		"clients": [{"origin_host": "smf*.example.net", "profile": "open5gs"}],
		"timers": {"scale": "0.01"},
		"profiles": {"open5gs": {"description": "Open5GS SMF",
			"settings": {"deny_level": "mscc"}}}}`
)

// SettingsInput is the input of PUT /v1/settings.
type SettingsInput struct{ Written }

// A SettingsView is all settings of the server, and what the names of profiles mean.
type SettingsView struct {
	document.SettingsDocument
	Profiles map[string]document.Profile `json:"profiles"`
}

func (s *server) settingsRoutes() {
	register(s, route{
		method: "GET", path: settingsPath, id: "get-settings", tag: "Settings",
		summary: "Show the settings",
		description: "The server's own and those of clients, as they are written, and what the " +
			"names of profiles mean.",
		example: settingsViewExample,
	}, s.getSettings)
	register(s, route{
		method: "PUT", path: settingsPath, id: "put-settings", tag: "Settings",
		summary: "Replace the settings",
		description: "All of them: what is left out is as by default. They hold from the next " +
			"request on; open sessions go on. A reset brings those of the start back.",
		body: document.SettingsDocument{}, bodyExample: settingsExample,
		example:  settingsViewExample,
		problems: []charging.ErrorKind{charging.KindInvalidDocument},
	}, s.putSettings)
}

func (s *server) getSettings(context.Context, *struct{}) (*Output[SettingsView], error) {
	s.turning.Lock()
	defer s.turning.Unlock()
	return answer(s.viewSettings(), nil)
}

func (s *server) viewSettings() SettingsView {
	return SettingsView{*s.settings, document.Profiles()}
}

func (s *server) putSettings(
	_ context.Context, in *SettingsInput,
) (*Output[SettingsView], error) {
	data, err := in.body()
	if err != nil {
		return nil, err
	}
	written, err := document.DecodeSettings(bodyName, data)
	if err != nil {
		return nil, err
	}
	s.turning.Lock()
	defer s.turning.Unlock()
	s.set(written)
	return answer(s.viewSettings(), nil)
}

// set makes settings hold, whose document was checked. The caller holds the lock.
func (s *server) set(written *document.SettingsDocument) {
	s.settings = written
	if s.Settings != nil {
		usual, clients, _ := written.Resolve()
		s.Settings.Set(usual, clients)
	}
}
