package ocssim_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience bounds every wait of the suite; nothing normal comes near it.
const patience = 30 * time.Second

// goBuild builds a package of this module into dir and returns the path.
func goBuild(t testing.TB, dir, pkg string) string {
	t.Helper()
	binary := filepath.Join(dir, filepath.Base(pkg))
	if out, err := exec.Command("go", "build", "-o", binary, pkg).CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", pkg, err, out)
	}
	return binary
}

// A process is a server that was started and wrote its ready file.
type process struct {
	cmd      *exec.Cmd
	exited   chan struct{}
	said     *bytes.Buffer // stdout and stderr; read it only after exited
	began    time.Time     // just before exec
	readyIn  time.Duration // from exec to the ready file
	Diameter []string      `json:"diameter"`
	API      string        `json:"api"`
}

// startProcess starts a program and waits for its ready file. Whoever starts it ends it.
func startProcess(readyFile, program string, args ...string) (*process, error) {
	if err := os.RemoveAll(readyFile); err != nil {
		return nil, err
	}
	p := &process{exited: make(chan struct{}), said: new(bytes.Buffer)}
	p.cmd = exec.Command(program, args...)
	p.cmd.Stdout, p.cmd.Stderr = p.said, p.said
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.cmd.Wait()
		close(p.exited)
	}()
	if err := p.awaitReady(readyFile); err != nil {
		p.kill()
		return nil, fmt.Errorf("%s %s: %w\n%s", program, strings.Join(args, " "), err, p.said)
	}
	p.readyIn = time.Since(p.began)
	return p, nil
}

func (p *process) awaitReady(file string) error {
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	late := time.After(patience)
	for {
		if text, err := os.ReadFile(file); err == nil {
			return json.Unmarshal(text, p)
		}
		select {
		case <-again.C:
		case <-p.exited:
			return errors.New("ended before it was ready")
		case <-late:
			return fmt.Errorf("not ready after %v", patience)
		}
	}
}

// kill ends the process by SIGKILL and waits until it is gone.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.exited
}

// stop asks the process to end, unless it has, and says so if that takes too long.
func (p *process) stop(t testing.TB) {
	t.Helper()
	p.cmd.Process.Signal(os.Interrupt)
	select {
	case <-p.exited:
	case <-time.After(patience):
		p.kill()
		t.Errorf("%s did not end within %v of an interrupt:\n%s", p.cmd.Path, patience, p.said)
	}
}

// A serving is how a test wants its ocs-sim: everything else is chosen by the system.
type serving struct {
	binary   string
	dir      string   // holds database, ready file and seed
	seed     string   // the document
	database bool     // on disk, in dir
	more     []string // flags
}

func (s serving) arguments() []string {
	args := []string{
		"serve", "--diameter", "127.0.0.1:0", "--api", "127.0.0.1:0",
		"--ready-file", s.readyFile(), "--seed", filepath.Join(s.dir, "seed.yaml"),
		"--origin-realm", "example.net", "--origin-host", "ocs.example.net",
	}
	if s.database {
		args = append(args, "--database", s.databaseFile())
	}
	return append(args, s.more...)
}

func (s serving) readyFile() string { return filepath.Join(s.dir, "ready.json") }

func (s serving) databaseFile() string { return filepath.Join(s.dir, "ledger.db") }

// start starts `ocs-sim serve`.
func (s serving) start() (*process, error) {
	if err := os.WriteFile(filepath.Join(s.dir, "seed.yaml"), []byte(s.seed), 0o600); err != nil {
		return nil, err
	}
	return startProcess(s.readyFile(), s.binary, s.arguments()...)
}

// mustStart starts `ocs-sim serve` until the end of the test.
func (s serving) mustStart(t testing.TB) *process {
	t.Helper()
	p, err := s.start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.stop(t) })
	return p
}
