package document_test

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging"
)

const seedText = `plans:
  im:
    currency: EUR
    rules:
      - name: conference
        match: {context: "*32260@3gpp.org", rating_group: 100}
        unit: time
        per: 60s
        price: 0.05 EUR
        participants: {mode: per_extra, base: 2, amount: 0.02 EUR}
        quota: {default: 300s, min: 60s}
accounts:
  - id: alice
    plan: im
    subscribers: [{e164: "15550100"}, {sip: "sip:alice@example.com"}]
    balances: [{amount: 10.00 EUR}]
  - id: "load-{n}"
    count: 3
    plan: im
    subscribers: [{e164: "1555{n:07}"}]
    balances: [{amount: 100.00 EUR}, {amount: 3 events}]
scenarios:
  - name: last-minute-at-join
    subscriber: "15550100"
    rules:
      - when: {type: update, trigger: participants}
        times: 1
        limit: {grant: 60s, final: terminate}
`

func decode(t testing.TB, text string) *document.Document {
	t.Helper()
	doc, err := document.Decode("seed.yaml", []byte(text))
	if err != nil {
		t.Fatalf("Decode: %v", err)
	}
	return doc
}

func TestDecodeReadsTheWholeSeed(t *testing.T) {
	t.Parallel()
	doc := decode(t, seedText)
	var ids []string
	for _, account := range doc.Seed().Accounts {
		ids = append(ids, account.ID)
	}
	if diff := cmp.Diff([]string{"alice", "load-0", "load-1", "load-2"}, ids); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	want := accounts.Account{
		ID: "load-2", Status: charging.Active, Plan: "im",
		Subscribers: []charging.Identity{{Type: charging.E164, Data: "15550000002"}},
		Balances: []accounts.Balance{
			{ID: "main", Amount: charging.Quantity{Amount: 100_000_000, Unit: "EUR"}},
			{ID: "main-2", Amount: charging.Quantity{Amount: 3, Unit: charging.Events}},
		},
	}
	if diff := cmp.Diff(want, doc.Seed().Accounts[3]); diff != "" {
		t.Errorf("load-2 (-want +got):\n%s", diff)
	}
	if len(doc.Seed().Plans) != 1 || doc.Seed().Plans[0].Name != "im" {
		t.Errorf("Seed().Plans = %v, want one, im", doc.Seed().Plans)
	}
}

// A faultCase is a document and what Decode says of it.
type faultCase struct{ text, want string }

// faultsOfForm are what reading finds.
func faultsOfForm() map[string]faultCase {
	return map[string]faultCase{
		"an unknown key names the one that was meant": {
			"accounts:\n  - id: a\n    balnces: []\n",
			`seed.yaml:3:5: unknown key "balnce` + `s"; did you mean "balances"?`,
		},
		"an unknown key at the top lists what is known": {
			"foo: 1\n",
			`seed.yaml:1:1: unknown key "foo"; known here: accounts, clients, dictionary, plans, ` +
				`scenarios, settings, timers`,
		},
		"swapped letters are near": {
			"acocunts: []\n", `seed.yaml:1:1: unknown key "acocunts"; did you mean "accounts"?`,
		},
		"several faults are sorted by place": {
			"accounts:\n  - id: a\n    status: alive\n" +
				"    balances: [{amount: ten}, {amont: 1 EUR}]\n",
			`seed.yaml:3:13: "alive" is no status; use active, barred or expired
seed.yaml:4:25: "ten" is not a quantity; write it like 12.50 EUR, 10 MiB, 1h5m30s or 3 events
seed.yaml:4:31: a balance needs an amount, as in 10.00 EUR
seed.yaml:4:32: unknown key "amont"; did you mean "amount"?`,
		},
		"a key written twice": {
			"accounts:\n- id: a\n  id: b\n", `seed.yaml:3:3: key "id" stands in line 2 already`,
		},
		"a wrong kind": {
			"accounts: {a: 1}\n", "seed.yaml:1:11: expected a list, found a mapping",
		},
		"broken YAML": {
			"accounts: [\n",
			"seed.yaml:2:1: while parsing a flow node: did not find expected node content",
		},
		"broken JSON": {
			"{\"accounts\": [\n  {\"id\": \"a\",, }]}",
			"seed.yaml:2:14: invalid character ',' looking for beginning of object key string",
		},
		"faults in JSON have a place, too": {
			"{\"accounts\": [\n\t{\"id\": \"é\", \"plam\": 1}]}",
			`seed.yaml:2:14: unknown key "plam"; did you mean "plan"?`,
		},
		"a second document": {
			"accounts: []\n---\nplans: {}\n",
			"seed.yaml:1:1: more than one document; remove the line --- and what follows",
		},
	}
}

// faultsOfMeaning are what is found in what was read.
func faultsOfMeaning() map[string]faultCase {
	return map[string]faultCase{
		"an unknown plan suggests": {
			"plans: {im: {currency: EUR, rules: [{unit: time}]}}\naccounts: [{id: a, plan: mi}]\n",
			`seed.yaml:2:26: no plan "mi"; did you mean "im"?`,
		},
		"an account written twice is told where": {
			"accounts:\n- id: a\n- id: a\n",
			`seed.yaml:3:7: account "a" is written twice, also at seed.yaml:2:3`,
		},
		"one subscriber belongs to one account": {
			"accounts:\n- {id: a, subscribers: [{e164: \"+1555\"}]}\n" +
				"- {id: b, subscribers: [{e164: \"1555\"}]}\n",
			`seed.yaml:3:32: "1555" is a subscriber of account "a" already`,
		},
		"a range whose id does not count": {
			"accounts:\n- {id: a, count: 2}\n",
			"seed.yaml:2:8: every account of the range has this id; put {n} into it",
		},
		"a range that forgot its count": {
			"accounts:\n- {id: \"a-{n}\"}\n",
			"seed.yaml:2:8: {n} is the number of an account in a range; say how many with count",
		},
		"an unknown form of the number": {
			"accounts:\n- {id: \"a-{n:x}\", count: 1}\n",
			`seed.yaml:2:8: "a-{n:x}": the number of a range is written {n} or {n:07}`,
		},
		"too many accounts": {
			"accounts:\n- {id: \"a-{n}\", count: 10000001}\n",
			"seed.yaml:2:24: more than 10000000 accounts in all",
		},
		"a limit in another unit": {
			"accounts: [{id: a, balances: [{amount: 1 EUR, credit_limit: 5 events}]}]\n",
			"seed.yaml:1:61: the credit limit is in the balance's unit, EUR",
		},
		"identities of the wrong form": {
			"accounts: [{id: a, subscribers: [{e164: bob}, {sip: bob}, {tel: 1}]}]\n",
			`seed.yaml:1:41: an E.164 number has digits only, as in "15550100"
seed.yaml:1:53: a SIP URI is written like "sip:alice@example.com"
seed.yaml:1:59: an identity has one of the keys e164, imsi, sip, nai, private
seed.yaml:1:60: unknown key "tel"; known here: e164, imsi, nai, private, sip`,
		},
		"a balance that ends before it begins": {
			"accounts: [{id: a, balances: [{amount: 1 EUR, valid_from: 2026-02-01, " +
				"valid_until: 2026-01-01}]}]",
			"seed.yaml:1:84: the balance ends before it begins",
		},
	}
}

func TestFaultsComeAllAtOnceWithTheirPlace(t *testing.T) {
	t.Parallel()
	cases := faultsOfForm()
	maps.Copy(cases, faultsOfMeaning())
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := document.Decode("seed.yaml", []byte(test.text))
			if err == nil {
				t.Fatal("Decode found nothing wrong")
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Errorf("Decode (-want +got):\n%s", diff)
			}
			var invalid *charging.Error
			if !errors.As(err, &invalid) || invalid.Kind != charging.KindInvalidDocument {
				t.Fatalf("Decode's error is %#v, want KindInvalidDocument", err)
			}
			for _, fault := range invalid.Faults {
				if fault.Line < 1 || fault.Column < 1 {
					t.Errorf("fault %+v has no place", fault)
				}
			}
		})
	}
}

func TestJSONAndYAMLReadAlike(t *testing.T) {
	t.Parallel()
	json := `{"accounts": [{"id": "a\u00e9\ud83d\ude00", "subscribers": [{"e164": 15550100}],
		"balances": [{"amount": "10 EUR", "priority": 2, "rating_groups": [100]}]}]}`
	yaml := "accounts:\n- id: a\u00e9\U0001F600\n  subscribers: [{e164: 15550100}]\n" +
		"  balances: [{amount: 10 EUR, priority: 2, rating_groups: [100]}]\n"
	if diff := cmp.Diff(decode(t, yaml).Seed(), decode(t, json).Seed()); diff != "" {
		t.Errorf("JSON differs (-yaml +json):\n%s", diff)
	}
}

func TestAnchorsAndMergesAreFollowed(t *testing.T) {
	t.Parallel()
	doc := decode(t,
		"accounts:\n- &first\n  id: a\n  tags: [x]\n  balances: &b [{amount: 1 EUR}]\n"+
			"- {<<: *first, id: b}\n- {id: c, balances: *b}\n")
	got := doc.Seed().Accounts
	if len(got) != 3 || got[1].ID != "b" || len(got[1].Tags) != 1 || len(got[2].Balances) != 1 {
		t.Errorf("Decode = %+v, want b with a tag and c with a balance", got)
	}
}

func TestBombsAreRefused(t *testing.T) {
	t.Parallel()
	var laughs strings.Builder
	laughs.WriteString("tags: &l0 [x, x, x, x, x, x, x, x, x, x]\n")
	for level := 1; level < 12; level++ {
		alias := fmt.Sprintf("*l%d, ", level-1)
		fmt.Fprintf(&laughs, "l%d: &l%d [%s]\n", level, level, strings.Repeat(alias, 10))
	}
	for name, text := range map[string]string{
		"aliases of aliases": "accounts:\n- tags: &l0 [x]\n  subscribers: &m\n  - e164: &n *l0\n",
		"a list in itself":   "accounts: &a [*a]\n",
		"deep nesting":       strings.Repeat("[", 200_000),
		"deep JSON": `{"plans":` + strings.Repeat(`{"a":`,
			5000) + "1" + strings.Repeat("}", 5001),
		"many laughs": laughs.String(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := document.Decode("bomb.yaml", []byte(text)); err == nil {
				t.Error("Decode found nothing wrong")
			}
		})
	}
}

func TestLongRangesExpandQuickly(t *testing.T) {
	t.Parallel()
	text := []byte(`accounts: [{id: "load-{n}", count: 100000, plan: im, ` +
		`subscribers: [{e164: "1555{n:07}"}], balances: [{amount: 100 EUR}]}]`)
	start := time.Now()
	doc, err := document.DecodeFiles([]string{"im"}, document.File{Name: "seed", Data: text})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(doc.Seed().Accounts); got != 100_000 {
		t.Errorf("Decode made %d accounts, want 100000", got)
	}
	t.Logf("100,000 accounts in %v", time.Since(start))
}

func BenchmarkRange(b *testing.B) {
	text := []byte(`accounts: [{id: "load-{n}", count: 100000, ` +
		`subscribers: [{e164: "1555{n:07}"}], balances: [{amount: 100 EUR}]}]`)
	for b.Loop() {
		if _, err := document.Decode("seed", text); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(seedText))
	f.Add([]byte(`{"accounts": [{"id": "a", "balances": [{"amount": "1 EUR"}]}]}`))
	f.Add([]byte("accounts: [{<<: {id: a}, tags: &x [*x]}]"))
	f.Add([]byte(`accounts: [{id: "{n:03}", count: 4}]`))
	long := regexp.MustCompile("[0-9]{5}")
	f.Fuzz(func(t *testing.T, data []byte) {
		if long.Match(data) {
			t.Skip("ranges of thousands of accounts take their time")
		}
		doc, err := document.Decode("fuzz", data)
		if (doc == nil) == (err == nil) {
			t.Fatalf("Decode = %v, %v", doc, err)
		}
		var invalid *charging.Error
		if err != nil && (!errors.As(err, &invalid) || len(invalid.Faults) == 0) {
			t.Fatalf("Decode's error %v has no faults", err)
		}
	})
}

func TestSeveralFilesAreOneSeed(t *testing.T) {
	t.Parallel()
	plans := document.File{Name: "plans.yaml", Data: []byte(
		"plans: {im: {currency: EUR, rules: [{unit: time, price: 1 EUR}, {unit: time}]}}\n")}
	people := document.File{Name: "people.yaml", Data: []byte("accounts: [{id: a, plan: im}]\n")}
	doc, err := document.DecodeFiles(nil, people, plans)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(doc.Seed().Accounts); got != 1 {
		t.Errorf("%d accounts, want 1", got)
	}
	warnings := doc.Warnings()
	if len(warnings) != 1 || !strings.HasPrefix(warnings[0], "plans.yaml:1:") {
		t.Errorf("Warnings() = %q, want one of plans.yaml about the second rule", warnings)
	}
	again := document.File{Name: "again.yaml", Data: []byte("accounts: [{id: a}, {ip: b}]\n")}
	_, err = document.DecodeFiles(nil, people, plans, again, plans)
	want := `again.yaml:1:17: account "a" is written twice, also at people.yaml:1:12
again.yaml:1:21: an account needs an id
again.yaml:1:22: unknown key "ip"; did you mean "id"?
plans.yaml:1:13: plan "im" is written in two files`
	if err == nil || err.Error() != want {
		t.Errorf("Decode = %v, want\n%s", err, want)
	}
}
