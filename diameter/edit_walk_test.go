package diameter

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

// TestEditsInOrder makes several edits of the answer with two services, one after the other, and
// looks at what comes of it and at what could not be done.
func TestEditsInOrder(t *testing.T) {
	t.Parallel()
	for claim, test := range map[string]struct {
		edits []charging.Edit
		want  string   // outline behind the usual beginning; empty: not looked at
		look  string   // path
		seen  []string // there
		left  []string
	}{
		"the last one is meant by its name": {
			edits: []charging.Edit{{Op: EditSet, Path: services + "[last].Rating-Group", Value: "7"}},
			want:  firstMSCC + " " + secondMSCC,
			look:  services + "[last].Rating-Group", seen: []string{"7"},
		},
		"what is added can be moved to the front": {
			edits: []charging.Edit{
				{Op: EditAdd, Path: services, Value: ""},
				{Op: EditMove, Path: services + "[last]", Value: "before " + services},
			},
			want: services + " " + firstMSCC + " " + secondMSCC,
		},
		"an AVP is moved behind another of its group": {
			edits: []charging.Edit{{
				Op: EditMove, Path: services + "[0].Granted-Service-Unit", Value: "after Rating-Group",
			}},
			want: services + "[Rating-Group Granted-Service-Unit[CC-Time] Result-Code] " + secondMSCC,
		},
		"an AVP is moved before another by its place": {
			edits: []charging.Edit{{
				Op: EditMove, Path: services + "[1]", Value: "before " + services + "[0]",
			}},
			want: secondMSCC + " " + firstMSCC,
		},
		"moving beside itself changes nothing": {
			edits: []charging.Edit{{
				Op: EditMove, Path: services + "[1]", Value: "after " + services + "[1]",
			}},
			want: firstMSCC + " " + secondMSCC,
		},
		"a copy of a copy": {
			edits: []charging.Edit{
				{Op: EditDuplicate, Path: services + "[1].Result-Code"},
				{Op: EditDuplicate, Path: services + "[1]"},
				{Op: EditSet, Path: services + "[last].Result-Code[1]", Value: "3004"},
			},
			want: firstMSCC + " " + services + "[Rating-Group Result-Code Result-Code] " +
				services + "[Rating-Group Result-Code Result-Code]",
			look: services + "[2].Result-Code", seen: []string{
				"4012", "DIAMETER_CREDIT_LIMIT_REACHED", "3004", "DIAMETER_TOO_BUSY",
			},
		},
		"a removal is of all groups": {
			edits: []charging.Edit{{Op: EditRemove, Path: services + ".Rating-Group"}},
			want:  strings.ReplaceAll(firstMSCC+" "+secondMSCC, "Rating-Group ", ""),
		},
		"a removal tells nothing where one group has it": {
			edits: []charging.Edit{{Op: EditRemove, Path: services + ".Granted-Service-Unit"}},
			want:  services + "[Rating-Group Result-Code] " + secondMSCC,
		},
		"none takes away what is set elsewhere": {
			edits: []charging.Edit{
				{Op: EditSet, Path: services + "[1].Result-Code", Value: "none"},
				{Op: EditSet, Path: "Result-Code", Value: "none"},
			},
			look: services + ".Result-Code", seen: []string{"2001", "DIAMETER_SUCCESS"},
		},
		"what is not there is told": {
			edits: []charging.Edit{
				{Op: EditRemove, Path: "Cost-Information"},
				{Op: EditSet, Path: services + "[2].Result-Code", Value: "4010"},
				{Op: EditDuplicate, Path: services + "[1].Granted-Service-Unit"},
				{Op: EditFlags, Path: "User-Name", Value: "M"},
				{Op: EditMove, Path: "Failed-AVP.Rating-Group", Value: "first"},
				{Op: EditMove, Path: "Session-Id", Value: "after User-Name"},
				{Op: EditSet, Path: "User-Name", Value: "none"},
				{Op: EditRemove, Path: services + "[last].Rating-Group[4]"},
			},
			want: firstMSCC + " " + secondMSCC,
			left: []string{
				"remove Cost-Information: there is no Cost-Information",
				"set " + services + "[2].Result-Code: there are 2 of " + services +
					", and indices count from 0",
				"duplicate " + services + "[1].Granted-Service-Unit: " +
					"there is no Granted-Service-Unit",
				"flags User-Name: there is no User-Name",
				"move Failed-AVP.Rating-Group: there is no Failed-AVP",
				"move Session-Id: there is no User-Name in its group to move beside",
				"set User-Name: there is no User-Name",
				"remove " + services + "[last].Rating-Group[4]: there are 1 of Rating-Group, " +
					"and indices count from 0",
			},
		},
		"what would be longer than a message is left out": {
			edits: []charging.Edit{
				{Op: EditSet, Path: "Error-Message", Value: strings.Repeat("x", maxFrame-1000)},
				{Op: EditDuplicate, Path: "Error-Message"},
				{Op: EditSet, Path: "User-Name", Value: "alice"},
			},
			want: firstMSCC + " " + secondMSCC + " Error-Message User-Name",
			left: []string{"duplicate Error-Message: a message has 16777212 octets at most"},
		},
		"groups may be as deep as paths": {
			edits: []charging.Edit{{
				Op: EditSet, Path: strings.Repeat("Failed-AVP.", 15) + "Rating-Group", Value: "5",
			}},
			look: strings.Repeat("Failed-AVP.", 15) + "Rating-Group", seen: []string{"5"},
		},
		"a group is set as octets, or empty": {
			edits: []charging.Edit{
				{Op: EditSet, Path: services + "[0]", Value: ""},
				{Op: EditSet, Path: services + "[1]", Value: "0x000001b04000000c00000009"},
			},
			want: services + " " + services + "[Rating-Group]",
			look: services + ".Rating-Group", seen: []string{"9"},
		},
	} {
		t.Run(claim, func(t *testing.T) {
			t.Parallel()
			before := encoded(twoServices())
			frame, left := SharedDictionary().amend(bytes.Clone(before), test.edits)
			if diff := cmp.Diff(test.left, left); diff != "" {
				t.Errorf("what is left out (-want +got):\n%s", diff)
			}
			tree := Render(frame)
			if got := outline(tree.AVPs); test.want != "" && got != beginning+test.want {
				t.Errorf("the answer is\n%s, want\n%s", got, beginning+test.want)
			}
			if tree.Fault != "" || tree.Length != len(frame) {
				t.Errorf("the answer of %d octets has length %d and fault %q",
					len(frame), tree.Length, tree.Fault)
			}
			if test.look != "" {
				diff := cmp.Diff(test.seen, Attributes(frame).Lookup(test.look))
				if diff != "" {
					t.Errorf("%s (-want +got):\n%s", test.look, diff)
				}
			}
		})
	}
}

// TestFlagsOfPaths heeds flags in every edit and in lookups.
func TestFlagsOfPaths(t *testing.T) {
	t.Parallel()
	frame, left := SharedDictionary().amend(encoded(twoServices()), []charging.Edit{
		{Op: EditSet, Path: "Origin-Host/-M,P", Value: "other"},
		{Op: EditAdd, Path: "99999:7/MP", Value: "x"},
		{Op: EditDuplicate, Path: "Result-Code/-M"},
		{Op: EditMove, Path: "CC-Request-Type/P", Value: "last"},
		{Op: EditRemove, Path: services + "[1]/-M.Rating-Group"},
		{Op: EditSet, Path: "Failed-AVP/-M.User-Name/P", Value: "u"},
		{Op: EditFlags, Path: "Origin-Realm/P", Value: "-M"},
	})
	if left != nil {
		t.Fatalf("left out: %v", left)
	}
	for path, want := range map[string][]string{
		"Origin-Host/-MP":                    {"other"},
		"Origin-Host/M":                      nil,
		"99999:7/MP":                         {"x"},
		"Result-Code/M":                      {"2001", "DIAMETER_SUCCESS"},
		"Result-Code/-M":                     {"2001", "DIAMETER_SUCCESS"},
		"Result-Code[1]/-M":                  {"2001", "DIAMETER_SUCCESS"},
		"Result-Code[0]/-M":                  nil,
		"CC-Request-Type/P":                  {"2", "UPDATE_REQUEST"},
		services + "/-M.Result-Code":         {"4012", "DIAMETER_CREDIT_LIMIT_REACHED"},
		services + "/M.Result-Code":          {"2001", "DIAMETER_SUCCESS"},
		"Failed-AVP/-M.User-Name/MP":         {"u"},
		"Origin-Realm/-M,P":                  {testSelf.realm},
		services + "[last]/-M.Result-Code/M": {"4012", "DIAMETER_CREDIT_LIMIT_REACHED"},
	} {
		if diff := cmp.Diff(want, Attributes(frame).Lookup(path)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

// TestValuesOfEveryType sets an AVP of each data format and looks at its octets.
func TestValuesOfEveryType(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ path, value, want, fault string }{
		{path: "Result-Code", value: "4294967295", want: "\xff\xff\xff\xff"},
		{path: "Result-Code", value: "DIAMETER_TOO_BUSY", want: "\x00\x00\x0b\xbc"},
		{path: "Result-Code", value: "4294967296", fault: "Unsigned32 has 32 bits"},
		{path: "Result-Code", value: "-1", fault: `"-1" is no value of Result-Code`},
		{path: "Result-Code", value: "", fault: `"" is no value of Result-Code`},
		{path: "Result-Code", value: "0x10", fault: `"0x10" is no value`},
		{path: "Result-Code", value: "hex:", want: ""},
		{path: "Result-Code", value: "hex:07d1", want: "\x07\xd1"},
		{path: "Result-Code", value: "hex:7d1", fault: "two to an octet"},
		{
			path: "CC-Sub-Session-Id", value: "18446744073709551615",
			want: strings.Repeat("\xff", 8),
		},
		{path: "CC-Sub-Session-Id", value: "18446744073709551616", fault: "Unsigned64 has 64 bits"},
		{path: "Value-Digits", value: "-9223372036854775808", want: "\x80" + strings.Repeat("\x00", 7)},
		{path: "Value-Digits", value: "9223372036854775808", fault: "Integer64 has 64 bits"},
		{path: "Exponent", value: "-2", want: "\xff\xff\xff\xfe"},
		{path: "Exponent", value: "2147483648", fault: "Integer32 has 32 bits"},
		{path: "Role-Of-Node", value: "TERMINATING_ROLE", want: "\x00\x00\x00\x01"},
		{path: "Role-Of-Node", value: "77", want: "\x00\x00\x00\x4d"},
		{path: "Role-Of-Node", value: "NO_ROLE", fault: "there are ORIGINATING_ROLE"},
		{path: "Event-Timestamp", value: "2036-02-07T06:28:16Z", want: "\x00\x00\x00\x00"},
		{path: "Event-Timestamp", value: "2026-01-01T01:00:00+01:00", want: "\xed\x00\x37\x80"},
		{path: "Event-Timestamp", value: "1960-01-01T00:00:00Z", fault: "1968 to 2104"},
		{path: "Event-Timestamp", value: "2200-01-01T00:00:00Z", fault: "1968 to 2104"},
		{path: "Event-Timestamp", value: "2026-01-01T00:00:00.5Z", fault: "whole second"},
		{path: "Host-IP-Address", value: "192.0.2.1", want: "\x00\x01\xc0\x00\x02\x01"},
		{path: "Host-IP-Address", value: "::1", want: "\x00\x02" + strings.Repeat("\x00", 15) + "\x01"},
		{path: "Host-IP-Address", value: "fe80::1%eth0", fault: "is no IP address"},
		{path: "Host-IP-Address", value: "family 8 155", want: "\x00\x08155"},
		{path: "Host-IP-Address", value: "family 8 0x15", want: "\x00\x08\x15"},
		{path: "Host-IP-Address", value: "family 8 0x1", fault: "two to an octet"},
		{
			path: "Restriction-Filter-Rule", value: "deny in ip from any to any",
			want: "deny in ip from any to any",
		},
		{path: "Error-Message", value: "", want: ""},
		{path: "Error-Message", value: "\U0001F600", want: "\xf0\x9f\x98\x80"},
		{path: "Error-Message", value: "hex:ff", want: "\xff"},
		{path: "Error-Message", value: "hex:none", fault: "hexadecimal"},
		{path: "Class", value: "0xbeef", want: "\xbe\xef"},
		{path: "Class", value: "0xbee", fault: "two to an octet"},
		{path: "Class", value: "text", want: "text"},
		{path: "Failed-AVP", value: "text", fault: "set its members by their paths"},
		{path: "Failed-AVP", value: "hex:0102", want: "\x01\x02"},
		{path: "Session-Id.Result-Code", value: "1", fault: "Session-Id is no group"},
		{
			path: "99999:1.Result-Code", value: "2001",
			want: "\x00\x00\x01\x0c\x40\x00\x00\x0c\x00\x00\x07\xd1",
		},
		{path: "Result-Code/X", value: "1", fault: "no flag X"},
		{path: "Result-Code/V", value: "1", fault: "no flag V; there are M and P"},
		{path: "Result-Code/", value: "1", fault: "names no flag"},
		{path: "Result-Code/M-", value: "1", fault: "names no flag"},
		{path: "Result-Code[-1]", value: "1", fault: "an index is a number"},
		{path: "Result-Code[", value: "1", fault: "an index is a number"},
		{path: "", value: "1", fault: "no AVP is called"},
		{path: strings.Repeat("Failed-AVP.", 40) + "Class", value: "1", fault: "32 names at most"},
		{path: "Error-Message", value: strings.Repeat("x", maxFrame+1), fault: "longer than any message"},
	} {
		name := test.path + "=" + test.value[:min(len(test.value), 40)]
		err := SharedDictionary().CheckEdit(charging.Edit{
			Op: EditSet, Path: test.path, Value: test.value,
		})
		if test.fault != "" {
			if err == nil || !strings.Contains(err.Error(), test.fault) || len(err.Error()) > 900 {
				t.Errorf("%s: %v, want %q", name, err, test.fault)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v, want no fault", name, err)
			continue
		}
		frame, err := SetAVP(encoded(&charging.Answer{}), test.path, test.value)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		last, _ := cutAll(frame[headerLength:])
		at := slices.IndexFunc(last, func(raw []byte) bool {
			_, data := split(raw)
			return string(data) == test.want
		})
		if at < 0 {
			t.Errorf("%s: no AVP is %q in\n%x", name, test.want, frame)
		}
	}
}

func TestEditsThatMeanNothing(t *testing.T) {
	t.Parallel()
	for want, edit := range map[string]charging.Edit{
		"leave the index out":             {Op: EditAdd, Path: "Result-Code[1]", Value: "1"},
		"mean nothing":                    {Op: EditRemove, Path: "Result-Code/M"},
		"no AVP is called Nothing":        {Op: EditMove, Path: "Result-Code", Value: "after Nothing"},
		`"beside" is no place to move to`: {Op: EditMove, Path: "Result-Code", Value: "beside"},
		`"" names no flag`:                {Op: EditFlags, Path: "Result-Code"},
		`"-" names no flag`:               {Op: EditFlags, Value: "-"},
		"Session-Id is no group":          {Op: EditRemove, Path: "Session-Id.Class"},
	} {
		err := SharedDictionary().CheckEdit(edit)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("CheckEdit(%v) = %v, want %q", edit, err, want)
		}
	}
}
