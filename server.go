package ocssim

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/api"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/ocf"
	"github.com/ocs-sim/ocs-sim/charging/summons"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/rating"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// A Server is a running simulator.
type Server struct {
	options   Options
	ledger    *accounts.Ledger
	tariffs   *rating.Tariffs
	scenarios *scenarios.Set
	journal   *scenarios.Journal
	judge     *scenarios.Judge // nil: clients are not judged
	vendors   *diameter.Dictionaries
	records   *scenarios.Records
	clock     *charging.Clock
	settings  charging.SettingsBook
	written   *document.SettingsDocument // the settings of the start
	charger   charging.Charger
	summons   *summons.Register
	gy        *diameter.Server
	rest      *http.Server
	listeners []gyListener
	api       net.Listener
	failed    chan error
	seed      *document.Document
	sandboxes *sandboxes
	notices   []string
	stopTimer context.CancelFunc
	timerDone chan struct{}

	turned      chan struct{} // has one after the clock was turned
	tariffsDone chan struct{}
}

// Start opens the ledger, applies the seed, and serves. It returns when both doors are open. The
// context ends only the start; Close ends the server.
func Start(ctx context.Context, o Options) (*Server, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	s := &Server{options: o, failed: make(chan error, 8), turned: make(chan struct{}, 1)}
	if err := s.open(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Server) open(ctx context.Context) error {
	// It takes as long to read as the ledger takes to open.
	go diameter.SharedDictionary()
	if err := s.listen(); err != nil {
		return err
	}
	if err := s.loadDictionaries(); err != nil {
		return err
	}
	if err := s.openBooks(ctx); err != nil {
		return err
	}
	s.scenarios = s.newScenarios()
	if err := s.openRecords(); err != nil {
		return err
	}
	s.assemble()
	if err := s.applySeed(ctx); err != nil {
		return err
	}
	s.serve()
	return nil
}

// newScenarios returns a set that checks AVPs by the dictionaries of the moment.
func (s *Server) newScenarios() *scenarios.Set {
	return scenarios.New(scenarios.Options{
		Wire: scenarios.Wire{
			Edit:   func(e charging.Edit) error { return s.vendors.Current().CheckEdit(e) },
			Preset: diameter.CheckPreset,
		},
		Clock: s.clock, Seed: s.options.RandomSeed,
		Began: func(seed uint64) {
			s.options.Log.Info().Uint64("random_seed", seed).Msg("chance in scenarios begins here")
		},
	})
}

// listen comes first, so that a busy port is found before anything is written.
func (s *Server) listen() error {
	if err := s.openGy(); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.options.API)
	if err != nil {
		return listenError("REST", "--api", s.options.API, err)
	}
	s.api = listener
	return nil
}

// openBooks opens the ledger and reads the seed. A new database is made only once the seed is known
// to be right; an old one is opened first, since the seed may build on its plans.
func (s *Server) openBooks(ctx context.Context) error {
	_, err := os.Stat(s.options.Database)
	if isNew := s.options.Database == "" || errors.Is(err, fs.ErrNotExist); isNew {
		if err := s.decodeSeed(nil); err != nil {
			return err
		}
		return s.openLedger(ctx)
	}
	if err := s.openLedger(ctx); err != nil {
		return err
	}
	plans, err := s.ledger.Plans(ctx)
	if err != nil {
		return fmt.Errorf("list the ledger's plans: %w", err)
	}
	return s.decodeSeed(plans)
}

func (s *Server) openLedger(ctx context.Context) error {
	ledger, err := accounts.Open(
		ctx,
		accounts.Options{Path: s.options.Database, Log: s.options.Log},
	)
	if err != nil {
		return databaseError(err)
	}
	s.ledger = ledger
	state := ledger.Clock()
	if state == (charging.ClockState{}) {
		state = s.options.Clock
	}
	s.clock = charging.NewClock(state)
	return nil
}

// openRecords opens the file of records for offline charging.
func (s *Server) openRecords() error {
	records, notice, err := scenarios.OpenRecords(scenarios.RecordOptions{
		Path: s.options.Records, Script: s.scenarios,
		ServiceInformation: diameter.ServiceInformation,
	})
	if err != nil {
		return databaseError(err)
	}
	s.records = records
	if notice != "" {
		s.notices = append(s.notices, notice)
	}
	return nil
}

// databaseError adds what to do where the file system is in the way.
func databaseError(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w; make the directory first, or give another file", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; let this user read and write it, or give another file", err)
	case errors.Is(err, syscall.EISDIR):
		return fmt.Errorf("%w; give a file", err)
	}
	return err
}

// assemble wires the rooms: who answers is one charging function, behind both doors.
func (s *Server) assemble() {
	o := &s.options
	s.tariffs = rating.NewTariffs()
	s.journal = s.newJournal()
	function := ocf.New(s.ledger, s.tariffs, s.scenarios, ocf.Options{
		Supervision: o.Supervision, Settings: s.settings.Of,
	})
	s.charger, s.summons = function, s.newSummons(function)
	recorder := s.summons.Watch(s.judged(s.scenarios.Watch(s.journal)))
	s.gy = diameter.NewServer(diameter.Options{
		OriginHost: o.OriginHost, OriginRealm: o.OriginRealm, ProductName: "ocs-sim",
		OriginStateID: s.ledger.OriginStateID,
		Accounting:    s.records, InterimInterval: o.InterimInterval,
		Charger: s.charger, Recorder: recorder, Clock: s.clock, Log: o.Log,
		AllowedPeers: o.AllowedPeers, DuplicatePeer: o.DuplicatePeer, Watchdog: o.Watchdog,
		MaxRequests: o.MaxRequests, BusyFor: o.BusyFor, Realms: o.Realms,
		Settings: s.settings.Of, Restarted: s.restarted,
		Between: s.scenarios.Between, Note: s.scenarios.Note,
		Dictionaries: s.vendors,
	})
	if !o.isSandbox {
		s.sandboxes = newSandboxes(o, s.seed)
	}
	control := api.Options{
		Ledger: s.ledger, Tariffs: s.tariffs, Scenarios: s.scenarios, Journal: s.journal,
		Records: s.records,
		Charger: s.charger, Clock: s.clock, Seed: s.seed, Token: o.Token, Version: o.Version,
		Summons: s.summons, Occasions: *o.Occasions, Peers: s.gy, Recorder: recorder,
		ClockTurned: s.clockTurned, Judge: s.judge,
		Settings: &s.settings, StartSettings: s.written,
		Dictionaries: s.vendors, OriginHost: o.OriginHost,
	}
	if s.sandboxes != nil {
		control.Sandboxes = s.sandboxes
	}
	s.rest = api.NewServer(api.New(control))
}

func (s *Server) serve() {
	for _, listener := range s.listeners {
		go s.watch("Diameter", func() error { return s.serveGy(listener) })
	}
	go s.watch("REST", func() error { return s.rest.Serve(s.api) })
	ctx, cancel := context.WithCancel(context.Background())
	s.stopTimer, s.timerDone, s.tariffsDone = cancel, make(chan struct{}), make(chan struct{})
	go s.keepTime(ctx)
	go s.keepTariffs(ctx)
}

// watch reports a door that fails while it should serve.
func (s *Server) watch(door string, serve func() error) {
	err := serve()
	if err == nil || errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return
	}
	if s.options.isSandbox { // nobody asks it
		s.options.Log.Error().Err(err).Str("door", door).Msg("a door of a sandbox has closed")
	}
	select {
	case s.failed <- fmt.Errorf("%s door: %w", door, err):
	default:
	}
}

// Failed reports a door that stopped serving by itself.
func (s *Server) Failed() <-chan error { return s.failed }

// APIURL is the base of the REST door, without a slash at its end.
func (s *Server) APIURL() string { return "http://" + s.api.Addr().String() }

// Charger is the charging function itself, for tests in the same process.
func (s *Server) Charger() charging.Charger { return s.charger }

// Clock is the charging clock. Turn it over REST or with Advance, so that what falls due is posted.
func (s *Server) Clock() *charging.Clock { return s.clock }

// Ledger is the ledger, for tests in the same process.
func (s *Server) Ledger() *accounts.Ledger { return s.ledger }

// Close says goodbye to the peers (DPR), ends both doors and closes the ledger. It waits a few
// seconds at most for each.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var errs []error
	if s.sandboxes != nil {
		errs = append(errs, s.sandboxes.close())
	}
	if s.stopTimer != nil {
		s.stopTimer()
		<-s.timerDone
		<-s.tariffsDone
	}
	if s.scenarios != nil {
		s.scenarios.Close()
	}
	if s.summons != nil {
		s.summons.Close()
	}
	if s.gy != nil {
		errs = append(errs, s.gy.Shutdown(ctx))
	}
	errs = append(errs, s.closeREST(ctx))
	if s.records != nil {
		errs = append(errs, s.records.Close())
	}
	for _, listener := range s.listeners {
		_ = listener.Close()
	}
	if s.judge != nil {
		s.judge.Close()
	}
	if s.ledger != nil {
		errs = append(errs, s.ledger.Close())
	}
	return errors.Join(errs...)
}

// lastWords is how long requests over REST may take that are under way when the server closes.
const lastWords = 2 * time.Second

// closeREST lets what is under way end, and cuts off who does not let go, such as a connection on
// which nothing was ever asked. That is nothing wrong with the server.
func (s *Server) closeREST(ctx context.Context) error {
	defer func() {
		if s.api != nil {
			_ = s.api.Close()
		}
	}()
	if s.rest == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lastWords)
	defer cancel()
	err := s.rest.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return s.rest.Close()
	}
	return err
}
