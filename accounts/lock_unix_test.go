//go:build unix

package accounts_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/ocs-sim/ocs-sim/accounts"
)

// A process that is being started holds copies of all descriptors until it runs its own program.
// Copies of ours stand for it here.
func TestALedgerThatIsClosedIsFreeWhateverHoldsItsDescriptors(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	l, err := accounts.Open(t.Context(), accounts.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range descriptorsOf(t, path) {
		duplicate, err := syscall.Dup(fd)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = syscall.Close(duplicate) })
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := accounts.Open(t.Context(), accounts.Options{Path: path})
	if err != nil {
		t.Fatalf("Open after Close = %v, want nil", err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// descriptorsOf finds the open descriptors of the database and its lock file.
func descriptorsOf(t *testing.T, path string) (found []int) {
	t.Helper()
	var wanted []syscall.Stat_t
	for _, name := range []string{path, path + ".lock"} {
		var stat syscall.Stat_t
		if err := syscall.Stat(name, &stat); err != nil {
			t.Fatal(err)
		}
		wanted = append(wanted, stat)
	}
	for fd := range 1024 {
		var stat syscall.Stat_t
		if syscall.Fstat(fd, &stat) != nil {
			continue
		}
		for _, w := range wanted {
			if stat.Dev == w.Dev && stat.Ino == w.Ino {
				found = append(found, fd)
			}
		}
	}
	if len(found) < len(wanted) {
		t.Fatalf("found %d descriptors of %s and its lock, want both at least", len(found), path)
	}
	return found
}
