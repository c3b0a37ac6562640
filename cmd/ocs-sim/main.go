// Command ocs-sim is a Charging Enabler simulator: it serves Diameter Gy/Ro credit control and a
// REST API, and plays conversations against any Gy server. One file holds each subcommand.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// collectorPercent lets the heap of a server, which lives off short allocations, grow between
// collections: it saves a quarter of the CPU for each request and costs a few megabytes.
const collectorPercent = 400

// The exit statuses of every command.
const (
	exitYes    = 0
	exitNo     = 1
	exitMisuse = 2
)

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectorPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole command with its streams, for tests too.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot(&console{out: stdout, err: stderr})
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var no *negative
	switch {
	case err == nil:
		return exitYes
	case errors.As(err, &no):
		if no.err != nil {
			fmt.Fprintln(stderr, "ocs-sim:", no.err)
		}
		return exitNo
	}
	fmt.Fprintln(stderr, "ocs-sim:", err)
	return exitMisuse
}

// A negative ends a command with status 1: it was used well, and the answer is no. All other errors
// are misuse, with status 2.
type negative struct{ err error }

func (n *negative) Error() string { return fmt.Sprint(n.err) }

// Unwrap returns what the answer no is about.
func (n *negative) Unwrap() error { return n.err }

// no makes an error a negative; nil stays nil.
func no(err error) error {
	if err == nil {
		return nil
	}
	return &negative{err}
}

// readNamed reads a file that the command line names.
func readNamed(purpose, path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w; name a file that is there", purpose, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", purpose, err)
	}
	return text, nil
}

// counted says how many of something there are.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// A console is where a command writes: answers to out, talk to err.
type console struct{ out, err io.Writer }

func (c *console) say(format string, args ...any)    { fmt.Fprintf(c.err, format+"\n", args...) }
func (c *console) answer(format string, args ...any) { fmt.Fprintf(c.out, format+"\n", args...) }
