package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging"
)

const (
	defaultDiameter = ":3868"
	defaultAPI      = "127.0.0.1:8868"
)

// tidyAfter is when the memory of the start is given back: not while the first requests come.
const tidyAfter = 500 * time.Millisecond

// serveFlags are what serve can be told.
type serveFlags struct {
	diameter, seeds         []string
	dictionaries            []string
	api, database           string
	originHost, originRealm string
	token, readyFile, level string
	lateUsage, records      string
	interimInterval         time.Duration
	allowRemote             bool
	randomSeed              uint64
	settings                settingFlags
	occasions               occasionFlags
	gy                      gyFlags
}

func newServe(c *console) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve Diameter Gy and the REST API until interrupted",
		Long: "serve answers Diameter Gy on one address or more, and the REST API on another, until\n" +
			"it is interrupted (SIGINT or SIGTERM), which ends it with status 0. The addresses are\n" +
			"printed; the ready file appears, whole, once the seed is on disk and both doors are open,\n" +
			"and is removed at the end.",
		Example: "  ocs-sim serve --seed seed.yaml --database ledger.db\n" +
			"  ocs-sim serve --seed seed.yaml --diameter :0 --api 127.0.0.1:0 --ready-file ready.json",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.serve(cmd.Context(), &f) },
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.diameter, "diameter", []string{defaultDiameter},
		"address for Diameter, [tcp://|tls://|sctp://]host:port[?origin-host=H&origin-realm=R];\n"+
			"port 0 takes a free one; may be repeated")
	flags.StringVar(&f.api, "api", defaultAPI, "address for REST; port 0 takes a free one")
	flags.StringVar(&f.database, "database", "",
		"the ledger's file; without it a temporary one that is deleted at exit")
	flags.StringArrayVar(&f.seeds, "seed", nil,
		"document with plans, accounts and scenarios; may be repeated")
	dictionaryFlag(flags, &f.dictionaries)
	flags.StringVar(&f.originHost, "origin-host", "ocs.example.net", "own Origin-Host")
	flags.StringVar(&f.originRealm, "origin-realm", "example.net", "own Origin-Realm")
	flags.StringVar(&f.token, "token", "", "bearer token that REST calls must carry")
	flags.BoolVar(&f.allowRemote, "allow-remote", false,
		"let the API listen beyond loopback without a token")
	flags.StringVar(&f.readyFile, "ready-file", "",
		"file to write, when ready, with the addresses as JSON")
	flags.StringVar(&f.lateUsage, "late-usage", "refuse",
		"usage after supervision ended the session: refuse (5002) or debit (5002 too, but charged)")
	flags.Uint64Var(&f.randomSeed, "random-seed", 0,
		"where chance begins in scenarios; 0: another one each time, which the log tells")
	flags.StringVar(&f.records, "cdr", "",
		"file that offline charging (Rf) appends its records to, one JSON line each")
	flags.DurationVar(&f.interimInterval, "interim-interval", 0,
		"Acct-Interim-Interval to ask Rf clients for, like 5m; 0: none")
	f.settings.add(flags)
	f.occasions.add(flags)
	f.gy.add(flags)
	flags.StringVar(&f.level, "log-level", "info", "debug, info, warn or error")
	return cmd
}

func (c *console) serve(ctx context.Context, f *serveFlags) error {
	options, err := f.options(c.err)
	if err != nil {
		return err
	}
	server, err := ocssim.Start(ctx, options)
	if err != nil {
		return startError(err)
	}
	if f.database == "" {
		c.say("no --database: accounts are kept in a temporary file and are gone at exit")
	}
	for _, notice := range server.Notices() {
		c.say("%s", notice)
	}
	if err := c.announce(server, f.readyFile); err != nil {
		return no(errors.Join(err, server.Close()))
	}
	// What the start needed and nobody needs any more goes back to the system.
	tidy := time.AfterFunc(tidyAfter, debug.FreeOSMemory)
	defer tidy.Stop()
	select {
	case <-ctx.Done():
		err = nil
	case err = <-server.Failed():
	}
	withdraw(f.readyFile)
	return no(errors.Join(err, server.Close()))
}

// startError tells bad documents and options, which are misuse, from a world that is not as it
// should be.
func startError(err error) error {
	var option *ocssim.OptionError
	if errors.As(err, &option) {
		return err
	}
	var expected *charging.Error
	if errors.As(err, &expected) && expected.Kind == charging.KindInvalidDocument {
		return err
	}
	return no(err)
}

func (f *serveFlags) options(logs io.Writer) (ocssim.Options, error) {
	level, err := zerolog.ParseLevel(f.level)
	if err != nil {
		return ocssim.Options{}, fmt.Errorf(
			"--log-level is debug, info, warn or error, not %q",
			f.level,
		)
	}
	if f.lateUsage != "refuse" && f.lateUsage != "debit" {
		return ocssim.Options{}, fmt.Errorf("--late-usage is refuse or debit, not %q", f.lateUsage)
	}
	if i := f.interimInterval; i < 0 || i > 0 && i < time.Second || i%time.Second != 0 {
		return ocssim.Options{}, fmt.Errorf(
			"--interim-interval is a time of whole seconds, like 5m, not %s", i)
	}
	settings, err := f.settings.settings()
	if err != nil {
		return ocssim.Options{}, err
	}
	occasions, err := f.occasions.occasions()
	if err != nil {
		return ocssim.Options{}, err
	}
	seeds, err := readFiles("read the seed", f.seeds)
	if err != nil {
		return ocssim.Options{}, err
	}
	dictionaries, err := readFiles("read the dictionary", f.dictionaries)
	if err != nil {
		return ocssim.Options{}, err
	}
	options := ocssim.Options{
		Diameter: f.diameter, API: f.api, Database: f.database, Seeds: seeds,
		Dictionaries: dictionaries,
		OriginHost:   f.originHost, OriginRealm: f.originRealm, Token: f.token,
		AllowRemote: f.allowRemote, RandomSeed: f.randomSeed,
		DebitLate: f.lateUsage == "debit", Version: version(),
		Records: f.records, InterimInterval: f.interimInterval,
		Settings: settings, Occasions: occasions,
		Log: zerolog.New(logs).Level(level).With().Timestamp().Logger(),
	}
	return options, f.gy.fill(&options)
}

// readFiles reads all files, and tells every one that cannot be read.
func readFiles(purpose string, paths []string) ([]document.File, error) {
	var out []document.File
	var faults []error
	for _, path := range paths {
		text, err := readNamed(purpose, path)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		out = append(out, document.File{Name: path, Data: text})
	}
	return out, errors.Join(faults...)
}

// readiness is what the ready file holds.
type readiness struct {
	Diameter []string `json:"diameter"`
	API      string   `json:"api"`
	PID      int      `json:"pid"`
	Version  string   `json:"version"`
}

func (c *console) announce(server *ocssim.Server, path string) error {
	ready := readiness{server.DiameterAddresses(), server.APIURL(), os.Getpid(), version()}
	for _, listener := range server.DiameterListeners() {
		c.answer("diameter %s", announced(listener))
	}
	c.answer("api %s", ready.API)
	if path == "" {
		return nil
	}
	text, err := json.Marshal(ready)
	if err != nil {
		return err
	}
	return writeByRename(path, append(text, '\n'))
}

// withdraw removes the ready file, unless another server has written it since.
func withdraw(path string) {
	var said readiness
	text, err := os.ReadFile(path)
	if err == nil && json.Unmarshal(text, &said) == nil && said.PID == os.Getpid() {
		_ = os.Remove(path)
	}
}

// writeByRename makes the file appear whole or not at all.
func writeByRename(path string, text []byte) error {
	part, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write the ready file: %w", err)
	}
	_, err = part.Write(text)
	err = errors.Join(err, part.Chmod(0o644), part.Close())
	if err == nil {
		err = os.Rename(part.Name(), path)
	}
	if err != nil {
		_ = os.Remove(part.Name())
		return fmt.Errorf("write the ready file: %w", err)
	}
	return nil
}
