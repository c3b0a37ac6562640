package ocssim_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The statement of compliance, and how many rows it has.
const (
	conformancePath  = "docs/reference/conformance.md"
	conformanceItems = 120
	conformanceFlows = 17
)

// What a row says of its requirement.
const (
	stateMeets    = "meets"
	stateStrict   = "strict"
	stateDeviates = "deviates"
)

// Two tables of the statement, told by the heads of their columns.
var (
	itemColumns = []string{
		"#", "Level", "Clause", "What is required", "What ocs-sim does", "State", "Proof",
	}
	deviationColumns = []string{"#", "Why", "What happens instead", "Proof"}
)

// A conformanceRow is one line of a table.
type conformanceRow struct {
	line  int
	id    string // a number, or one behind F for a flow
	cells map[string]string
}

// A statement is the document as far as the test understands it.
type statement struct {
	items, deviations []conformanceRow
	counts            map[string]int // what the summary says, by state
	faults            []string
}

// TestConformance holds the statement of compliance against what there is: each item and each flow
// stands in it once, each is proved by a test that runs whenever the tests run, and what is done
// otherwise on purpose has its reason and a test of what happens instead.
func TestConformance(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(conformancePath)
	if err != nil {
		t.Fatal(err)
	}
	s := readStatement(conformancePath, string(text))
	for _, fault := range s.check(readProofs(t)) {
		t.Error(fault)
	}
	if len(s.faults) > 0 || !t.Failed() {
		return
	}
	t.Logf("a proof is `name.conv` in testdata, `name.txtar` in %s, or `package.TestName`", scripts)
}

// readStatement finds the tables; whatever it cannot understand is a fault.
func readStatement(path, text string) *statement {
	s := &statement{counts: map[string]int{}}
	var columns []string
	for i, line := range strings.Split(text, "\n") {
		cells := cellsOf(line)
		switch {
		case cells == nil:
			columns = nil
		case columns == nil:
			columns = cells
		case strings.Trim(line, "|-: ") == "":
		case slices.Equal(columns, itemColumns):
			s.items = append(s.items, s.row(path, i+1, columns, cells))
		case slices.Equal(columns, deviationColumns):
			s.deviations = append(s.deviations, s.row(path, i+1, columns, cells))
		case columns[0] == "State":
			s.count(path, i+1, cells)
		case strings.HasPrefix(columns[0], "#"):
			s.fault(path, i+1, "a table of the columns %q is none of this statement", columns)
		}
	}
	for i := range s.items {
		s.items[i].cells["path"] = path
	}
	for i := range s.deviations {
		s.deviations[i].cells["path"] = path
	}
	return s
}

// cellsOf splits a line of a table; nil: it is none.
func cellsOf(line string) []string {
	line = strings.TrimSpace(line)
	if len(line) < 2 || line[0] != '|' || line[len(line)-1] != '|' {
		return nil
	}
	cells := strings.Split(line[1:len(line)-1], "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}

func (s *statement) fault(path string, line int, format string, words ...any) {
	s.faults = append(s.faults, fmt.Sprintf("%s:%d: ", path, line)+fmt.Sprintf(format, words...))
}

func (s *statement) row(path string, line int, columns, cells []string) conformanceRow {
	r := conformanceRow{line: line, cells: map[string]string{}}
	if len(cells) != len(columns) {
		s.fault(path, line, "%d cells, want %d: %s", len(cells), len(columns), columns)
		return r
	}
	r.id = cells[0]
	for i, column := range columns {
		if cells[i] == "" {
			s.fault(path, line, "the column %q is empty", column)
		}
		r.cells[column] = cells[i]
	}
	return r
}

// count reads a row of the summary: a state, and how many rows have it.
func (s *statement) count(path string, line int, cells []string) {
	number, err := strconv.Atoi(cells[len(cells)-1])
	if err != nil {
		s.fault(path, line, "%q is no number of rows", cells[len(cells)-1])
	}
	s.counts[strings.Trim(cells[0], "*`")] = number
}

// check finds everything that is wrong with the statement.
func (s *statement) check(known *proofs) []string {
	s.everyRowOnce()
	states := map[string]int{}
	for i := range s.items {
		r := &s.items[i]
		states[r.cells["State"]]++
		s.checkItem(r)
		s.checkProofs(r, known)
	}
	for i := range s.deviations {
		s.checkDeviation(&s.deviations[i])
		s.checkProofs(&s.deviations[i], known)
	}
	for _, state := range []string{stateMeets, stateStrict, stateDeviates} {
		if s.counts[state] != states[state] {
			s.faults = append(s.faults, fmt.Sprintf("%s: the summary counts %d rows %q, there are %d",
				conformancePath, s.counts[state], state, states[state]))
		}
	}
	return s.faults
}

// everyRowOnce checks that items and flows are all there, once each.
func (s *statement) everyRowOnce() {
	lines := map[string]int{}
	for _, r := range s.items {
		if first := lines[r.id]; first != 0 {
			s.fault(r.cells["path"], r.line, "%s stands in line %d already", r.id, first)
		}
		lines[r.id] = r.line
		number, err := strconv.Atoi(strings.TrimPrefix(r.id, "F"))
		most := conformanceItems
		if strings.HasPrefix(r.id, "F") {
			most = conformanceFlows
		}
		if err != nil || number < 1 || number > most {
			s.fault(r.cells["path"], r.line, "%q is neither an item nor a flow", r.id)
		}
	}
	for number := 1; number <= conformanceItems; number++ {
		s.wants(lines, strconv.Itoa(number))
	}
	for number := 1; number <= conformanceFlows; number++ {
		s.wants(lines, "F"+strconv.Itoa(number))
	}
}

func (s *statement) wants(lines map[string]int, id string) {
	if lines[id] == 0 {
		s.faults = append(s.faults, conformancePath+": "+id+" is missing")
	}
}

// checkItem checks the words that have a fixed meaning, and that what deviates is explained.
func (s *statement) checkItem(r *conformanceRow) {
	path := r.cells["path"]
	if level := r.cells["Level"]; !slices.Contains([]string{"MUST", "SHOULD", "MAY", "own"}, level) {
		s.fault(path, r.line, "%q is no level; use MUST, SHOULD, MAY or own", level)
	}
	explained := slices.ContainsFunc(s.deviations, func(d conformanceRow) bool { return d.id == r.id })
	switch state := r.cells["State"]; state {
	case stateMeets:
	case stateStrict:
		if !strings.Contains(r.cells["What ocs-sim does"], "*Strict:*") {
			s.fault(path, r.line, "what strict mode does is not said; begin it with *Strict:*")
		}
	case stateDeviates:
		if !explained {
			s.fault(path, r.line, "%s deviates and has no row among the deviations", r.id)
		}
	default:
		s.fault(path, r.line, "%q is no state; use meets, strict or deviates", state)
	}
	if explained && r.cells["State"] != stateDeviates {
		s.fault(path, r.line, "%s stands among the deviations and does not deviate", r.id)
	}
}

func (s *statement) checkDeviation(r *conformanceRow) {
	if !slices.ContainsFunc(s.items, func(i conformanceRow) bool { return i.id == r.id }) {
		s.fault(r.cells["path"], r.line, "%q is neither an item nor a flow", r.id)
	}
}

// A proof is what stands in backticks, and (interop) behind what runs only with that build tag.
var proofWord = regexp.MustCompile("`([^`]+)`( \\(interop\\))?")

// A strictProof shows strict mode, as its name says.
var strictProof = regexp.MustCompile("`[^`]*(-strict-|Strict)[^`]*`")

// checkProofs checks that all proofs exist, and that one of them at least runs by default.
func (s *statement) checkProofs(r *conformanceRow, known *proofs) {
	path, cell := r.cells["path"], r.cells["Proof"]
	if rest := strings.Trim(proofWord.ReplaceAllString(cell, ""), ", "); rest != "" {
		s.fault(path, r.line, "%q among the proofs is none; they stand in backticks", rest)
	}
	always := false
	for _, match := range proofWord.FindAllStringSubmatch(cell, -1) {
		name, marked := match[1], match[2] != ""
		runs, err := known.find(name)
		switch {
		case err != nil:
			s.fault(path, r.line, "%s: %v", name, err)
		case runs == runsWithInterop && !marked:
			s.fault(path, r.line, "%s runs with the tag interop only; say (interop) behind it", name)
		case runs != runsWithInterop && marked:
			s.fault(path, r.line, "%s does not need the tag interop", name)
		}
		always = always || runs == runsAlways
	}
	if r.cells["State"] == stateStrict && !strictProof.MatchString(cell) {
		s.fault(path, r.line, "%s has no proof of what strict mode does", r.id)
	}
	if !always {
		s.fault(path, r.line, "%s has no proof that runs whenever the tests do", r.id)
	}
}
