package document

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Settings are settings as they are written. What is left out stays as it is for the server, or by
// default; a profile goes before the words beside it.
type Settings struct {
	Profile            string    `json:"profile,omitempty" yaml:"profile"`
	Strictness         string    `json:"strictness,omitempty" yaml:"strictness"`
	Answer             string    `json:"answer,omitempty" yaml:"answer"`
	FUI                string    `json:"fui,omitempty" yaml:"fui"`
	DenyLevel          string    `json:"deny_level,omitempty" yaml:"deny_level"`
	DenyCode           *DenyCode `json:"deny_code,omitempty" yaml:"deny_code"`
	Reservation        string    `json:"reservation,omitempty" yaml:"reservation"`
	Overspend          string    `json:"overspend,omitempty" yaml:"overspend"`
	UngrantedUsage     string    `json:"ungranted_usage,omitempty" yaml:"ungranted_usage"`
	EmptyRSU           string    `json:"empty_rsu,omitempty" yaml:"empty_rsu"`
	AbsentRSU          string    `json:"absent_rsu,omitempty" yaml:"absent_rsu"`
	UnknownSession     string    `json:"unknown_session,omitempty" yaml:"unknown_session"`
	TermUsage          string    `json:"term_usage,omitempty" yaml:"term_usage"`
	LateUsage          string    `json:"late_usage,omitempty" yaml:"late_usage"`
	Require            string    `json:"require,omitempty" yaml:"require"`
	Partial            string    `json:"partial,omitempty" yaml:"partial"`
	RARWait            string    `json:"rar_wait,omitempty" yaml:"rar_wait"`
	ReauthorizeOn      Words     `json:"reauthorize_on,omitempty" yaml:"reauthorize_on"`
	AbortOn            Words     `json:"abort_on,omitempty" yaml:"abort_on"`
	NoMSCC             string    `json:"no_mscc,omitempty" yaml:"no_mscc"`
	USUPriority        Words     `json:"usu_priority,omitempty" yaml:"usu_priority"`
	Dup                string    `json:"dup,omitempty" yaml:"dup"`
	Validity           string    `json:"validity,omitempty" yaml:"validity"`
	GrantUnit          string    `json:"grant_unit,omitempty" yaml:"grant_unit"`
	ParticipantsSource string    `json:"participants_source,omitempty" yaml:"participants_source"`
	ParticipantsOffset string    `json:"participants_offset,omitempty" yaml:"participants_offset"`
	CheckBalance       string    `json:"check_balance,omitempty" yaml:"check_balance"`
	AnswerQuirks       Words     `json:"answer_quirks,omitempty" yaml:"answer_quirks"`
	DuplicatePeer      string    `json:"duplicate_peer,omitempty" yaml:"duplicate_peer"`
	OriginState        string    `json:"origin_state,omitempty" yaml:"origin_state"`
	Timers             *Timers   `json:"timers,omitempty" yaml:"timers"`
}

// A DenyCode is the result of refusals by cause.
type DenyCode struct {
	Credit            string `json:"credit,omitempty" yaml:"credit"`
	Barred            string `json:"barred,omitempty" yaml:"barred"`
	Expired           string `json:"expired,omitempty" yaml:"expired"`
	UnknownSubscriber string `json:"unknown_subscriber,omitempty" yaml:"unknown_subscriber"`
	NoRule            string `json:"no_rule,omitempty" yaml:"no_rule"`
}

// Timers say what is done to timers that are sent to clients.
type Timers struct {
	Scale string `json:"scale,omitempty" yaml:"scale"`
}

// A Client is the settings of clients whose Origin-Host matches a pattern.
type Client struct {
	OriginHost string `json:"origin_host" yaml:"origin_host"`
	Settings
}

// SettingsDocument is all settings of a server, as they are written.
type SettingsDocument struct {
	Settings *Settings `json:"settings,omitempty" yaml:"settings"`
	Clients  []Client  `json:"clients,omitempty" yaml:"clients"`
	Timers   *Timers   `json:"timers,omitempty" yaml:"timers"`
}

// Words are a list of words; written as one text, commas part them.
type Words []string

// UnmarshalText reads one text.
func (w *Words) UnmarshalText(text []byte) error {
	*w = nil
	for word := range strings.SplitSeq(string(text), ",") {
		if word = strings.TrimSpace(word); word != "" {
			*w = append(*w, word)
		}
	}
	return nil
}

// UnmarshalJSON reads a list, or one text.
func (w *Words) UnmarshalJSON(text []byte) error {
	var list []string
	if json.Unmarshal(text, &list) == nil {
		*w = list
		return nil
	}
	var one string
	if err := json.Unmarshal(text, &one); err != nil {
		return errors.New("expected a list of words")
	}
	return w.UnmarshalText([]byte(one))
}

// Empty reports whether nothing is written.
func (s *Settings) Empty() bool {
	for _, k := range knobs() {
		if k.written(s) != "" {
			return false
		}
	}
	return s.Profile == ""
}

// Empty reports whether nothing is written.
func (d *SettingsDocument) Empty() bool {
	return d.Settings == nil && len(d.Clients) == 0 && d.Timers == nil
}

// DecodeSettings reads all settings of a server: settings, clients and timers. The key profiles,
// which answers of the control API show, is read and not used. The error is as Decode's.
func DecodeSettings(name string, data []byte) (*SettingsDocument, error) {
	source, err := Parse(name, data)
	if err != nil {
		return nil, err
	}
	written := new(SettingsDocument)
	faults := source.without("profiles").Decode(written)
	if len(faults) == 0 {
		_, _, faults = written.Resolve()
	}
	return written, source.Invalid(faults)
}

// Resolve makes settings of what is written, for a SettingsBook: the server's own, nil where
// nothing is written of them, and those of clients in their order. The faults are all that is
// wrong.
func (d *SettingsDocument) Resolve() (
	usual *charging.Settings, clients []charging.ClientSettings, faults []charging.Fault,
) {
	base := charging.Settings{}
	if d.Settings != nil {
		faults = prefixed("settings", d.Settings.apply(&base))
	}
	if d.Timers != nil {
		timers := Settings{Timers: d.Timers}
		faults = append(faults, timers.apply(&base)...)
		if d.Settings != nil && d.Settings.Timers != nil {
			faults = append(faults, charging.Fault{
				Path: "timers", Message: "timers stand under settings already",
			})
		}
	}
	if d.Settings != nil || d.Timers != nil {
		usual = &base
	}
	for i := range d.Clients {
		client, wrong := d.Clients[i].resolve(base)
		clients = append(clients, client)
		faults = append(faults, prefixed("clients["+strconv.Itoa(i)+"]", wrong)...)
	}
	return usual, clients, faults
}

func (c *Client) resolve(base charging.Settings) (charging.ClientSettings, []charging.Fault) {
	faults := c.Settings.apply(&base)
	if c.OriginHost == "" {
		faults = append(faults, charging.Fault{
			Path: "origin_host", Message: "a client needs origin_host, as in smf*.example.net",
		})
	}
	if _, err := path.Match(c.OriginHost, ""); err != nil {
		faults = append(faults, charging.Fault{Path: "origin_host", Message: fmt.Sprintf(
			"%q is no pattern of an Origin-Host; write one like smf*.example.net", c.OriginHost)})
	}
	return charging.ClientSettings{OriginHost: c.OriginHost, Settings: base}, faults
}

// apply writes over settings what is written here.
func (s *Settings) apply(into *charging.Settings) (faults []charging.Fault) {
	if s.Profile != "" {
		profile, known := profiles()[s.Profile]
		if !known {
			faults = append(faults, charging.Fault{
				Path: "profile", Message: noWord("profile", s.Profile, ProfileNames()),
			})
		}
		profile.Settings.apply(into)
	}
	for _, k := range knobs() {
		written := k.written(s)
		if written == "" {
			continue
		}
		if err := k.set(into, written); err != nil {
			faults = append(faults, charging.Fault{Path: k.key, Message: err.Error()})
		}
	}
	return faults
}

// Set writes one setting by its key, as in deny_level or timers.scale. The error says what the
// setting may be, or which keys there are.
func (s *Settings) Set(key, value string) error {
	if key == "profile" {
		if _, known := profiles()[value]; !known {
			return errors.New(noWord("profile", value, ProfileNames()))
		}
		s.Profile = value
		return nil
	}
	for _, k := range knobs() {
		if k.key != key {
			continue
		}
		if value == "" {
			return fmt.Errorf("%s needs a value: %s", key, k.form())
		}
		if err := k.set(new(charging.Settings), value); err != nil {
			return err
		}
		k.write(s, value)
		return nil
	}
	return errors.New(noWord("setting", key, SettingKeys()))
}

// SettingKeys are the keys of all settings, in the order in which they are documented.
func SettingKeys() []string {
	keys := []string{"profile"}
	for _, k := range knobs() {
		keys = append(keys, k.key)
	}
	return keys
}

// SettingValues are the words that a setting may be; none where it takes others than those of a
// list.
func SettingValues(key string) []string {
	if key == "profile" {
		return ProfileNames()
	}
	for _, k := range knobs() {
		if k.key == key {
			return k.values
		}
	}
	return nil
}

// Over returns settings with others written over them.
func (d *SettingsDocument) Over(above *Settings) *SettingsDocument {
	merged := *d
	merged.Settings = new(Settings)
	if d.Settings != nil {
		*merged.Settings = *d.Settings
	}
	if above.Timers != nil {
		merged.Timers = nil
	}
	merged.Settings.Profile = cmp.Or(above.Profile, merged.Settings.Profile)
	if above.Profile != "" {
		profile := profiles()[above.Profile]
		merged.Settings.overwrite(&profile.Settings)
	}
	merged.Settings.overwrite(above)
	return &merged
}

// overwrite writes every word of other settings over these.
func (s *Settings) overwrite(above *Settings) {
	for _, k := range knobs() {
		if word := k.written(above); word != "" {
			k.write(s, word)
		}
	}
}

// noWord words the fault of a word that is not among those known.
func noWord(what, word string, known []string) string {
	message := fmt.Sprintf("no %s is called %q", what, shortened(word))
	if meant := nearest(word, known); meant != "" {
		return message + fmt.Sprintf("; did you mean %q?", meant)
	}
	return message + "; there are " + strings.Join(slices.Sorted(slices.Values(known)), ", ")
}
