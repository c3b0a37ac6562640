package accounts_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/charging"
)

func TestAFullDiskRollsBackAndStopsTheLedger(t *testing.T) {
	t.Parallel()
	l, path := openFile(t)
	put(t, l, "a", 1e9)
	if err := l.LimitPages(t.Context(), 20); err != nil {
		t.Fatal(err)
	}
	acknowledged := int64(0)
	var failed error
	for n := range 10_000 {
		failed = update(l, noon, func(tx charging.Tx) error {
			_, err := tx.Settle("a", 0, euro, spend(1))
			tx.Remember(answerOf("s", uint32(n), strings.Repeat("x", 500)), 1, 2)
			return err
		})
		if failed != nil {
			break
		}
		acknowledged++
	}
	var unknown *charging.OutcomeUnknown
	if kindOf(failed) != charging.KindLedgerStopped || errors.As(failed, &unknown) {
		t.Fatalf("Update on a full disk = %v, want %s with a certain outcome",
			failed, charging.KindLedgerStopped)
	}
	if l.Stopped() == nil {
		t.Error("Stopped() = nil after a full disk")
	}
	if _, err := l.Account(t.Context(), "a"); kindOf(err) != charging.KindLedgerStopped {
		t.Errorf("Account of a stopped ledger = %v", err)
	}
	if err := l.Close(); err == nil {
		t.Error("Close = nil, want what stopped the ledger")
	}
	l = open(t, accounts.Options{Path: path})
	if got := account(t, l, "a").Balances[0].Amount.Amount; got != 1e9-acknowledged {
		t.Errorf("amount after the restart = %d, want %d", got, int64(1e9)-acknowledged)
	}
	holds(t, l)
}

func TestAFailedCommitHasAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	l, path := openFile(t)
	put(t, l, "a", 100)
	cause := errors.New("input/output error")
	l.FailCommits(cause)
	var wait sync.WaitGroup
	var mu sync.Mutex
	unknown, stopped := 0, 0
	for n := range 50 {
		wait.Add(1)
		l.Update(t.Context(), noon, func(tx charging.Tx) error {
			tx.Remember(answerOf("s", uint32(n), ""), 1, 2)
			return nil
		}, func(err error) {
			defer wait.Done()
			mu.Lock()
			defer mu.Unlock()
			var outcome *charging.OutcomeUnknown
			switch {
			case errors.As(err, &outcome) && errors.Is(err, cause):
				unknown++
			case kindOf(err) == charging.KindLedgerStopped:
				stopped++
			default:
				t.Errorf("done got %v", err)
			}
		})
	}
	wait.Wait()
	if unknown == 0 || unknown+stopped != 50 {
		t.Errorf("%d outcomes are unknown and %d stopped, want 50 in all", unknown, stopped)
	}
	_ = l.Close()
	l = open(t, accounts.Options{Path: path})
	if got := account(t, l, "a").Balances[0].Amount; got != money(100) {
		t.Errorf("amount = %s", got)
	}
}

func TestASecondServerIsKeptOut(t *testing.T) {
	t.Parallel()
	l, path := openFile(t)
	put(t, l, "a", 1)
	link, hard := filepath.Join(t.TempDir(), "link.db"), path+".hard"
	if err := errors.Join(os.Symlink(path, link), os.Link(path, hard)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link, hard} {
		_, err := accounts.Open(t.Context(), accounts.Options{Path: name})
		if err == nil || !strings.Contains(err.Error(), "in use by") {
			t.Errorf("Open(%s) = %v, want that it is in use", name, err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, accounts.Options{Path: link})
	if got := account(t, l, "a").Balances[0].Amount; got != money(1) {
		t.Errorf("amount through the link = %s", got)
	}
}

func TestFilesThatAreNotOursStayAsTheyAre(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ours := filepath.Join(dir, "ours.db")
	l := open(t, accounts.Options{Path: ours})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	database := func(name string, statements ...string) string {
		path := filepath.Join(dir, name)
		if strings.HasPrefix(name, "newer") {
			if err := copyFile(ours, path); err != nil {
				t.Fatal(err)
			}
		}
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range statements {
			if _, err := db.Exec(statement); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("accounts:\n- id: a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const notOurs = "not a database of ocs-sim"
	for path, want := range map[string]string{
		text: notOurs,
		dir:  "is a directory",
		database("foreign.db", "CREATE TABLE t (x)"):                               notOurs,
		database("claimed.db", "PRAGMA application_id = 77", "CREATE TABLE t (x)"): notOurs,
		database("newer.db", "PRAGMA user_version = 99"):                           "version 99",
	} {
		before, _ := os.ReadFile(path)
		_, err := accounts.Open(t.Context(), accounts.Options{Path: path})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%s) = %v, want %q", path, err, want)
		}
		_, err = accounts.CheckFile(t.Context(), path)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("CheckFile(%s) = %v, want %q", path, err, want)
		}
		after, _ := os.ReadFile(path)
		if string(before) != string(after) {
			t.Errorf("Open changed %s", path)
		}
	}
	if _, err := accounts.CheckFile(t.Context(), filepath.Join(dir, "nothing.db")); err == nil {
		t.Error("CheckFile of nothing = nil, want an error")
	}
	if _, err := os.Stat(filepath.Join(dir, "nothing.db")); err == nil {
		t.Error("CheckFile made a file")
	}
	if _, err := accounts.Open(t.Context(),
		accounts.Options{Path: filepath.Join(dir, "no", "such", "dir.db")}); err == nil {
		t.Error("Open in a directory that is not there = nil, want an error")
	}
}

func TestABackupOfAServedDatabasePassesTheCheck(t *testing.T) {
	t.Parallel()
	l, path := openFile(t)
	put(t, l, "a", 100)
	mustUpdate(t, l, noon, func(tx charging.Tx) error {
		_, err := tx.Reserve("a", charging.Holder{Session: charging.SessionID{ID: "s"}}, euro,
			charging.Amounts{Money: 3})
		return err
	})
	backup := path + ".copy"
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("VACUUM INTO ?", backup); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if list, err := accounts.CheckFile(t.Context(), backup); err != nil || len(list) > 0 {
		t.Errorf("CheckFile(copy) = %q, %v", list, err)
	}
	if tool, err := exec.LookPath("sqlite3"); err == nil {
		out, err := exec.Command(tool, path, ".backup "+path+".second",
			"SELECT amount, reserved, available FROM balances_now").CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != "100|3|97" {
			t.Errorf("sqlite3 says %q, %v, want 100|3|97", out, err)
		}
		if list, err := accounts.CheckFile(t.Context(), path+".second"); err != nil || len(list) > 0 {
			t.Errorf("CheckFile(backup) = %q, %v", list, err)
		}
	}
}

func TestCheckFindsWhatWasTamperedWith(t *testing.T) {
	t.Parallel()
	for want, statement := range map[string]string{
		"amount-is-sum-of-postings": "UPDATE postings SET amount = amount + 1 WHERE id = 2",
		"log-is-whole":              "DELETE FROM entries WHERE number = 3",
		"one-key-one-answer":        "UPDATE entries SET request = 0 WHERE answer IS NOT NULL",
		"reservation-ends-once": "UPDATE entries SET effects = (SELECT effects FROM entries " +
			"WHERE freed IS NOT NULL LIMIT 1) WHERE number = (SELECT max(number) FROM entries)",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			l, path := openFile(t)
			put(t, l, "a", 100)
			for n := range uint32(4) {
				mustUpdate(t, l, noon, func(tx charging.Tx) error {
					held, err := tx.Reserve("a", charging.Holder{Session: charging.SessionID{ID: "s"}},
						euro, charging.Amounts{Money: 3})
					if err != nil {
						return err
					}
					tx.Remember(answerOf("s", n, ""), 1, 2)
					_, err = tx.Settle("a", held, euro, spend(1))
					return err
				})
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec(statement); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			list, err := accounts.CheckFile(t.Context(), path)
			if err != nil || len(list) == 0 || !strings.Contains(strings.Join(list, "\n"), want) {
				t.Errorf("CheckFile = %q, %v, want %s", list, err, want)
			}
		})
	}
}

// A copy of the database and its log, taken at any instant, is what a killed process leaves.
func TestWhatWasAcknowledgedSurvivesAKillAtAnyInstant(t *testing.T) {
	t.Parallel()
	l, path := openFile(t)
	l.KeepLog()
	put(t, l, "a", 1e9)
	var mu sync.Mutex
	acknowledged := 0
	stop := make(chan struct{})
	var wait sync.WaitGroup
	for w := range 4 {
		wait.Go(func() {
			for n := uint32(0); ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := update(l, noon, func(tx charging.Tx) error {
					_, err := tx.Settle("a", 0, euro, spend(1))
					tx.Remember(answerInRow(w, n), 1, 2)
					return err
				}); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				acknowledged++
				mu.Unlock()
			}
		})
	}
	for k := range 10 {
		mu.Lock()
		least := acknowledged
		mu.Unlock()
		killed := filepath.Join(t.TempDir(), fmt.Sprintf("killed-%d.db", k))
		if err := errors.Join(copyFile(path, killed), copyFile(path+"-wal", killed+"-wal")); err != nil {
			t.Fatal(err)
		}
		after := open(t, accounts.Options{Path: killed})
		spent := 1e9 - account(t, after, "a").Balances[0].Amount.Amount
		answers := 0
		if err := after.View(context.Background(), func(tx charging.Tx) error {
			answers = 0
			for w := range 4 {
				for n := uint32(0); ; n++ {
					if _, found := tx.Answered(answerInRow(w, n).Key); !found {
						break
					}
					answers++
				}
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		if spent < int64(least) || spent != int64(answers) {
			t.Errorf("kill %d: %d debits and %d answers, %d were acknowledged", k, spent, answers, least)
		}
		holds(t, after)
		if err := after.Close(); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wait.Wait()
}

// answerInRow is a writer's nth answer, of sessions so short that all their answers are in memory.
func answerInRow(writer int, n uint32) *charging.Answer {
	const inSession = 30
	return answerOf(fmt.Sprintf("%d-%d", writer, n/inSession), n%inSession, "")
}

func FuzzEffects(f *testing.F) {
	f.Add([]byte{1, 1, 1, 5, 1, 0, 200, 1, 0, 0, 0, 0})
	f.Add([]byte{1, 0, 1, 9, 1, 1, 's', 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := accounts.ParseEffects(data); err == nil && data[0] != 1 {
			t.Errorf("effects of version %d are read", data[0])
		}
	})
}

func FuzzRows(f *testing.F) {
	f.Add([]byte{1, 1, 'a', 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{1, 1, 's', 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		if a, s := accounts.ParseRows(data); (a == nil || s == nil) && data[0] != 1 {
			t.Errorf("a row of version %d is read", data[0])
		}
	})
}
