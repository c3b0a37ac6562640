package diameter

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestTheDictionaryKnowsWhatIsChargedHere(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name         string
		vendor, code uint32
		kind         kind
		mandatory    bool
	}{
		{"Session-Id", 0, 263, text, true},
		{"Origin-Host", 0, 264, identityName, true},
		{"Error-Message", 0, 281, text, false},
		{"CC-Request-Type", 0, 416, enumerated, true},
		{"CC-Total-Octets", 0, 421, unsigned64, true},
		{"Value-Digits", 0, 447, integer64, true},
		{"Exponent", 0, 429, integer32, true},
		{"Multiple-Services-Credit-Control", 0, 456, grouped, true},
		{"QoS-Final-Unit-Indication", 0, 669, grouped, false},
		{"Subscription-Id-Extension", 0, 659, grouped, false},
		{"User-Equipment-Info-Extension", 0, 653, grouped, false},
		{"Filter-Rule", 0, 509, grouped, true},
		{"Flow-Number", 10415, 509, unsigned32, true},
		{"Session-Priority", 10415, 650, enumerated, true},
		{"Load", 0, 650, grouped, false},
		{"3GPP-IMSI", 10415, 1, text, true},
		{"User-Name", 0, 1, text, true},
		{"Filter-Id", 0, 11, text, true},
		{"IM-Information", 10415, 2110, grouped, true},
		{"Total-Number-Of-Messages-Sent", 10415, 2114, unsigned32, true},
		{"Content-Provider-Id", 10415, 2117, text, true},
		{"Service-Generic-Information", 10415, 1256, grouped, true},
		{"Application-Service-Type", 10415, 2102, octets, true},
		{"Announcement-Information", 10415, 3904, grouped, true},
		{"Privacy-Indicator", 10415, 3915, enumerated, true},
		{"Number-Of-Participants", 10415, 885, unsigned32, true},
		{"Accounting-Record-Number", 0, 485, unsigned32, true},
		{"Unused-Quota-Timer", 10415, 4407, unsigned32, true},
		{"PS-Information", 10415, 874, grouped, true},
		{"SMS-Information", 10415, 2000, grouped, true},
		{"MMS-Information", 10415, 877, grouped, true},
		{"PoC-Information", 10415, 879, grouped, true},
		{"MMTel-Information", 10415, 2030, grouped, true},
	}
	d := SharedDictionary()
	for _, c := range cases {
		def, ok := d.find(c.vendor, c.code)
		if !ok {
			t.Errorf("find(%d, %d) = nothing, want %s", c.vendor, c.code, c.name)
			continue
		}
		if def.name != c.name || def.kind != c.kind || def.mandatory != c.mandatory {
			t.Errorf("find(%d, %d) = %s kind %d mandatory %v, want %s kind %d mandatory %v",
				c.vendor, c.code, def.name, def.kind, def.mandatory, c.name, c.kind, c.mandatory)
		}
		if byName, _ := d.named(c.name); byName != def {
			t.Errorf("named(%s) is not find(%d, %d)", c.name, c.vendor, c.code)
		}
	}
}

func TestEnumerationsHaveTheirNumbersAndNames(t *testing.T) {
	t.Parallel()
	def, _ := SharedDictionary().named("CC-Request-Type")
	want := map[int32]string{
		1: "INITIAL_REQUEST", 2: "UPDATE_REQUEST", 3: "TERMINATION_REQUEST", 4: "EVENT_REQUEST",
	}
	if diff := cmp.Diff(want, def.values); diff != "" {
		t.Errorf("values of CC-Request-Type (-want +got):\n%s", diff)
	}
	trigger, _ := SharedDictionary().named("Trigger-Type")
	if got := trigger.numbers["CHANGE_IN_PARTICIPANTS_NMB"]; got != 50 {
		t.Errorf("number of CHANGE_IN_PARTICIPANTS_NMB = %d, want 50", got)
	}
}

func TestADictionaryThatContradictsItselfIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ avps, want string }{
		"one code twice": {`<avp code="1" name="A"><data type="Time"/></avp>
			<avp code="1" name="B"><data type="Time"/></avp>`, "has the code of"},
		"one name twice": {`<avp code="1" name="A"><data type="Time"/></avp>
			<avp code="2" name="A"><data type="Time"/></avp>`, "two AVPs are called A"},
		"a format not used": {`<avp code="1" name="A"><data type="Number"/></avp>`, "Unsupported"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := fstest.MapFS{"dictionary/a.xml": {
				Data: []byte(
					`<diameter><application id="0">` + c.avps + `</application></diameter>`,
				),
			}}
			if _, err := loadDictionary(files); err == nil ||
				!strings.Contains(err.Error(), c.want) {
				t.Errorf("loadDictionary() = %v, want an error with %q", err, c.want)
			}
		})
	}
}
