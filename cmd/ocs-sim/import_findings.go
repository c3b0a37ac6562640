package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/api/recording"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/findings"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// A capturedFinding is a finding as it is told in JSON.
type capturedFinding struct {
	Side     findings.Side     `json:"side"`
	Severity charging.Severity `json:"severity"`
	Rule     string            `json:"rule"`
	Clause   string            `json:"clause"`
	Seen     string            `json:"seen"`
	Expected string            `json:"expected"`
	Packet   int               `json:"packet,omitempty"`
	At       time.Time         `json:"at"`
	Peer     string            `json:"peer,omitempty"`
	Session  string            `json:"session,omitempty"`
}

// judgeCapture says what is wrong on both sides of a capture.
func judgeCapture(
	frames []capture.Frame, known []diameter.Definition,
) (found []capturedFinding, remarks map[int][]string) {
	dictionary, _ := diameter.SharedDictionary().With("capture", known)
	remarks = map[int][]string{}
	for _, f := range recording.Judge(frames, recording.JudgeOptions{Dictionary: dictionary}) {
		found = append(found, capturedFinding{
			Side: f.Side, Severity: f.Severity, Rule: f.Rule, Clause: f.Clause, Seen: f.Seen,
			Expected: f.Expected, Packet: f.Packet, At: f.At, Peer: f.Peer, Session: f.Session,
		})
		remarks[f.Packet] = append(remarks[f.Packet], fmt.Sprintf("%s of the %s, %s (%s): %s",
			f.Severity, f.Side, f.Rule, f.Clause, oneLine(f.Seen)))
	}
	return found, remarks
}

// oneLine is a text without the ends of lines that a message may have had in it.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// badOf counts findings that are as bad as a severity, which is none where it is empty.
func badOf(found []capturedFinding, severity string) (count int) {
	for i := range found {
		if asBad(found[i].Severity, severity) {
			count++
		}
	}
	return count
}

// showCapturedFindings answers with a table of findings.
func (c *control) showCapturedFindings(found []capturedFinding) {
	if len(found) == 0 {
		c.answer("\nno findings")
		return
	}
	rows := [][]any{{"SEVERITY", "SIDE", "PACKET", "RULE", "SEEN"}}
	for i := range found {
		f := &found[i]
		rows = append(rows, []any{f.Severity, f.Side, f.Packet, f.Rule, oneLine(f.Seen)})
	}
	c.answer("")
	c.table(rows)
}
