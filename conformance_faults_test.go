package ocssim_test

import (
	"slices"
	"strings"
	"testing"
)

func tableRow(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// aboutItem is a table of one item, in line 3.
func aboutItem(id, level, state, proof string) string {
	return tableRow(itemColumns...) + "|---|---|---|---|---|---|---|\n" +
		tableRow(id, level, "6733 1", "required", "done", state, proof)
}

// aboutDeviation is a table of one deviation, in line 3, and an empty line.
func aboutDeviation(id, proof string) string {
	return tableRow(deviationColumns...) + "|---|---|---|---|\n" +
		tableRow(id, "why", "instead", proof) + "\n"
}

// TestConformanceTellsFaults breaks the statement in every way that the test is to find.
func TestConformanceTellsFaults(t *testing.T) {
	t.Parallel()
	known := readProofs(t)
	const sound = "`f23-join.conv`"
	good := aboutItem("7", "MUST", "meets", sound)
	for name, c := range map[string]struct{ text, fault string }{
		"a sound row": {good, ""},
		"a sound deviation": {
			aboutDeviation("7", sound) + aboutItem("7", "own", "deviates", sound), "",
		},
		"an item twice": {good + "\n" + good, "x.md:7: 7 stands in line 3 already"},
		"no such item": {
			aboutItem("121", "MUST", "meets", sound), `x.md:3: "121" is neither an item nor a flow`,
		},
		"no such flow": {
			aboutItem("F18", "MUST", "meets", sound), `x.md:3: "F18" is neither an item nor a flow`,
		},
		"no such level": {
			aboutItem("7", "must", "meets", sound),
			`x.md:3: "must" is no level; use MUST, SHOULD, MAY or own`,
		},
		"no such state": {
			aboutItem("7", "MUST", "yes", sound),
			`x.md:3: "yes" is no state; use meets, strict or deviates`,
		},
		"strict in silence": {
			aboutItem("7", "MUST", "strict", sound),
			"x.md:3: what strict mode does is not said; begin it with *Strict:*",
		},
		"strict in name only": {
			strings.Replace(aboutItem("7", "MUST", "strict", sound), "done", "*Strict:* 5005", 1),
			"x.md:3: 7 has no proof of what strict mode does",
		},
		"unexplained": {
			aboutItem("7", "MUST", "deviates", sound),
			"x.md:3: 7 deviates and has no row among the deviations",
		},
		"explained too much": {
			aboutDeviation("7", sound) + good,
			"x.md:7: 7 stands among the deviations and does not deviate",
		},
		"a deviation of nothing": {
			aboutDeviation("500", sound), `x.md:3: "500" is neither an item nor a flow`,
		},
		"a missing cell": {
			tableRow(deviationColumns...) + tableRow("7", "why", sound),
			"x.md:2: 3 cells, want 4: [# Why What happens instead Proof]",
		},
		"an empty cell": {aboutDeviation("7", ""), `x.md:3: the column "Proof" is empty`},
		"another table": {
			tableRow("#", "Level") + tableRow("7", "MUST"),
			`x.md:2: a table of the columns ["#" "Level"] is none of this statement`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFault(t, known, c.text, c.fault)
		})
	}
}

// wantFault checks what is told of a text, but for the rows that it has not.
func wantFault(t *testing.T, known *proofs, text, want string) {
	t.Helper()
	faults := slices.DeleteFunc(readStatement("x.md", text).check(known),
		func(fault string) bool { return strings.HasPrefix(fault, conformancePath+":") })
	switch {
	case want == "" && len(faults) > 0:
		t.Errorf("faults = %q, want none", faults)
	case want != "" && !slices.Contains(faults, want):
		t.Errorf("faults = %q, want %q", faults, want)
	}
}

// TestConformanceTellsFaultsOfProofs does the same with what is named as a proof.
func TestConformanceTellsFaultsOfProofs(t *testing.T) {
	t.Parallel()
	known := readProofs(t)
	const sound, alone = "`f23-join.conv`", "7 has no proof that runs whenever the tests do"
	for name, c := range map[string]struct{ proof, fault string }{
		"a conversation":   {sound, ""},
		"a script":         {"`serve.txtar`", ""},
		"a test":           {"`diameter.TestCERs`, " + sound, ""},
		"a case of a test": {"`diameter.TestCERs/no_Origin-Host`", ""},
		"a fuzz test":      {"`diameter.FuzzGuard`", ""},
		"no such conversation": {
			"`f99.conv`", "f99.conv: open testdata/f99.conv: no such file or directory",
		},
		"no such script": {
			"`f99.txtar`", "f99.txtar: open " + scripts + "/f99.txtar: no such file or directory",
		},
		"no such test": {"`diameter.TestNothing`", "diameter.TestNothing: there is no such test"},
		"no such case": {
			"`diameter.TestCERs/no_idea`", "diameter.TestCERs/no_idea: its file says nothing of no_idea",
		},
		"a benchmark": {
			"`ocssim.BenchmarkSaturation`", "ocssim.BenchmarkSaturation: there is no such test",
		},
		"words": {
			sound + " and others", `"and others" among the proofs is none; they stand in backticks`,
		},
		"interop, and not said so": {
			sound + ", `ocssim.TestRelay`",
			"ocssim.TestRelay runs with the tag interop only; say (interop) behind it",
		},
		"interop, and said so": {sound + ", `ocssim.TestRelay` (interop)", ""},
		"said so for nothing":  {sound + " (interop)", "f23-join.conv does not need the tag interop"},
		"interop alone":        {"`ocssim.TestRelay` (interop)", alone},
		"a test that may skip": {"`accounts.TestAReadOnlyDatabaseIsChecked`", alone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.fault != "" {
				c.fault = "x.md:3: " + c.fault
			}
			wantFault(t, known, aboutItem("7", "MUST", "meets", c.proof), c.fault)
		})
	}
}

// TestConformanceMissesRows checks what is told of rows that are not there.
func TestConformanceMissesRows(t *testing.T) {
	t.Parallel()
	known := readProofs(t)
	faults := readStatement("x.md", "nothing\n").check(known)
	if want := conformanceItems + conformanceFlows; len(faults) != want {
		t.Errorf("an empty statement has %d faults, want %d", len(faults), want)
	}
	for _, want := range []string{": 1 is missing", ": 120 is missing", ": F17 is missing"} {
		if !slices.Contains(faults, conformancePath+want) {
			t.Errorf("no fault says%s", want)
		}
	}
	counted := "| State | Meaning | Rows |\n|---|---|---|\n| meets | all | 3 |\n"
	want := conformancePath + `: the summary counts 3 rows "meets", there are 0`
	if faults := readStatement("x.md", counted).check(known); !slices.Contains(faults, want) {
		t.Errorf("faults = %q, want %q", faults, want)
	}
}
