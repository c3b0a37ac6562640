package diameter

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

// twoServices is an answer with two MSCCs.
func twoServices() *charging.Answer {
	return &charging.Answer{
		Key:  charging.Key{Session: charging.SessionID{ID: "s1"}, Number: 1},
		Type: charging.Update, Result: charging.Success,
		Services: []charging.ServiceAnswer{
			{
				Key:    charging.ServiceKey{Group: charging.Known(100)},
				Result: charging.Success, Granted: []charging.Quantity{charging.Time.Of(60)},
			},
			{
				Key:    charging.ServiceKey{Group: charging.Known(200)},
				Result: charging.CreditLimitReached,
			},
		},
	}
}

// outline draws AVPs without their values, and groups in brackets.
func outline(nodes []*Node) string {
	var words []string
	for _, n := range nodes {
		word := n.Name
		if n.Children != nil {
			word += "[" + outline(n.Children) + "]"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func encoded(a *charging.Answer) []byte {
	h := header{flags: flagRequest | flagProxiable, command: commandCreditControl, application: 4}
	return appendAnswer(nil, a, h, nil, testSelf)
}

// amended is the answer with its edits made.
func amended(a *charging.Answer) []byte {
	frame, _ := SharedDictionary().amend(encoded(a), a.Edits)
	return frame
}

const (
	beginning = "Session-Id Result-Code Origin-Host Origin-Realm Auth-Application-Id " +
		"CC-Request-Type CC-Request-Number "
	services   = "Multiple-Services-Credit-Control"
	firstMSCC  = services + "[Granted-Service-Unit[CC-Time] Rating-Group Result-Code]"
	secondMSCC = services + "[Rating-Group Result-Code]"
)

func TestEditsChangeWhatTheySayAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		edit charging.Edit
		want string // outline
		path string // what is to be seen there
		seen []string
	}{
		{
			charging.Edit{Op: EditSet, Path: "Result-Code", Value: "5012"},
			beginning + firstMSCC + " " + secondMSCC, "Result-Code",
			[]string{"5012", "DIAMETER_UNABLE_TO_COMPLY"},
		},
		{
			charging.Edit{Op: EditSet, Path: services + "[1].Result-Code", Value: "4010"},
			beginning + firstMSCC + " " + secondMSCC, services + ".Result-Code",
			[]string{"2001", "DIAMETER_SUCCESS", "4010", "DIAMETER_END_USER_SERVICE_DENIED"},
		},
		{
			charging.Edit{Op: EditSet, Path: "Error-Message", Value: "nicht \U0001F600"},
			beginning + firstMSCC + " " + secondMSCC + " Error-Message", "Error-Message",
			[]string{"nicht \U0001F600"},
		},
		{
			charging.Edit{
				Op: EditSet, Path: "Failed-AVP.Subscription-Id.Subscription-Id-Type",
				Value: "END_USER_IMSI",
			},
			beginning + firstMSCC + " " + secondMSCC +
				" Failed-AVP[Subscription-Id[Subscription-Id-Type]]",
			"Failed-AVP.Subscription-Id.Subscription-Id-Type",
			[]string{"1", "END_USER_IMSI"},
		},
		{
			charging.Edit{Op: EditAdd, Path: services + ".Validity-Time", Value: "7"},
			beginning + strings.TrimSuffix(firstMSCC, "]") + " Validity-Time] " + secondMSCC,
			services + ".Validity-Time",
			[]string{"7"},
		},
		{
			charging.Edit{Op: EditRemove, Path: services + ".Result-Code"},
			beginning + strings.ReplaceAll(firstMSCC+" "+secondMSCC, " Result-Code", ""), "", nil,
		},
		{
			charging.Edit{Op: EditRemove, Path: services + "[0]"},
			beginning + secondMSCC, "", nil,
		},
		{
			charging.Edit{Op: EditRemove, Path: services},
			strings.TrimSpace(beginning), "", nil,
		},
		{
			charging.Edit{Op: EditDuplicate, Path: "Result-Code"},
			strings.Replace(beginning, "Result-Code", "Result-Code Result-Code", 1) + firstMSCC + " " +
				secondMSCC, "Result-Code",
			[]string{"2001", "DIAMETER_SUCCESS", "2001", "DIAMETER_SUCCESS"},
		},
		{
			charging.Edit{Op: EditMove, Path: "Session-Id", Value: "last"},
			strings.TrimPrefix(beginning, "Session-Id ") + firstMSCC + " " + secondMSCC + " Session-Id",
			"Session-Id",
			[]string{"s1"},
		},
		{
			charging.Edit{Op: EditMove, Path: services + "[1]", Value: "0"},
			secondMSCC + " " + beginning + firstMSCC, "", nil,
		},
		{
			charging.Edit{Op: EditMove, Path: services + "[0].Rating-Group", Value: "first"},
			beginning + services + "[Rating-Group Granted-Service-Unit[CC-Time] Result-Code] " +
				secondMSCC, "", nil,
		},
		{
			charging.Edit{Op: EditRemove, Path: "Cost-Information"},
			beginning + firstMSCC + " " + secondMSCC, "", nil,
		},
		{
			charging.Edit{Op: EditSet, Path: "99999:7", Value: "0xbeef"},
			beginning + firstMSCC + " " + secondMSCC + " AVP-7", "99999:7",
			[]string{"0xbeef"},
		},
	} {
		answer := twoServices()
		answer.Edits = []charging.Edit{test.edit}
		if err := SharedDictionary().CheckEdit(test.edit); err != nil {
			t.Errorf("CheckEdit(%v) = %v, want none", test.edit, err)
		}
		frame := amended(answer)
		tree := Render(frame)
		if got := outline(tree.AVPs); got != test.want || tree.Fault != "" {
			t.Errorf("after %v: %s (fault %q), want %s", test.edit, got, tree.Fault, test.want)
		}
		if test.path == "" {
			continue
		}
		if diff := cmp.Diff(test.seen, Attributes(frame).Lookup(test.path)); diff != "" {
			t.Errorf("after %v %s (-want +got):\n%s", test.edit, test.path, diff)
		}
	}
}

func TestEditsOfFlags(t *testing.T) {
	t.Parallel()
	answer := twoServices()
	answer.Edits = []charging.Edit{
		{Op: EditFlags, Value: "TE,-P"},
		{Op: EditFlags, Path: services + "[1].Result-Code", Value: "-M,P"},
	}
	tree := Render(amended(answer))
	mscc := tree.AVPs[len(tree.AVPs)-1]
	if result := mscc.Children[1]; tree.Flags != "ET" || result.Flags != "P" {
		t.Errorf(
			"flags %q and of the result %q, want ET and P:\n%s",
			tree.Flags,
			result.Flags,
			tree,
		)
	}
}

func TestEditsThatCannotBe(t *testing.T) {
	t.Parallel()
	for want, edit := range map[string]charging.Edit{
		`no AVP is called Resultcode`: {Op: EditSet, Path: "Resultcode", Value: "1"},
		`is no value of Result-Code`:  {Op: EditSet, Path: "Result-Code", Value: "many"},
		`an index is a number`:        {Op: EditRemove, Path: "Result-Code[x]"},
		`is no place to move to`:      {Op: EditMove, Path: "Result-Code", Value: "up"},
		`no flag X`:                   {Op: EditFlags, Path: "Result-Code", Value: "X"},
		`no flag M`:                   {Op: EditFlags, Value: "M"},
		`an AVP cannot be "burn"`:     {Op: "burn", Path: "Result-Code"},
	} {
		err := SharedDictionary().CheckEdit(edit)
		if err == nil || !strings.Contains(err.Error(), strings.TrimPrefix(want, "no ")) {
			t.Errorf("CheckEdit(%v) = %v, want %s", edit, err, want)
		}
		answer := twoServices()
		plain := encoded(answer)
		answer.Edits = []charging.Edit{edit}
		if !slices.Equal(amended(answer), plain) {
			t.Errorf("after %v the answer is another one", edit)
		}
	}
}
