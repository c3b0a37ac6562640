package diameter_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
)

func acme() []diameter.Definition {
	return []diameter.Definition{
		{
			Name: "Acme-Tier", Code: 1, Vendor: 99999, Mandatory: true,
			Values: map[string]int32{"SILVER": 0, "GOLD": 1},
		},
		{Name: "Acme-Points", Code: 2, Vendor: 99999, Type: "unsigned64"},
		{
			Name: "Acme-Info", Code: 3, Vendor: 99999, Type: "Grouped",
			Members: []string{"Acme-Tier", "Acme-Points", "User-Name"},
		},
		{Name: "Acme-Since", Code: 4, Vendor: 99999, Type: "Time"},
		{Name: "Acme-Node", Code: 5, Vendor: 99999, Type: "Address"},
		{Name: "Acme-Load", Code: 6, Vendor: 99999, Type: "Float32"},
		{Name: "Acme-Ratio", Code: 7, Vendor: 99999, Type: "Float64"},
		{Name: "Acme-Radius", Code: 8, Vendor: 99999, Type: "IPv4"},
		{Name: "Acme-Radius-IPv6", Code: 9, Vendor: 99999, Type: "IPv6"},
		{Name: "Acme-Filter", Code: 10, Vendor: 99999, Type: "IPFilterRule"},
		{Name: "Acme-Offset", Code: 11, Vendor: 99999, Type: "Integer32"},
	}
}

func with(t *testing.T, definitions ...diameter.Definition) *diameter.Dictionary {
	t.Helper()
	d, faults := diameter.SharedDictionary().With("acme", definitions)
	if len(faults) > 0 {
		t.Fatalf("With() = %v, want no faults", faults)
	}
	return d
}

func told(faults []charging.Fault) []string {
	var out []string
	for _, f := range faults {
		out = append(out, fmt.Sprintf("%s %d:%d %s", f.Path, f.Line, f.Column, f.Message))
	}
	return out
}

func TestVendorAVPsAreSetLookedUpAndDrawn(t *testing.T) {
	t.Parallel()
	d := with(t, acme()...)
	frame := sampleFrame()
	for _, set := range [][2]string{
		{"Acme-Info.Acme-Tier", "GOLD"},
		{"Acme-Info.Acme-Points", "7"},
		{"Acme-Since", "2026-03-01T12:00:00Z"},
		{"Acme-Node", "2001:db8::1"},
		{"Acme-Load", "0.5"},
		{"Acme-Ratio", "-2.25"},
		{"Acme-Radius", "192.0.2.7"},
		{"Acme-Radius-IPv6", "2001:db8::2"},
		{"Acme-Filter", "permit in ip from any to any"},
		{"Acme-Offset", "-3"},
		{"99999:77/M", "hex:00ff"},
	} {
		var err error
		if frame, err = d.SetAVP(frame, set[0], set[1]); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if frame, err = d.AddAVP(frame, "Acme-Info.Acme-Tier", "0"); err != nil {
		t.Fatal(err)
	}
	attributes := d.Attributes(frame)
	for path, want := range map[string][]string{
		"Acme-Info":              {""},
		"Acme-Info.Acme-Tier":    {"1", "GOLD", "0", "SILVER"},
		"Acme-Info.Acme-Tier[1]": {"0", "SILVER"},
		"Acme-Info.Acme-Tier[2]": nil,
		"99999:3.99999:1[0]":     {"1", "GOLD"},
		"Acme-Load":              {"0.5"},
		"99999:77":               {"0x00ff"},
		"Acme-Nothing":           nil,
	} {
		if diff := cmp.Diff(want, attributes.Lookup(path)); diff != "" {
			t.Errorf("Lookup(%q) (-want +got):\n%s", path, diff)
		}
	}
	const want = `
  Acme-Info (99999:3) [V]
    Acme-Tier (99999:1) [VM]: GOLD (1)
    Acme-Points (99999:2) [V]: 7
    Acme-Tier (99999:1) [VM]: SILVER (0)
  Acme-Since (99999:4) [V]: 2026-03-01T12:00:00Z
  Acme-Node (99999:5) [V]: 2001:db8::1
  Acme-Load (99999:6) [V]: 0.5
  Acme-Ratio (99999:7) [V]: -2.25
  Acme-Radius (99999:8) [V]: 192.0.2.7
  Acme-Radius-IPv6 (99999:9) [V]: 2001:db8::2
  Acme-Filter (99999:10) [V]: permit in ip from any to any
  Acme-Offset (99999:11) [V]: -3
  AVP-77 (99999:77) [VM]: 0x00ff
`
	if got := d.Render(frame).Draw(); !strings.HasSuffix(got, want) {
		t.Errorf("Render() = %s, want it to end with%s", got, want)
	}
}

func TestDefinitionsThatSayWhatIsKnown(t *testing.T) {
	t.Parallel()
	twice := append(acme(), acme()...)
	twice = append(twice,
		diameter.Definition{Name: "Rating-Group", Code: 432, Type: "Unsigned32"},
		// Other dictionaries call it so, and take it for octets.
		diameter.Definition{Name: "TGPP-IMSI", Code: 1, Vendor: 10415, Type: "OctetString"},
		diameter.Definition{
			Name: "Trigger-Type", Code: 870, Vendor: 10415, Type: "Enumerated",
			Values: map[string]int32{"ACME_MOOD": 900},
		})
	d := with(t, twice...)
	frame, err := d.SetAVP(sampleFrame(), "Trigger.Trigger-Type", "ACME_MOOD")
	if err == nil {
		frame, err = d.SetAVP(frame, "TGPP-IMSI", "262011234567890")
	}
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][]string{
		"Trigger.Trigger-Type": {"900", "ACME_MOOD"}, "3GPP-IMSI": {"262011234567890"},
	} {
		if diff := cmp.Diff(want, d.Attributes(frame).Lookup(path)); diff != "" {
			t.Errorf("Lookup(%q) (-want +got):\n%s", path, diff)
		}
	}
	if got := diameter.Attributes(frame).Lookup("Trigger.Trigger-Type"); len(got) != 1 {
		t.Errorf("the shared dictionary says %q of 900, want the number alone", got)
	}
}

func TestDefinitionsThatCannotBe(t *testing.T) {
	t.Parallel()
	known := with(t, acme()...)
	_, faults := known.With("other", []diameter.Definition{
		{Name: "Rating-Group", Code: 432, Type: "UTF8String"},
		{Name: "Acme-Tier", Code: 1, Vendor: 99999, Type: "Unsigned32"},
		{Name: "Acme-Tier", Code: 50, Vendor: 99999, Type: "Unsigned32"},
		{Name: "Session-Id", Code: 51, Vendor: 99999, Type: "UTF8String"},
		{Name: "Acme.Dot", Code: 52, Vendor: 99999, Type: "UTF8String"},
		{Name: "123", Code: 0, Vendor: 99999, Type: "Number"},
		{Code: 53, Vendor: 99999},
		{
			Name: "Acme-Text", Code: 54, Vendor: 99999, Type: "UTF8String",
			Values: map[string]int32{"A": 1}, Line: 7, Column: 3,
		},
		{Name: "Acme-Leaf", Code: 55, Vendor: 99999, Type: "Time", Members: []string{"User-Name"}},
		{Name: "Acme-Group", Code: 56, Vendor: 99999, Members: []string{"Acme-Tier", "Acme-Nobody"}},
	})
	const types = "OctetString, UTF8String, DiameterIdentity, DiameterURI, IPFilterRule, " +
		"QoSFilterRule, Unsigned32, Unsigned64, Integer32, Integer64, Float32, Float64, " +
		"Enumerated, Time, Address, Grouped, IPv4, IPv6"
	want := []string{
		"[0].type 0:0 AVP 0:432, Rating-Group, is of type Unsigned32; " +
			"it cannot be of type UTF8String too",
		"[1].type 0:0 AVP 99999:1, Acme-Tier of dictionary acme, is of type Enumerated; " +
			"it cannot be of type Unsigned32 too",
		"[2].name 0:0 Acme-Tier is the name of AVP 99999:1, Acme-Tier of dictionary acme, already; " +
			"give this one another name",
		"[3].name 0:0 Session-Id is the name of AVP 0:263, Session-Id, already; " +
			"give this one another name",
		`[4].name 0:0 "Acme.Dot" cannot be a name; use letters, digits, hyphens and underscores`,
		`[5].name 0:0 "123" would be taken for a code; a name has a letter`,
		"[5].code 0:0 an AVP has a code, from 1",
		`[5].type 0:0 "Number" is no type; use one of ` + types,
		"[6].name 0:0 an AVP has a name",
		"[6].type 0:0 an AVP has a type; use one of " + types,
		"[7].values 7:3 an AVP of type UTF8String has no named values; Enumerated has",
		"[8].members 0:0 an AVP of type Time has no members; Grouped has",
		"[9].members[1] 0:0 no AVP is called Acme-Nobody",
	}
	if diff := cmp.Diff(want, told(faults)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

const acmeXML = `<?xml version="1.0" encoding="UTF-8"?>
<diameter>
  <application id="4" type="auth" name="Acme">
    <vendor id="99999" name="Acme"/>
    <command code="9999" short="AC" name="Acme"><request><rule avp="Acme-Tier"/></request></command>
    <avp name="Acme-Tier" code="1" vendor-id="99999" must="V,M" may="P" may-encrypt="N">
      <data type="Enumerated"><item code="0" name="SILVER"/><item code="1" name="GOLD"/></data>
    </avp>
    <avp name="Acme-Info" code="3" vendor-id="99999" must="V" must-not="M">
      <data type="Grouped"><rule avp="Acme-Tier" required="false" max="1"/></data>
    </avp>
  </application>
</diameter>`

const legacyXML = `<dictionary>
  <vendor vendor-id="Acme" code="99999" name="Acme Inc."/>
  <base><typedefn type-name="AcmeText" type-parent="UTF8String"/>
    <avp name="Acme-Name" code="20" mandatory="must" vendor-id="Acme">
      <type type-name="AcmeText"/></avp>
    <avp name="Acme-Mode" code="21" mandatory="may" vendor-id="Acme">
      <type type-name="Enumerated"/><enum name="OFF" code="0"/><enum name="MAX" code="4294967295"/>
    </avp>
    <avp name="Acme-Set" code="22" vendor-id="Acme">
      <grouped><gavp name="Acme-Name"/></grouped></avp>
  </base>
</dictionary>`

func TestReadXML(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want []diameter.Definition
	}{
		"as go-diameter has it": {acmeXML, []diameter.Definition{
			{
				Name: "Acme-Tier", Code: 1, Vendor: 99999, Type: "Enumerated", Mandatory: true,
				Values: map[string]int32{"SILVER": 0, "GOLD": 1}, Line: 6, Column: 5,
			},
			{
				Name: "Acme-Info", Code: 3, Vendor: 99999, Type: "Grouped",
				Members: []string{"Acme-Tier"}, Line: 9, Column: 5,
			},
		}},
		"as Wireshark has it": {legacyXML, []diameter.Definition{
			{
				Name: "Acme-Name", Code: 20, Vendor: 99999, Type: "UTF8String", Mandatory: true,
				Line: 4, Column: 5,
			},
			{
				Name: "Acme-Mode", Code: 21, Vendor: 99999, Type: "Enumerated",
				Values: map[string]int32{"OFF": 0, "MAX": -1}, Line: 6, Column: 5,
			},
			{
				Name: "Acme-Set", Code: 22, Vendor: 99999, Type: "Grouped",
				Members: []string{"Acme-Name"}, Line: 9, Column: 5,
			},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, faults := diameter.ReadXML([]byte(test.text))
			if diff := cmp.Diff(test.want, got); diff != "" || len(faults) > 0 {
				t.Errorf("ReadXML (-want +got):\n%s\nfaults %q", diff, told(faults))
			}
			if _, faults := diameter.SharedDictionary().With("x", got); len(faults) > 0 {
				t.Errorf("With() = %q, want no faults", told(faults))
			}
		})
	}
}

func TestReadXMLTellsAllFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"numbers": {`<diameter><application id="4">
  <vendor id="many" name="Acme"/>
  <avp name="A" code="one"><data type="Enumerated"><item code="x" name="B"/></data></avp>
  <avp name="C" code="3" vendor-id="Nobody"><data type="Time"/></avp>
</application></diameter>`, []string{
			` 2:3 a vendor has an enterprise number, as id="10415", not "many"`,
			` 3:3 AVP A: the code is a number, not "one"`,
			` 3:52 value B of AVP A: the code is a number of 32 bits, not "x"`,
			` 4:3 AVP C: no vendor is called "Nobody"; write its enterprise number`,
		}},
		"another thing": {"<html></html>", []string{
			" 1:1 <html> is no dictionary; one begins with <diameter>",
		}},
		"no AVP": {"<diameter></diameter>", []string{
			" 1:1 no AVP is defined here; write <diameter><application ...>" +
				"<avp name=... code=... vendor-id=...><data type=.../></avp>",
		}},
		"no XML": {"<diameter>\n<avp name=3></diameter>", []string{
			" 2:12 this is no XML: unquoted or missing attribute value in element",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, faults := diameter.ReadXML([]byte(test.text))
			if diff := cmp.Diff(test.want, told(faults)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzReadXML wants no text to end the reader, and definitions that have their place.
func FuzzReadXML(f *testing.F) {
	for _, text := range []string{acmeXML, legacyXML, "<diameter><avp", "<dictionary/>", ""} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		definitions, faults := diameter.ReadXML(text)
		for _, d := range definitions {
			if d.Line < 1 || d.Column < 1 {
				t.Errorf("%s stands at %d:%d", d.Name, d.Line, d.Column)
			}
		}
		for _, fault := range faults {
			if fault.Line < 1 || fault.Message == "" {
				t.Errorf("fault %+v has no place or no message", fault)
			}
		}
		whole, _ := diameter.SharedDictionary().With("fuzz", definitions)
		whole.Render(sampleFrame())
	})
}
