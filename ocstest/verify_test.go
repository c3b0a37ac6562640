package ocstest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/ocstest"
)

// A client is the Gy side of an IM Server in a conference of three.
type client struct {
	testing.TB
	gy     *diameter.Client
	number uint32
}

func join(t testing.TB, ocs *ocstest.Fixture) *client {
	t.Helper()
	gy, err := diameter.Dial(t.Context(), ocs.Gy(), diameter.ClientOptions{
		OriginHost: "im.example.com", OriginRealm: "example.com",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = gy.Close() })
	c := &client{TB: t, gy: gy}
	first := initial()
	first.Information.Participants = charging.Known(3)
	c.ask(first)
	return c
}

func (c *client) ask(r *charging.Request) {
	c.Helper()
	r.Key.Number = c.number
	c.number++
	if _, err := charging.Ask(c.Context(), c.gy, r); err != nil {
		c.Fatal(err)
	}
}

// update reports half a minute and asks again, under changed conditions.
func (c *client) update(change func(*charging.Request)) {
	c.Helper()
	r := initial()
	r.Type = charging.Update
	r.Services[0].Used = []charging.Usage{{
		Units: []charging.Quantity{{Amount: 30, Unit: charging.Time}},
	}}
	change(r)
	c.ask(r)
}

const session = "im.example.com;1;1"

// The order of figures 23 and 24 of OMA IM charging: the update and its answer come first, and only
// then is the offer answered.
func TestTheOrderOfTheTwoFigures(t *testing.T) {
	t.Parallel()
	ocs := ocstest.New(t, seed)
	im := join(t, ocs)
	ocs.Observe(session, "200 OK to INVITE of dave")
	im.update(func(r *charging.Request) { r.Information.Participants = charging.Known(4) })
	ocs.Observe(session, "MESSAGE to dave")
	ocs.Observe(session, "re-INVITE of alice: message, audio")
	im.update(func(r *charging.Request) {
		r.Information.MediaKnown, r.Information.Media = true, []string{"audio", "message"}
	})
	ocs.Observe(session, "200 OK to re-INVITE")
	ocs.Verify(`
- name: a fourth joins (figure 23)
  session: im.example.com;1;1
  exact: true
  order:
    - {observation: "200 OK to INVITE*"}
    - {type: update, trigger: participants, participants: 4}
    - {type: update, trigger: participants, granted: 300s, result: 2001}
    - {observation: "MESSAGE*"}
- name: audio is added (figure 24)
  session: im.example.com;1;1
  exact: true
  order:
    - {observation: "re-INVITE*"}
    - {type: update, trigger: media, media: [message, audio]}
    - {type: update, trigger: media, answered: true}
    - {observation: "200 OK to re-INVITE"}
- name: one update for each
  match: {type: update, used: 30s, avp: {Service-Information: "*"},
    answer_avp: {Multiple-Services-Credit-Control.Result-Code: 2001}}
  count: 2
- name: nothing was refused
  match: {message: any, result: 3000..}
  absent: true
- name: capabilities were exchanged first
  order: [{message: CER, answered: true, origin_host: ""}, {type: initial}]
`)
}

// A failing test is one that remembers what it was told.
type failing struct {
	testing.TB
	told []string
}

func (f *failing) Errorf(format string, args ...any) {
	f.told = append(f.told, fmt.Sprintf(format, args...))
}

func TestAnOfferThatIsAnsweredTooEarlyIsFound(t *testing.T) {
	t.Parallel()
	failed := &failing{TB: t}
	ocs := ocstest.New(failed, seed)
	im := join(t, ocs)
	ocs.Observe(session, "200 OK to re-INVITE")
	im.update(func(r *charging.Request) {
		r.Information.MediaKnown, r.Information.Media = true, []string{"audio"}
	})
	ocs.Verify(`{order: [{type: update, result: 2001}, {observation: "200 OK*"}]}`)
	ocs.Verify(`{match: {type: update, avp: {"Multiple-Services-Credit-Control.Rating-Group": 2}}}`)
	want := []string{
		`observation "200 OK to re-INVITE" of im.example.com;1;1, #3, came before that`,
		`avp.Multiple-Services-Credit-Control.Rating-Group: want 2, seen 1`,
	}
	if len(failed.told) != len(want) {
		t.Fatalf("told %q, want %d failures", failed.told, len(want))
	}
	for i := range want {
		if !strings.Contains(failed.told[i], want[i]) {
			t.Errorf("told %q, want in it %q", failed.told[i], want[i])
		}
	}
}

// What went out is read from the octets, whatever was decided.
func TestWhatWentOutIsVerified(t *testing.T) {
	t.Parallel()
	ocs := ocstest.New(t, seed)
	ocs.Script("odd", `rules:
  - {when: {type: initial}, amend: {set: {Result-Code: 2002}}}
  - {when: {type: update, number: 1}, fault: {delay: 20ms}, answer: {result: 4012}}
  - {when: {type: update, number: 2}, fault: {preset: no-result-code}}`)
	im := join(t, ocs)
	for range 2 {
		im.update(func(*charging.Request) {})
	}
	ocs.Verify(`
- match: {type: initial, result: 2002, rule: odd*}
- match: {type: update, number: 1, result: 2001, service_result: 4012, granted: absent,
    took: 20ms..}
- match: {type: update, number: 2, answered: true, answer_avp: {Result-Code: none}}
- match: {type: update, service_result: 4012, nth: 1, rating_group: 1}
`)
}

// A request that is refused before it is charged, and a message that is none of charging's, are
// read as far as they can be.
func TestWhatWasNeverChargedIsVerified(t *testing.T) {
	t.Parallel()
	ocs := ocstest.New(t, seed)
	im := join(t, ocs)
	odd := initial()
	odd.Type, odd.Key.Number = 9, 7
	if _, err := im.gy.Exchange(t.Context(), im.gy.Frame(odd)); err != nil {
		t.Fatal(err)
	}
	ocs.Verify(`
- match: {number: 7, session: "im.example.com;*", subscriber: "15550100", result: 5004,
    avp: {CC-Request-Type: 9}, answer_avp: {Failed-AVP.CC-Request-Type: 9}}
  count: 1
- match: {message: CER, avp: {Origin-Host: im.example.com}, result: DIAMETER_SUCCESS}
- match: {message: any, peer: im.example.com}
  count: 2..
`)
}
