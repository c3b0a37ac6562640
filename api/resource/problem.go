package resource

import "strings"

// A Problem is what every answer without success is (RFC 9457), with a code that stays the same
// and a hint at what to do.
type Problem struct {
	Type   string         `json:"type" example:"/problems/account-not-found"`
	Title  string         `json:"title" example:"There is no such account"`
	Status int            `json:"status" example:"404"`
	Code   string         `json:"code" example:"account-not-found"`
	Detail string         `json:"detail,omitempty" example:"no account alice"`
	Hint   string         `json:"hint,omitempty" example:"create it with PUT /v1/accounts/alice"`
	Errors []ProblemError `json:"errors,omitempty"`
}

// A ProblemError is one thing wrong with what was sent, with its place.
type ProblemError struct {
	Location string `json:"location,omitempty" example:"body.balances[0].amount"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Message  string `json:"message"`
}

// Error says the problem in a line, and each of its errors in one more.
func (p *Problem) Error() string {
	text := p.Detail
	if text == "" {
		text = p.Title
	}
	if p.Hint != "" {
		text += "; " + p.Hint
	}
	for _, one := range p.Errors {
		line := strings.TrimPrefix(one.Location+": ", ": ") + one.Message
		if one.Message != p.Detail && line != p.Detail {
			text += "\n" + line
		}
	}
	return text
}

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of problems, whatever was asked for.
func (p *Problem) ContentType(string) string { return "application/problem+json" }
