package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
)

// A route is one operation of the API, with all that its description needs.
type route struct {
	method, path string
	id           string // operation id
	tag          string
	summary      string
	description  string
	status       int    // of success; 0: 200, or 204 without a body
	created      bool   // 201 is possible, too
	body         any    // zero value of what the body is; nil: it takes none
	bodyExample  string // JSON
	example      string // of the answer, JSON
	problems     []charging.ErrorKind
}

// register adds a route with its handler, whose errors become problems.
func register[I, O any](s *server, r route, handle func(context.Context, *I) (*O, error)) {
	operation := huma.Operation{
		OperationID: r.id, Method: r.method, Path: r.path, Tags: []string{r.tag},
		Summary: r.summary, Description: r.description, DefaultStatus: r.status,
		Responses: s.problemResponses(r.problems),
	}
	huma.Register(s.api, operation, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err == nil {
			return out, nil
		}
		problem := problemOf(withCause(ctx, err))
		if problem.Status == http.StatusInternalServerError {
			s.Log.Error().Err(err).Str("operation", r.id).Msg("a request to the API went wrong")
		}
		return nil, problem
	})
	s.describe(&r)
}

// withCause tells running out of time apart from a client that hung up.
func withCause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(err, context.DeadlineExceeded) && cause != nil {
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}

// problemResponses describes the problems that an operation is likely to answer, by status, and
// the form of all others.
func (s *server) problemResponses(kinds []charging.ErrorKind) map[string]*huma.Response {
	schema := s.api.OpenAPI().Components.Schemas.Schema(
		reflect.TypeFor[resource.Problem](), true, "Problem")
	response := func(description string) *huma.Response {
		return &huma.Response{
			Description: description,
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
		}
	}
	responses := map[string]*huma.Response{
		"default": response("Any other problem, in the same form"),
	}
	for _, code := range kinds {
		kind := kindOf(string(code))
		status := strconv.Itoa(kind.Status)
		text := kind.Code + ": " + kind.Title
		if known := responses[status]; known != nil {
			text = known.Description + "; " + text
		}
		responses[status] = response(text)
	}
	return responses
}

// describe adds to the description what the framework cannot know: bodies, which it does not
// read here, and examples.
func (s *server) describe(r *route) {
	operation := s.operation(r)
	if r.body != nil {
		kind := reflect.TypeOf(r.body)
		schema := s.api.OpenAPI().Components.Schemas.Schema(kind, true, kind.Name())
		media := &huma.MediaType{Schema: schema, Example: example(r.bodyExample)}
		operation.RequestBody = &huma.RequestBody{
			Required: true,
			Content: map[string]*huma.MediaType{
				"application/json": media, "application/yaml": media,
			},
		}
	}
	success := operation.Responses[strconv.Itoa(operation.DefaultStatus)]
	if r.example != "" && success != nil {
		for _, media := range success.Content {
			media.Example = example(r.example)
		}
	}
	if r.created {
		made := *success
		made.Description = "Created"
		operation.Responses["201"] = &made
	}
}

func (s *server) operation(r *route) *huma.Operation {
	item := s.api.OpenAPI().Paths[r.path]
	switch r.method {
	case http.MethodGet:
		return item.Get
	case http.MethodPut:
		return item.Put
	case http.MethodPost:
		return item.Post
	}
	return item.Delete
}

// example decodes an example; one that is no JSON is a mistake in this package.
func example(text string) any {
	if text == "" {
		return nil
	}
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		panic("example " + text + ": " + err.Error())
	}
	return value
}

// Written is the body of a request as it came, for inputs to embed. It is read before the handler
// runs, which asks for it with body.
type Written struct {
	data []byte
	err  error
}

// Resolve reads the body, up to a limit.
func (w *Written) Resolve(ctx huma.Context) []error {
	limit := int64(MaxBody)
	if path := ctx.Operation().Path; path == seedPath || path == sandboxesPath {
		limit = MaxSeedBody
	}
	tooLarge := newProblem(codeTooLarge, fmt.Sprintf("the body has more than %d octets", limit))
	// RFC 9110 section 10.1.1: refused by its length, the body is not even asked for.
	if length, err := strconv.ParseInt(ctx.Header("Content-Length"), 10, 64); err == nil &&
		length > limit {
		w.err = tooLarge
		return nil
	}
	_ = ctx.SetReadDeadline(time.Now().Add(bodyTimeout)) // not every writer can
	w.data, w.err = io.ReadAll(io.LimitReader(ctx.BodyReader(), limit+1))
	_ = ctx.SetReadDeadline(time.Time{}) // a slow answer is no slow body
	if w.err != nil {
		w.err = newProblem(codeInvalidRequest, "the body could not be read: "+w.err.Error())
	}
	if int64(len(w.data)) > limit {
		w.err = tooLarge
	}
	return nil
}

// body returns what was sent.
func (w *Written) body() ([]byte, error) { return w.data, w.err }

// Output is an answer with a body.
type Output[T any] struct{ Body T }

// StatusOutput is an answer with a body and a status that the handler chooses.
type StatusOutput[T any] struct {
	Status int
	Body   T
}

func answer[T any](value T, err error) (*Output[T], error) {
	if err != nil {
		return nil, err
	}
	return &Output[T]{Body: value}, nil
}

// put is the answer to a PUT: 201 where it created something.
func put[T any](value T, created bool) *StatusOutput[T] {
	if created {
		return &StatusOutput[T]{Status: http.StatusCreated, Body: value}
	}
	return &StatusOutput[T]{Status: http.StatusOK, Body: value}
}

// Page is which part of a list is wanted, for inputs to embed.
type Page struct {
	After string `query:"after" doc:"the next of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"how many, at most"`
}

// number reads After where a list counts by numbers.
func (p *Page) number() (int64, error) {
	if p.After == "" {
		return 0, nil
	}
	after, err := strconv.ParseInt(p.After, 10, 64)
	if err != nil || after < 0 {
		problem := newProblem(codeInvalidRequest, "query.after: this list counts by numbers")
		problem.Errors = []resource.ProblemError{{
			Location: "query.after", Message: "expected the next of the page before, a number",
		}}
		return 0, problem
	}
	return after, nil
}

// nextNumber writes what number reads; 0 is the end.
func nextNumber(next int64) string {
	if next == 0 {
		return ""
	}
	return strconv.FormatInt(next, 10)
}
