package accounts

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
		return inUse(holder, err)
	}
	return nil
}

func inUse(holder *os.File, err error) error {
	if !errors.Is(err, errLocked) {
		return err
	}
	who := "another process"
	if text, err := io.ReadAll(io.NewSectionReader(holder, 0, 20)); err == nil && len(text) > 1 {
		who = "process " + string(text[:len(text)-1])
	}
	return fmt.Errorf("it is in use by %s; stop that one, or give another file", who)
}

// close gives the locks back, and deletes a temporary database.
func (f *databaseFile) close() error {
	var errs []error
	for _, file := range f.locks {
		errs = append(errs, file.Close())
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

// inspect refuses a file that this program must not open; one that is not there is fine.
func inspect(path string) error {
	h, err := readHeader(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return h.admit()
}

// header is what the first bytes of a database say, without SQLite having touched it.
type header struct {
	empty       bool
	application uint32
	version     uint32
}

// readHeader reads the header (https://www.sqlite.org/fileformat.html section 1.3).
func readHeader(path string) (h header, err error) {
	file, err := os.Open(path)
	if err != nil {
		return h, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	data := make([]byte, 100)
	n, err := io.ReadFull(file, data)
	if n == 0 && errors.Is(err, io.EOF) {
		return header{empty: true}, nil
	}
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return h, err
	}
	if n < len(data) || string(data[:16]) != "SQLite format 3\x00" {
		return h, errForeign
	}
	return header{
		version:     binary.BigEndian.Uint32(data[60:]),
		application: binary.BigEndian.Uint32(data[68:]),
	}, nil
}

var (
	errForeign = errors.New("it is not a database of ocs-sim; give another file")
	errLocked  = errors.New("locked")
)

// admit refuses what is not ours, and what a later version wrote.
func (h header) admit() error {
	if h.empty {
		return nil
	}
	if h.application != applicationID && h.application != 0 {
		return errForeign
	}
	if h.application == applicationID && h.version > schemaVersion {
		return fmt.Errorf("its schema has version %d and this program knows up to %d; "+
			"use a later ocs-sim, it was left as it is", h.version, schemaVersion)
	}
	return nil
}
