package ocssim_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

const (
	killConnections = 4
	killCallers     = 16 // on each connection
	killsPerLife    = 25 // of one database
)

// TestKill kills the real server with SIGKILL at random moments of a load, again and again. After
// each kill the database must pass the check; the server started on it must give every answer
// that was acknowledged again, byte for byte; and its accounts must hold what the acknowledged
// answers add up to, to the millionth.
//
// OCS_SIM_KILLS says how often, OCS_SIM_KILL_SEED which moments.
func TestKill(t *testing.T) {
	t.Parallel()
	kills, seed := fromEnvironment(t, "OCS_SIM_KILLS", 20), rand.Uint64()>>1
	seed = uint64(fromEnvironment(t, "OCS_SIM_KILL_SEED", int(seed)))
	t.Logf("OCS_SIM_KILL_SEED=%d", seed)
	binary := goBuild(t, t.TempDir(), "./cmd/ocs-sim")
	random := rand.New(rand.NewPCG(seed, 1))
	acknowledged := 0
	for kills > 0 {
		count := min(kills, killsPerLife)
		kills -= count
		acknowledged += liveOnce(t, binary, random, count)
	}
	t.Logf("%d answers were acknowledged, and none was lost", acknowledged)
	if acknowledged == 0 {
		t.Error("no answer was acknowledged: nothing was tested")
	}
}

func fromEnvironment(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

// A life is that of one database, through many servers.
type life struct {
	serving
	server *process
	crowds []*crowd
	random *rand.Rand
}

// liveOnce kills the servers of one new database, and returns how many answers were compared.
func liveOnce(t *testing.T, binary string, random *rand.Rand, kills int) int {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "life")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	l := &life{
		serving: serving{binary: binary, dir: dir, seed: callerSeed, database: true},
		random:  random,
	}
	for i := range killConnections {
		own := rand.New(rand.NewPCG(random.Uint64(), uint64(i)))
		l.crowds = append(l.crowds, newCrowd(i, killCallers, own))
	}
	if l.server, err = l.start(); err != nil {
		t.Fatal(err)
	}
	defer func() { l.server.kill() }()
	for kill := range kills {
		if err := l.dieAndReturn(); err != nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		if err := l.compareAccounts(); err != nil {
			t.Fatalf("after kill %d: %v", kill, err)
		}
	}
	if err := l.comparePostings(); err != nil {
		t.Fatal(err)
	}
	return len(l.settled())
}

// dieAndReturn puts the server under load, kills it, checks what it left, starts it again and asks
// for all answers again.
func (l *life) dieAndReturn() error {
	if err := l.loadUntilDead(); err != nil {
		return err
	}
	if err := l.check(); err != nil {
		return err
	}
	if l.random.IntN(8) == 0 {
		if err := l.dieStarting(); err != nil {
			return err
		}
	}
	var err error
	if l.server, err = l.start(); err != nil {
		return err
	}
	return errors.Join(l.each((*crowd).repeatAll), l.each((*crowd).finish))
}

// loadUntilDead lets all crowds talk until a random moment.
func (l *life) loadUntilDead() error {
	struck, dead := make(chan struct{}), make(chan struct{})
	talk := make(chan error, len(l.crowds))
	for i, c := range l.crowds {
		conn, err := openGy(l.server.Diameter[0], fmt.Sprintf("im%d.example.net", i))
		if err != nil {
			return err
		}
		defer conn.Close()
		go func() { talk <- c.talk(conn) }()
	}
	moment := time.Duration(l.random.Int64N(int64(60 * time.Millisecond)))
	time.AfterFunc(moment, func() {
		close(struck)
		l.server.kill()
		close(dead)
	})
	var failed error
	for range l.crowds {
		failed = errors.Join(failed, <-talk)
		select {
		case <-struck:
		default:
			failed = errors.Join(failed, errors.New("a connection broke before the kill"))
		}
	}
	<-dead
	return failed
}

// dieStarting kills a server while it starts.
func (l *life) dieStarting() error {
	cmd := exec.Command(l.binary, l.arguments()...)
	if err := cmd.Start(); err != nil {
		return err
	}
	moment := time.Duration(l.random.Int64N(int64(60 * time.Millisecond)))
	end := time.AfterFunc(moment, func() { cmd.Process.Kill() })
	defer end.Stop()
	cmd.Wait()
	return l.check()
}

// check has the product judge the database that a dead server left.
func (l *life) check() error {
	out, err := exec.Command(l.binary, "check", "--database", l.databaseFile()).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ocs-sim check: %w\n%s", err, out)
	}
	return nil
}

// each has all crowds do something side by side, each on a connection that is not the one where
// its requests were first asked.
func (l *life) each(do func(*crowd, *gyConn) error) error {
	done := make(chan error, len(l.crowds))
	for i, c := range l.crowds {
		go func() {
			conn, err := openGy(l.server.Diameter[0], fmt.Sprintf("im%d.example.net", i))
			if err == nil {
				defer conn.Close()
				err = do(c, conn)
			}
			done <- err
		}()
	}
	var failed error
	for range l.crowds {
		failed = errors.Join(failed, <-done)
	}
	return failed
}

// settled are all exchanges of a life so far that were acknowledged and compared.
func (l *life) settled() (all []*exchange) {
	for _, c := range l.crowds {
		for _, one := range c.callers {
			all = append(all, one.settled...)
		}
	}
	return all
}

// account is what all acknowledged answers say of one account: its balance, and what is reserved.
func (l *life) account(number int) (amount, reserved int64) {
	amount = callerFunds
	for _, c := range l.crowds {
		for _, one := range c.callers {
			if one.account != number {
				continue
			}
			reserved += one.held
			amount -= one.spent
		}
	}
	return amount, reserved
}
