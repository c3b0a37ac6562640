package scenarios_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// everything is a document with every key.
const everything = `
name: everything
subscriber: "15550100"
priority: -2
tags: [ci, join]
rules:
  - when:
      message: CCR
      type: update
      number: 1..3
      nth: {per: subscriber, is: 2..}
      rating_group: 0
      service: 7
      participants: ..5
      media: [audio, message]
      trigger: media
      requested: empty
      used: 1s..60s
      origin_host: "im*.example.com"
      context: "*32260@3gpp.org"
      available: ..5.00 EUR
      if: participants > 3 && "audio" in media
    times: 2
    answer:
      result: DIAMETER_CREDIT_LIMIT_REACHED
      level: both
      grant: none
      final: {redirect: "http://topup.example.com/"}
      validity: 10m
      ledger: settle
      mscc:
        - {rating_group: 100, service: 0, result: 2001, grant: 60s, final: terminate, validity: 60}
    fault: {delay: 1500ms, drop: answer}
  - after: 2
    probability: 12.5%
    repeat: true
    amend:
      - set: {Result-Code: 5012, "Multiple-Services-Credit-Control[1].Rating-Group": 7}
        add: {Error-Message: twice}
        duplicate: Origin-Host
        flags: {header: T, Origin-Host: -M}
        remove: [Cost-Information, "10415:2021"]
        move: {Session-Id: last}
      - {remove: Origin-Realm}
    fault:
      hold: {until: go, max: 30s}
      repeat: 2
      reorder: true
      preset: cut-off
      slice: {octets: 7, pause: 10ms}
      disconnect: {when: after, how: half}
      stop_reading: 1s
      silent_watchdog: 1m0s
  - fault: {delay: 100ms..2s, goodbye: busy}
  - when: {number: 2, nth: 3, media: audio, requested: 10 MiB..}
    limit: {grant: 1.50 EUR, final: {restrict: ["permit ip from any to any", garden]}, validity: 0s}
  - pass: true
    optional: true
    do:
      - {credit: {amount: 5.00 EUR}}
      - {after: 250ms, debit: {account: bob, balance: main, amount: 1 events, reference: x}}
      - {rar: {rating_group: 100, service: 7, pool: 3}}
      - {asr: {}}
      - {dpr: {cause: busy}}
      - {disconnect: {how: reset}}
      - {advance: 1h}
    expect:
      - {within: 75s, request: {any: [{type: update, requested: absent}, {type: termination}]}}
      - {within: 1s, session: any, request: {type: update, rating_group: 100, nth: 2}}
      - {within: 1s, raa: {result: 2002}}
      - {within: 1s, none: {asa: {}}}
      - {within: 1s, observation: "200 OK*"}
  - expect: {within: 1s, none: {request: {type: update}}}
`

func TestRoundtrip(t *testing.T) {
	t.Parallel()
	documents := map[string]string{"everything": everything}
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name, ok := strings.CutSuffix(file.Name(), ".yaml"); ok {
			documents[name] = example(t, name)
		}
	}
	for name, text := range documents {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkRoundtrip(t, parse(t, text))
		})
	}
}

func checkRoundtrip(t *testing.T, doc scenarios.Document) {
	t.Helper()
	inYAML, err := yaml.Dump(doc)
	if err != nil {
		t.Fatalf("write YAML: %v", err)
	}
	if diff := cmp.Diff(doc, parse(t, string(inYAML))); diff != "" {
		t.Errorf("through YAML\n%s(-want +got):\n%s", inYAML, diff)
	}
	inJSON, err := json.Marshal(doc)
	if err != nil {
		t.Fatalf("write JSON: %v", err)
	}
	got, err := fromJSON(inJSON)
	if diff := cmp.Diff(doc, got); err != nil || diff != "" {
		t.Errorf("through JSON\n%s\n= %v (-want +got):\n%s", inJSON, err, diff)
	}
	if diff := cmp.Diff(doc, parse(t, string(inJSON))); diff != "" {
		t.Errorf("JSON read as YAML\n%s\n(-want +got):\n%s", inJSON, diff)
	}
}

func fromJSON(data []byte) (doc scenarios.Document, err error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	return doc, decoder.Decode(&doc)
}

func TestDocumentsAreWrittenAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	const written = `{"name":"x","rules":[` +
		`{"when":{"number":2,"nth":2,"participants":"1..3","media":["audio"],"used":"60s"},` +
		`"answer":{"result":4012,"final":"terminate","validity":"600s"}},` +
		`{"limit":{"grant":"60s","final":{"redirect":"sip:x@y"}}}]}`
	doc, err := fromJSON([]byte(written))
	if err != nil {
		t.Fatalf("read = %v", err)
	}
	got, err := json.Marshal(doc)
	if err != nil || string(got) != written {
		t.Errorf("write = %s, %v, want\n%s", got, err, written)
	}
}

func TestStatusInJSON(t *testing.T) {
	t.Parallel()
	set := newSet(t, `{name: x, rules: [{times: 3, pass: true}]}`)
	set.Decide(situation(update, 1))
	status, err := set.Get("x")
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(status)
	const want = `{"name":"x","rules":[{"times":3,"pass":true}],` +
		`"verdict":"pass","reason":"all is as expected",` +
		`"counters":[{"rule":"x rules[0]","matched":1,"fired":1,"remaining":2,` +
		`"verdict":"pass","reason":"it acted once"}]}`
	if err != nil || string(got) != want {
		t.Errorf("status = %s, %v, want\n%s", got, err, want)
	}
}

func TestMistakesAreRefusedWhereTheyStand(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ claim, rule, want string }{
		{"an unknown key of a rule", `{wen: {}}`, "wen"},
		{"an unknown key of when", `{when: {typ: update}}`, "typ"},
		{"an unknown key of final", `{limit: {final: {redirct: x}}}`, "redirct"},
		{"an unknown key of nth", `{when: {nth: {pr: total, is: 2}}}`, "pr"},
		{"an unknown key of mscc", `{answer: {mscc: [{group: 1}]}}`, "group"},
		{"a range that is none", `{when: {number: 1-3}}`, `"1-3" is not a range`},
		{"a range without ends", `{when: {number: ..}}`, `".." is not a range`},
		{"a range backwards", `{when: {participants: 3..1}}`, "ends before it begins"},
		{"a negative range", `{when: {number: -1}}`, "is not a range"},
		{"a range too large", `{when: {number: 9223372036854775808}}`, "is not a range"},
		{"a quantity that is none", `{when: {used: 60 bananas}}`, "is not a quantity"},
		{"a range of two units", `{when: {used: 1s..2 MiB}}`, "two units"},
		{"a range of quantities backwards", `{when: {used: 2s..1s}}`, "ends before it begins"},
		{"a negative range of quantities", `{when: {used: -5s..}}`, "is negative"},
		{"a range of quantities without ends", `{when: {used: ..}}`, "is not a range"},
		{"a result that is none", `{answer: {result: OUT_OF_MONEY}}`, "is no result"},
		{"result zero", `{answer: {result: 0}}`, "is no result"},
		{"a grant that is none", `{answer: {grant: nothing}}`, "is not a quantity"},
		{"a final that is none", `{limit: {final: stop}}`, "final is written"},
		{"a final of another kind", `{limit: {final: {redirct: x}}}`, "redirct"},
		{"a final that is empty", `{limit: {final: {}}}`, "final is written"},
		{"a validity that is no time", `{limit: {validity: 3 MiB}}`, "is not a time"},
		{"a delay that is no time", `{fault: {delay: long}}`, "is not a time"},
		{"an unknown key of amend", `{amend: {put: {}}}`, "put"},
		{"a value that is a list", `{amend: {set: {Result-Code: [1]}}}`, "one text or number"},
		{"a delay that runs backwards", `{fault: {delay: 2s..1s}}`, "ends before it begins"},
		{"a slice that is no number", `{fault: {slice: small}}`, "is no number of octets"},
		{"a disconnect that is none", `{fault: {disconnect: maybe}}`, "before, after, close"},
		{"an expression of no truth", `{when: {if: "1 + 1"}}`, "expected bool"},
		{"an expression of what is not there", `{when: {if: "weather > 3"}}`, "weather"},
		{"an expression with a range", `{when: {if: "3 in 1..9"}}`, "ranges are not allowed"},
		{"an expression with much to do", `{when: {if: "all(media, any(media, true))"}}`, "predicate"},
		{"an expression that grows", `{when: {if: "repeat(account, 99) != ''"}}`, "repeat"},
		{"a share of more than all", `{probability: 101%}`, "is no share"},
		{"a share without a sign", `{probability: "0.5"}`, "is no share"},
		{"an unknown key of a step", `{do: [{aftr: 1s}]}`, "aftr"},
		{"an unknown key of expect", `{expect: {wihtin: 1s}}`, "wihtin"},
		{"an unknown key of what is expected", `{expect: {request: {any: [{typ: x}]}}}`, "typ"},
	} {
		t.Run(test.claim, func(t *testing.T) {
			t.Parallel()
			var doc scenarios.Document
			text := "name: x\nrules:\n  - " + test.rule + "\n"
			err := yaml.Load([]byte(text), &doc, yaml.WithKnownFields())
			var faults *yaml.LoadErrors
			if !errors.As(err, &faults) || len(faults.Errors) != 1 {
				t.Fatalf("decode %s = %v, want one fault", test.rule, err)
			}
			fault := faults.Errors[0]
			if !strings.Contains(fault.Message, test.want) || fault.Mark.Line != 3 {
				t.Errorf("decode %s = line %d: %s, want line 3: %s",
					test.rule, fault.Mark.Line, fault.Message, test.want)
			}
			checkRefusedInJSON(t, text, test.want)
		})
	}
}

// checkRefusedInJSON writes the same document in JSON and wants the same mistake found.
func checkRefusedInJSON(t *testing.T, text, want string) {
	t.Helper()
	var plain any
	if err := yaml.Load([]byte(text), &plain); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(plain)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fromJSON(data); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("decode %s = %v, want %s", data, err, want)
	}
}

func TestLevelFollowsTheResult(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		answer string
		want   charging.Level
		bare   charging.Level // for a request without MSCC
	}{
		{`{result: 2001}`, charging.AtService, charging.AtService},
		{`{grant: 5s}`, charging.AtService, charging.AtService},
		{`{result: 4010}`, charging.AtService, charging.AtCommand},
		{`{result: 4011}`, charging.AtService, charging.AtCommand},
		{`{result: CREDIT_LIMIT_REACHED}`, charging.AtService, charging.AtCommand},
		{`{result: 4999}`, charging.AtService, charging.AtCommand},
		{`{result: 5031}`, charging.AtService, charging.AtCommand},
		{`{result: 4001}`, charging.AtCommand, charging.AtCommand},
		{`{result: DIAMETER_TOO_BUSY}`, charging.AtCommand, charging.AtCommand},
		{`{result: 3002}`, charging.AtCommand, charging.AtCommand},
		{`{result: 5003}`, charging.AtCommand, charging.AtCommand},
		{`{result: 5030}`, charging.AtCommand, charging.AtCommand},
		{`{result: 1001}`, charging.AtCommand, charging.AtCommand},
		{`{result: 4012, level: mscc}`, charging.AtService, charging.AtService},
		{`{result: 4012, level: both}`, charging.AtBoth, charging.AtBoth},
		{`{result: 5030, level: mscc}`, charging.AtService, charging.AtService},
	} {
		set := newSet(t, `{name: x, rules: [{answer: `+test.answer+`}]}`)
		full := set.Decide(situation(update, 1, service(100))).Instead
		bare := set.Decide(situation(update, 2)).Instead
		if full.Level != test.want || bare.Level != test.bare {
			t.Errorf("answer %s stands at %d, without MSCC at %d; want %d and %d",
				test.answer, full.Level, bare.Level, test.want, test.bare)
		}
	}
}

func TestLedgerWords(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]charging.Movement{
		"": charging.ByResult, "settle": charging.MoveSettle,
		"normal": charging.MoveNormal, "skip": charging.MoveNothing,
	} {
		set := newSet(t, `{name: x, rules: [{answer: {result: 4012, ledger: "`+word+`"}}]}`)
		if got := set.Decide(situation(update, 1)).Instead.Ledger; got != want {
			t.Errorf("ledger %q = %d, want %d", word, got, want)
		}
	}
}

func FuzzDocument(f *testing.F) {
	f.Add([]byte(everything))
	files, err := os.ReadDir("testdata")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if name, ok := strings.CutSuffix(file.Name(), ".yaml"); ok {
			f.Add([]byte(example(f, name)))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var doc scenarios.Document
		if yaml.Load(text, &doc, yaml.WithKnownFields()) != nil {
			return
		}
		set := scenarios.New(scenarios.Options{})
		if _, faults := set.Put(doc); len(faults) > 0 {
			return
		}
		s := situation(update, 1, service(100), participants(3, true))
		chance := slices.ContainsFunc(doc.Rules, func(r scenarios.Rule) bool {
			return !r.Probability.IsZero()
		})
		explained, acted := set.Explain(s).Acts, set.Decide(s).Rule
		if explained != acted && !chance {
			t.Errorf("Explain says %q acts, Decide says %q", explained, acted)
		}
		data, err := json.Marshal(doc)
		if err != nil {
			t.Fatalf("a good document is not written: %v", err)
		}
		again, err := fromJSON(data)
		if err != nil {
			t.Fatalf("%s is not read again: %v", data, err)
		}
		if faults := scenarios.Check(again, scenarios.Wire{}); len(faults) > 0 {
			t.Errorf("%s is faulty after a roundtrip: %v", data, faults)
		}
	})
}

func TestBareNumbersAreTexts(t *testing.T) {
	t.Parallel()
	doc := parse(t, `{name: 7, subscriber: 015550100, tags: [1], rules: [{pass: true}]}`)
	if doc.Name != "7" || doc.Subscriber != "015550100" || doc.Tags[0] != "1" {
		t.Errorf("name %q, subscriber %q, tags %q; want them as written",
			doc.Name, doc.Subscriber, doc.Tags)
	}
}
