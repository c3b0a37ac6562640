package charging

import (
	"path"
	"strings"
	"sync"
	"sync/atomic"
)

// ClientSettings are the settings of clients whose Origin-Host matches a pattern: * stands for any
// letters, ? for one, in any case.
type ClientSettings struct {
	OriginHost string
	Settings   Settings
}

// A SettingsBook finds the settings of a client. It is safe for use by any number of goroutines;
// while nothing is set, looking costs next to nothing. The zero value has nothing set.
type SettingsBook struct {
	page atomic.Pointer[settingsPage]
}

// maxSettled bounds how many hosts are remembered with their settings; others are matched each
// time.
const maxSettled = 1 << 14

// A settingsPage is what a book holds until it is told something else.
type settingsPage struct {
	usual   *Settings // nil: the default ones
	clients []ClientSettings
	settled sync.Map // Origin-Host, and its *Settings
	hosts   atomic.Int64
}

// Set replaces everything: usual holds for clients that no pattern matches; of the patterns the
// first that matches holds. What is given is not changed any more.
func (b *SettingsBook) Set(usual *Settings, clients []ClientSettings) {
	if usual == nil && len(clients) == 0 {
		b.page.Store(nil)
		return
	}
	lower := make([]ClientSettings, len(clients))
	for i := range clients {
		lower[i] = clients[i]
		lower[i].OriginHost = strings.ToLower(clients[i].OriginHost)
	}
	b.page.Store(&settingsPage{usual: usual, clients: lower})
}

// Of returns the settings of a client; nil are the default ones. What it returns never changes.
func (b *SettingsBook) Of(origin Origin) *Settings {
	page := b.page.Load()
	if page == nil {
		return nil
	}
	if len(page.clients) == 0 {
		return page.usual
	}
	if found, ok := page.settled.Load(origin.Host); ok {
		return found.(*Settings)
	}
	found := page.match(origin.Host)
	if page.hosts.Add(1) <= maxSettled {
		page.settled.Store(origin.Host, found)
	}
	return found
}

func (p *settingsPage) match(host string) *Settings {
	host = strings.ToLower(host)
	for i := range p.clients {
		if ok, err := path.Match(p.clients[i].OriginHost, host); ok && err == nil {
			return &p.clients[i].Settings
		}
	}
	return p.usual
}
