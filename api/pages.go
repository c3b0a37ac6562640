package api

import (
	"cmp"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
)

//go:embed pages/*.html pages/style.css
var pageFiles embed.FS

// pages serves what people read: the description, as a page and for tools, what each problem
// means, and a page to begin at. They need no script and nothing from other sites.
func (s *server) pages(router chi.Router) {
	templates := template.Must(template.ParseFS(pageFiles, "pages/*.html"))
	described := sync.OnceValue(s.describeKeys)
	written := func(write func() ([]byte, error)) func() ([]byte, error) {
		return sync.OnceValues(func() ([]byte, error) {
			if err := described(); err != nil {
				return nil, err
			}
			return write()
		})
	}
	description := written(func() ([]byte, error) { return json.Marshal(s.api.OpenAPI()) })
	yaml := written(s.api.OpenAPI().YAML)
	router.Get("/openapi.json", serveBytes("application/openapi+json", description))
	router.Get("/openapi.yaml", serveBytes("application/openapi+yaml", yaml))
	router.Get("/docs", servePage(templates, "docs.html", s.chapters))
	router.Get("/problems", servePage(templates, "problems.html", problemKinds))
	router.Get("/problems/{code}", func(w http.ResponseWriter, r *http.Request) {
		serveProblemPage(templates, w, r)
	})
	router.Get("/", servePage(templates, "index.html", func() string { return s.Version }))
	router.Get("/style.css", serveBytes("text/css; charset=utf-8", func() ([]byte, error) {
		return pageFiles.ReadFile("pages/style.css")
	}))
}

func serveBytes(contentType string, made func() ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		body, err := made()
		if err != nil {
			writeProblem(w, newProblem(codeInternal, err.Error()))
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(body) // the client is gone if this fails
	}
}

func servePage[T any](t *template.Template, name string, content func() T) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		pageHeaders(w)
		_ = t.ExecuteTemplate(w, name, content()) // the client is gone if this fails
	}
}

// pageHeaders forbids a page everything but our own style.
func pageHeaders(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; "+
		"frame-ancestors 'none'")
	w.Header().Set("X-Content-Type-Options", "nosniff")
}

func serveProblemPage(t *template.Template, w http.ResponseWriter, r *http.Request) {
	code := chi.URLParam(r, "code")
	for _, kind := range problemKinds() {
		if kind.Code == code {
			pageHeaders(w)
			_ = t.ExecuteTemplate(w, "problem.html", kind) // the client is gone if this fails
			return
		}
	}
	problem := newProblem(codeNotFound, "no problem has the code "+code)
	problem.Hint = "GET /problems lists all codes"
	writeProblem(w, problem)
}

// A chapter is the operations of one tag.
type chapter struct {
	Name, Description string
	Operations        []operationPage
}

// An operationPage is one operation, for people.
type operationPage struct {
	*huma.Operation
	Request, Response string // examples
	Statuses          []statusPage
}

type statusPage struct{ Status, Description string }

// chapters arranges the description for reading.
func (s *server) chapters() []chapter {
	var chapters []chapter
	for _, tag := range s.api.OpenAPI().Tags {
		made := chapter{Name: tag.Name, Description: tag.Description}
		for _, item := range s.api.OpenAPI().Paths {
			for _, operation := range operations(item) {
				if operation.Tags[0] == tag.Name {
					made.Operations = append(made.Operations, writeOperation(operation))
				}
			}
		}
		slices.SortFunc(made.Operations, func(a, b operationPage) int {
			return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
		})
		chapters = append(chapters, made)
	}
	return chapters
}

func writeOperation(operation *huma.Operation) operationPage {
	page := operationPage{Operation: operation}
	if operation.RequestBody != nil {
		page.Request = indented(operation.RequestBody.Content["application/json"].Example)
	}
	for status, response := range operation.Responses {
		page.Statuses = append(page.Statuses, statusPage{status, response.Description})
		if media := response.Content["application/json"]; media != nil && status == "200" {
			page.Response = indented(media.Example)
		}
	}
	slices.SortFunc(page.Statuses, func(a, b statusPage) int {
		return cmp.Compare(a.Status, b.Status)
	})
	return page
}

func indented(example any) string {
	if example == nil {
		return ""
	}
	text, err := json.MarshalIndent(example, "", "  ")
	if err != nil {
		return ""
	}
	return string(text)
}
