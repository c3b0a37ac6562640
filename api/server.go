package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/rs/zerolog"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/summons"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/rating"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// The limits of what a client may send and how long it may take.
const (
	MaxBody     = 1 << 20  // octets of a body
	MaxSeedBody = 64 << 20 // octets of a seed document

	bodyTimeout   = 30 * time.Second
	handleTimeout = 60 * time.Second
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
)

// Options are what the API works on. All but Token, Seed, Version, Ready and Log must be there.
type Options struct {
	Ledger    *accounts.Ledger
	Tariffs   *rating.Tariffs
	Scenarios *scenarios.Set
	Journal   *scenarios.Journal
	Charger   charging.Charger
	// Records is what offline charging keeps, of which reset forgets what is known; nil: nothing.
	Records *scenarios.Records
	Clock   *charging.Clock
	// Summons sends RAR and ASR; nil: one that reaches nobody.
	Summons *summons.Register
	// Occasions say when it does so though nobody asks.
	Occasions Occasions
	// ClockTurned is called after the clock was turned; nil: nobody minds. It must not block.
	ClockTurned func()
	// Peers are the Diameter connections; nil: there are none.
	Peers Peers
	// Settings is the book that holds the settings of clients; nil: there is none.
	Settings *charging.SettingsBook
	// StartSettings are the settings of the start, which a reset brings back; nil: those of Seed.
	StartSettings *document.SettingsDocument
	// Judge is who finds fault with clients; nil: nobody does.
	Judge *scenarios.Judge
	// Recorder is told of charges; nil: the Journal is.
	Recorder charging.Recorder
	// Dictionaries are the AVPs of vendors; nil: none, and those that are put stay here.
	Dictionaries *diameter.Dictionaries
	// Token is what clients must show as a bearer token; empty: nothing.
	Token string
	// Seed is the start-up seed, which reset applies again; nil: an empty one.
	Seed *document.Document
	// Sandboxes are simulators beside this one; nil: there are none, as in a sandbox itself.
	Sandboxes Sandboxes
	// OriginHost is the simulator's in Diameter, which tells its own requests from those of clients.
	OriginHost string
	// Version is the product's, for the OpenAPI description.
	Version string
	// StreamPatience is how long a listener may read nothing before it is hung up on; 0: 30 s.
	StreamPatience time.Duration
	// Ready says why the server is not ready yet; nil: it is, unless the ledger stopped.
	Ready func() error
	Log   zerolog.Logger
}

// A server holds what handlers share.
type server struct {
	Options
	api huma.API
	// turning is held while the clock is turned, settings change, or a reset goes through: each of
	// them is more than one step.
	turning  sync.Mutex
	settings *document.SettingsDocument // as they are now; under the same lock
}

// New returns the control API. It holds no goroutine; what it works on is the caller's to close.
// Its routes and their description are made for the first request: who never asks over REST need
// not wait for them at the start, nor keep their five megabytes.
func New(o Options) http.Handler {
	s := &server{Options: o}
	if s.Recorder == nil {
		s.Recorder = o.Journal
	}
	if s.Seed == nil {
		s.Seed = &document.Document{}
	}
	if s.Dictionaries == nil {
		s.Dictionaries = diameter.NewDictionaries()
	}
	if s.Summons == nil {
		s.Summons = summons.New(summons.Options{})
	}
	if s.Peers == nil {
		s.Peers = noPeers{}
	}
	if s.StartSettings == nil {
		s.StartSettings = &s.Seed.SettingsDocument
	}
	s.settings = s.StartSettings
	s.Scenarios.Employ(s)
	return whenAsked(s.router)
}

// whenAsked builds a handler for the first request.
func whenAsked(build func() http.Handler) http.Handler {
	built := sync.OnceValue(build)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		built().ServeHTTP(w, r)
	})
}

// router builds the routes.
func (s *server) router() http.Handler {
	router := chi.NewRouter()
	router.Use(s.recoverPanics, s.limitTime, s.authorize, refuseOtherSites, middleware.GetHead)
	router.NotFound(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, newProblem(codeNotFound, "there is nothing at "+r.URL.Path))
	})
	router.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allowed(router, r))
		writeProblem(w, newProblem(codeMethodNotAllowed, r.URL.Path+" takes no "+r.Method))
	})
	s.api = humachi.New(router, s.description())
	s.routes()
	s.pages(router)
	return router
}

// allowed lists the methods that a path takes, which RFC 9110 section 15.5.6 wants to be told.
func allowed(router chi.Routes, r *http.Request) string {
	path := r.URL.RawPath
	if path == "" {
		path = r.URL.Path
	}
	var methods []string
	for _, method := range []string{"GET", "PUT", "POST", "DELETE"} {
		if router.Match(chi.NewRouteContext(), method, path) {
			methods = append(methods, method)
		}
	}
	if slices.Contains(methods, "GET") {
		methods = append(methods, "HEAD")
	}
	return strings.Join(methods, ", ")
}

// routes registers everything that the OpenAPI description tells of.
func (s *server) routes() {
	s.accountRoutes()
	s.postingRoutes()
	s.planRoutes()
	s.scenarioRoutes()
	s.libraryRoutes()
	s.dictionaryRoutes()
	s.chargeRoutes()
	s.sessionRoutes()
	s.conferenceRoutes()
	s.summonsRoutes()
	s.peerRoutes()
	s.exchangeRoutes()
	s.observationRoutes()
	s.verificationRoutes()
	s.captureRoutes()
	s.ladderRoutes()
	s.findingRoutes()
	s.clockRoutes()
	s.seedRoutes()
	s.sandboxRoutes()
	s.settingsRoutes()
	s.healthRoutes()
	s.finishDescription()
}

// NewServer returns an http.Server for a handler, with timeouts that no idle or slow client
// outlives. It does not listen yet.
func NewServer(handler http.Handler) *http.Server {
	end := make(chan struct{})
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.Background(), endKey{}, (<-chan struct{})(end))
		},
	}
	server.RegisterOnShutdown(sync.OnceFunc(func() { close(end) }))
	return server
}

// endKey is where a request's context holds what is closed when the server shuts down.
type endKey struct{}

// end is closed when the server shuts down; nil: never.
func end(ctx context.Context) <-chan struct{} {
	end, _ := ctx.Value(endKey{}).(<-chan struct{})
	return end
}

// whenStopping does something when the server shuts down, until what it returns is called.
func whenStopping(ctx context.Context, do func()) (forget func()) {
	over := make(chan struct{})
	go func() {
		select {
		case <-end(ctx):
			do()
		case <-over:
		}
	}()
	return func() { close(over) }
}

// recoverPanics turns a bug in a handler into a problem, so that it is seen and survived.
func (s *server) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch caught := recover(); caught {
			case nil:
			case http.ErrAbortHandler:
				panic(caught)
			default:
				s.Log.Error().Any("panic", caught).Str("path", r.URL.Path).Stack().
					Msg("a request to the API could not be handled")
				writeProblem(w, newProblem(codeInternal, "the simulator made a mistake"))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// limitTime ends waiting for what does not come. Handlers see it as their context. Events come as
// long as somebody listens.
func (s *server) limitTime(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == eventsPath {
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithTimeoutCause(r.Context(), handleTimeout, errTookTooLong)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

var errTookTooLong = errors.New("the request took too long")

// authorize asks for the token under /v1. What explains the API and says whether it lives is open.
func (s *server) authorize(next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(s.Token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Token == "" || !strings.HasPrefix(r.URL.Path, "/v1/") && !isMetrics(r) {
			next.ServeHTTP(w, r)
			return
		}
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(strings.TrimSpace(token)))
		right := subtle.ConstantTimeCompare(got[:], want[:]) == 1
		if !strings.EqualFold(scheme, "Bearer") || !right {
			w.Header().Set("WWW-Authenticate", `Bearer realm="ocs-sim"`)
			problem := newProblem(string(charging.KindUnauthorized), "the bearer token is "+
				"missing or wrong")
			problem.Hint = "send the header Authorization: Bearer TOKEN, as in serve --token TOKEN"
			writeProblem(w, problem)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isMetrics(r *http.Request) bool { return r.URL.Path == "/metrics" }

// refuseOtherSites keeps pages of other sites, open in a browser on this machine, from charging
// accounts behind their reader's back.
func refuseOtherSites(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, newProblem(codeOtherSite, "a page of another site may not change "+
			"anything here"))
	}))
	return guard.Handler(next)
}
