package diameter

import (
	"context"
	"testing"

	"github.com/ocs-sim/ocs-sim/charging"
)

// ccrTo is a CCR-I that names the server it is for.
func ccrTo(host string) []byte { return ccr(1, 0, words(avpDestinationHost, host)) }

func TestTooManyRequestsAreToldSo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		busyFor BusyFor
		third   []byte
		want    charging.Result
	}{
		"those that name this server":     {BusyForNamed, ccrTo("OCS.example.net"), charging.TooBusy},
		"all, if told so":                 {BusyForAll, ccr(1, 0), charging.TooBusy},
		"not those that name nobody":      {BusyForNamed, ccr(1, 0), charging.Success},
		"not those that name another one": {BusyForNamed, ccrTo("ocs9.example.net"), charging.Success},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			held := make(chan func(), 10)
			charger := chargerFunc(
				func(_ context.Context, r *charging.Request, reply func(*charging.Answer)) {
					held <- func() { reply(plainAnswer(r)) }
				})
			d := openDoor(t, Options{Charger: charger, MaxRequests: 2, BusyFor: c.busyFor})
			waiting, p := d.connect(t), d.connect(t)
			waiting.send(ccrTo(testSelf.host), ccrTo(testSelf.host))
			first, second := <-held, <-held
			for range 3 {
				p.send(c.third)
				if c.want == charging.Success {
					(<-held)()
				}
				tree := p.expect(p.receive(), c.want)
				if c.want == charging.TooBusy && tree.Flags != "PE" {
					t.Errorf("flags of the 3004 are %q, want PE", tree.Flags)
				}
			}
			p.expectAlive()
			first()
			second()
			waiting.expect(waiting.receive(), charging.Success)
			waiting.expect(waiting.receive(), charging.Success)
			p.send(c.third)
			(<-held)()
			p.expect(p.receive(), charging.Success)
		})
	}
}

func TestRealmsThatAreNotServed(t *testing.T) {
	t.Parallel()
	to := func(realm string) []byte {
		return appendTo(without(avpDestinationRealm, 1), words(avpDestinationRealm, realm))
	}
	p := openDoor(t, Options{Realms: []string{"*.EXAMPLE.com"}}).connect(t)
	for realm, want := range map[string]charging.Result{
		"example.NET": charging.Success, "ims.example.com": charging.Success,
		"example.org": resultRealmNotServed, "example.com": resultRealmNotServed,
	} {
		p.send(to(realm))
		p.expect(p.receive(), want)
	}
	p = openDoor(t, Options{}).connect(t)
	p.send(to("anything.example.org"))
	p.expect(p.receive(), charging.Success)
}
