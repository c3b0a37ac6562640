package accounts

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// databaseFile is the file behind a ledger, with the lock that keeps a second server out.
type databaseFile struct {
	path      string // absolute, without symbolic links
	temporary string // directory to delete; empty: none
	locks     []*os.File
}

// claimFile finds the file and locks it. The lock goes by the file, not by the name under which it
// was found: the lock file stands beside what symbolic links lead to, and the database itself is
// locked too, for the sake of other links.
func claimFile(path string) (*databaseFile, error) {
	if path == "" {
		dir, err := os.MkdirTemp("", "ocs-sim-")
		if err != nil {
			return nil, fmt.Errorf("make a temporary database: %w", err)
		}
		return &databaseFile{path: filepath.Join(dir, "ledger.db"), temporary: dir}, nil
	}
	resolved, err := resolve(path)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	// What is not ours stays untouched, without a lock file beside it.
	if err := inspect(resolved); err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	f := &databaseFile{path: resolved}
	if err := f.lock(); err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, errors.Join(err, f.close()))
	}
	return f, nil
}

func (f *databaseFile) lock() error {
	holder, err := os.OpenFile(f.path+".lock", os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	f.locks = append(f.locks, holder)
	if err := lockFile(holder); err != nil {
		return inUse(holder, err)
	}
	if err := holder.Truncate(0); err == nil {
		_, err = fmt.Fprintf(holder, "%d\n", os.Getpid())
		if err != nil {
			return err
		}
	}
	// SQLite's own locks are of another kind (fcntl), which closing this file would drop: it stays
	// open until SQLite is done.
	database, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	f.locks = append(f.locks, database)
	if err := lockFile(database); err != nil {
		return inUse(nil, err)
	}
	return nil
}

// inUse says who has the lock, as the lock file tells; without one, nobody knows.
func inUse(holder *os.File, err error) error {
	if !errors.Is(err, errLocked) {
		return err
	}
	who := "another process"
	if holder == nil {
		return fmt.Errorf("it is in use by %s; stop that one, or give another file", who)
	}
	if text, err := io.ReadAll(io.NewSectionReader(holder, 0, 20)); err == nil && len(text) > 1 {
		who = "process " + string(text[:len(text)-1])
	}
	return fmt.Errorf("it is in use by %s; stop that one, or give another file", who)
}

// close gives the locks back, and deletes a temporary database.
func (f *databaseFile) close() error {
	var errs []error
	for _, file := range f.locks {
		errs = append(errs, unlockFile(file), file.Close())
	}
	if f.temporary != "" {
		errs = append(errs, os.RemoveAll(f.temporary))
	}
	return errors.Join(errs...)
}

// resolve follows symbolic links, also to a file that is not there yet.
func resolve(path string) (string, error) {
	const maxLinks = 40 // as Linux has it
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for range maxLinks {
		dir, err := filepath.EvalSymlinks(filepath.Dir(absolute))
		if err != nil {
			return "", err
		}
		absolute = filepath.Join(dir, filepath.Base(absolute))
		target, err := os.Readlink(absolute)
		if err != nil {
			return absolute, nil // no link, or nothing there
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(dir, target)
		}
		absolute = target
	}
	return "", errors.New("too many symbolic links")
}
