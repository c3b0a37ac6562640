package accounts_test

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocs-sim/ocs-sim/accounts"
)

// A process that was killed leaves what it wrote last in the write-ahead log alone. Whoever opens
// the database moves that into the file, so the version must be known before.
func TestALaterSchemaInTheLogIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	served, killed := filepath.Join(dir, "served.db"), filepath.Join(dir, "killed.db")
	ledger, err := accounts.Open(ctx, accounts.Options{Path: served})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ledger.Close() }()
	other, err := sql.Open("sqlite", served)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	if _, err := other.ExecContext(ctx, "PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	before := map[string][]byte{}
	for _, suffix := range []string{"", "-wal"} {
		if err := copyFile(served+suffix, killed+suffix); err != nil {
			t.Fatal(err)
		}
		before[suffix], _ = os.ReadFile(killed + suffix)
	}
	_, err = accounts.Open(ctx, accounts.Options{Path: killed})
	if err == nil || !strings.Contains(err.Error(), "its schema has version 99") {
		t.Errorf("Open says %v, want that the schema has version 99", err)
	}
	_, err = accounts.CheckFile(ctx, killed)
	if err == nil || !strings.Contains(err.Error(), "its schema has version 99") {
		t.Errorf("CheckFile says %v, want that the schema has version 99", err)
	}
	for suffix, data := range before {
		after, err := os.ReadFile(killed + suffix)
		if err != nil || !bytes.Equal(after, data) {
			t.Errorf("killed.db%s is not what it was (%v)", suffix, err)
		}
	}
}

func TestTheLockGoesByTheFile(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	served := filepath.Join(dir, "served.db")
	ledger, err := accounts.Open(ctx, accounts.Options{Path: served})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ledger.Close() }()
	symbolic, hard := filepath.Join(dir, "symbolic.db"), filepath.Join(dir, "hard.db")
	if err := os.Symlink(served, symbolic); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(served, hard); err != nil {
		t.Fatal(err)
	}
	for path, holder := range map[string]string{
		symbolic: "in use by process", hard: "in use by another process",
	} {
		_, err := accounts.Open(ctx, accounts.Options{Path: path})
		if err == nil || !strings.Contains(err.Error(), holder) {
			t.Errorf("Open(%s) says %v, want %q", filepath.Base(path), err, holder)
		}
	}
}

// A database on a medium that cannot be written is checked all the same.
func TestAReadOnlyDatabaseIsChecked(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	path := filepath.Join(dir, "kept.db")
	ledger, err := accounts.Open(ctx, accounts.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := ledger.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	if file, err := os.Create(filepath.Join(dir, "probe")); err == nil {
		_ = file.Close()
		t.Skip("this user writes where nobody may")
	}
	if found, err := accounts.CheckFile(ctx, path); err != nil || len(found) > 0 {
		t.Errorf("CheckFile = %v, %v, want nothing wrong", found, err)
	}
}
