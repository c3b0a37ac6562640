package diameter_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
)

func TestBlanksHaveWhatTheirGrammarWants(t *testing.T) {
	t.Parallel()
	_, address := serve(t, chargerFunc(
		func(context.Context, *charging.Request, func(*charging.Answer)) {}))
	options := clientOptions()
	options.DestinationHost = "ocs.example.net"
	c := dial(t, address, options)
	want := map[string]string{
		"CER": "Origin-Host Origin-Realm Host-IP-Address Vendor-Id Product-Name " +
			"Supported-Vendor-Id Auth-Application-Id Vendor-Specific-Application-Id",
		"DWR": "Origin-Host Origin-Realm",
		"DPR": "Origin-Host Origin-Realm Disconnect-Cause",
		"CCR": "Auth-Application-Id",
		"RAR": "Auth-Application-Id Re-Auth-Request-Type",
		"ASR": "Auth-Application-Id",
		"STR": "Auth-Application-Id Termination-Cause",
		"ACR": "Accounting-Record-Type Accounting-Record-Number Acct-Application-Id",
	}
	const routed = "Session-Id Origin-Host Origin-Realm Destination-Realm Destination-Host "
	for _, blank := range append(diameter.Blanks(), diameter.Blank{Command: 999, Session: true}) {
		tree := diameter.Render(c.Blank(blank, "s;1"))
		names := want[blank.Name]
		if blank.Session {
			names = strings.TrimSpace(routed + names)
		}
		var got []string
		for _, node := range tree.AVPs {
			got = append(got, node.Name)
		}
		if diff := cmp.Diff(names, strings.Join(got, " ")); diff != "" || tree.Fault != "" {
			t.Errorf("%s (-want +got), fault %q:\n%s", tree.Name, tree.Fault, diff)
		}
		if blank.Name != "" && tree.Name != blank.Name {
			t.Errorf("the blank %s is shown as %s", blank.Name, tree.Name)
		}
	}
}

func TestSetHeader(t *testing.T) {
	t.Parallel()
	number := func(n uint32) *uint32 { return &n }
	tree := diameter.Render(diameter.SetHeader(sampleFrame(), diameter.HeaderChange{
		Command: number(999), Application: number(7), HopByHop: number(8), EndToEnd: number(9),
	}))
	got := [...]uint32{tree.Command, tree.Application, tree.HopByHop, tree.EndToEnd}
	if want := [...]uint32{999, 7, 8, 9}; got != want || tree.Flags != "RP" {
		t.Errorf("SetHeader gives %v and flags %s, want %v and RP", got, tree.Flags, want)
	}
	before := sampleFrame()
	if diff := cmp.Diff(before, diameter.SetHeader(before, diameter.HeaderChange{})); diff != "" {
		t.Errorf("a change of nothing (-want +got):\n%s", diff)
	}
}

func TestEditsThatCannotBe(t *testing.T) {
	t.Parallel()
	d := with(t, acme()...)
	for path, test := range map[string]struct{ value, want string }{
		"Acme-Tier":                            {"IRON", `"IRON" is no value of Acme-Tier`},
		"Acme-Since":                           {"today", `"today" is no time`},
		"Acme-Node":                            {"here", `"here" is no IP address`},
		"Acme-Radius":                          {"2001:db8::1", "is no IPv4 address"},
		"Acme-Load":                            {"heavy", "is no value of Acme-Load"},
		"Acme-Info":                            {"GOLD", "set its members by their paths"},
		"Acme-Info[3].Acme-Tier":               {"GOLD", "there is no Acme-Info"},
		"Acme-Info[x]":                         {"0x", "an index is a number in brackets"},
		"Acme-Tier/X":                          {"GOLD", "there is no flag X"},
		"Acme-Points":                          {"hex:zz", "invalid byte"},
		"Service-Information.Acme-Nothing":     {"1", "no AVP is called Acme-Nothing"},
		"Multiple-Services-Credit-Control[1]":  {"", "there are 1 of Multiple-Services"},
		"Multiple-Services-Credit-Control[0].": {"", "no AVP is called"},
	} {
		if _, err := d.SetAVP(sampleFrame(), path, test.value); err == nil ||
			!strings.Contains(err.Error(), test.want) {
			t.Errorf("SetAVP(%s=%s) = %v, want %q", path, test.value, err, test.want)
		}
	}
}

func TestEditsByIndex(t *testing.T) {
	t.Parallel()
	const service = "Multiple-Services-Credit-Control.Service-Identifier"
	frame, err := diameter.SetAVP(sampleFrame(), service+"[1]", "9")
	if err == nil {
		frame, err = diameter.AddAVP(frame, service, "11")
	}
	if err == nil {
		frame, err = diameter.SetAVP(frame, service+"[0]", "none")
	}
	if err == nil {
		frame, err = diameter.AddAVP(frame, "Multiple-Services-Credit-Control", "")
	}
	if err == nil {
		frame, err = diameter.SetAVP(frame, "Multiple-Services-Credit-Control[1].Rating-Group", "5")
	}
	if err == nil {
		frame, err = diameter.AddAVP(frame, "Host-IP-Address", "family 8 15550100")
	}
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][]string{
		service: {"9", "11"},
		"Multiple-Services-Credit-Control.Rating-Group":    {"100", "5"},
		"Multiple-Services-Credit-Control[1].Rating-Group": {"5"},
		"Host-IP-Address": {"family 8 15550100"},
	} {
		if diff := cmp.Diff(want, diameter.Attributes(frame).Lookup(path)); diff != "" {
			t.Errorf("Lookup(%q) (-want +got):\n%s", path, diff)
		}
	}
}
