package main

import (
	"context"
	"encoding/json"

	"github.com/ocs-sim/ocs-sim/charging/conversation"
)

// answerJSON answers with a value in JSON, in one line where there is no indent.
func (c *console) answerJSON(value any, indent string) error {
	encoder := json.NewEncoder(c.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	return encoder.Encode(value)
}

// A played conversation is what play --json tells of one file.
type played struct {
	Conversation string       `json:"conversation"`
	AsExpected   bool         `json:"as_expected"`
	Error        string       `json:"error,omitempty"`   // why it was not played to its end
	Skipped      []int        `json:"skipped,omitempty"` // lines passed over
	Lines        []playedLine `json:"lines"`
}

// A playedLine is one line of it that was played.
type playedLine struct {
	Line   int      `json:"line"`
	Text   string   `json:"text"`
	Answer string   `json:"answer,omitempty"` // as a line < would expect it
	Misses []string `json:"misses,omitempty"`
}

// playJSON plays a conversation and answers with one line of JSON.
func (c *console) playJSON(
	ctx context.Context, talk *conversation.Conversation, door conversation.Door,
	f *playFlags,
) error {
	report, failed := talk.Play(ctx, door, f.options())
	told := played{
		Conversation: talk.Name, Skipped: report.Skipped, Lines: []playedLine{},
		AsExpected: failed == nil && report.Err() == nil,
	}
	if failed != nil {
		told.Error = failed.Error()
	}
	for _, event := range report.Events {
		line := playedLine{Line: event.Step.Line, Text: event.Step.Text, Misses: event.Misses}
		if event.Answer != nil {
			line.Answer = conversation.Words(event.Answer)
		}
		told.Lines = append(told.Lines, line)
	}
	if err := c.answerJSON(told, ""); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	return report.Err()
}
