package accounts

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// Open opens the ledger in a file, or makes one. It fails, and leaves the file as it is, where that
// is in use by another process, is not a database of ours, or was written by a later version.
func Open(ctx context.Context, o Options) (*Ledger, error) {
	o = o.withDefaults()
	file, err := claimFile(o.Path)
	if err != nil {
		return nil, err
	}
	l, err := openFile(ctx, o, file)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", file.path, errors.Join(err, file.close()))
	}
	return l, nil
}

func openFile(ctx context.Context, o Options, file *databaseFile) (*Ledger, error) {
	synchronous := "synchronous(FULL)"
	if file.temporary != "" {
		synchronous = "synchronous(OFF)"
	}
	source := dataSource(file.path, false, synchronous, "wal_autocheckpoint(0)", "cache_size(-16000)")
	s, err := openStore(ctx, source)
	if err != nil {
		return nil, plain(err)
	}
	l := &Ledger{
		options: o, file: file, store: s, waiting: &batch{}, writing: &batch{},
		wake: make(chan struct{}, 1), quit: make(chan struct{}),
		dueChanged: make(chan struct{}, 1), finished: make(chan struct{}),
		walLimit: defaultWALLimit, slice: sweepSlice,
	}
	if err := l.load(ctx); err != nil {
		return nil, errors.Join(plain(err), s.close())
	}
	if l.readers, err = openReaders(ctx, file.path); err != nil {
		return nil, errors.Join(err, s.close())
	}
	l.unit.Ledger = l
	go l.commitAll()
	return l, nil
}

// plain says in our words what SQLite says of a file that is not a database.
func plain(err error) error {
	if codeOf(err) == sqliteNotADB {
		return errForeign
	}
	return err
}

// load brings the schema up to date and reads everything.
func (l *Ledger) load(ctx context.Context) error {
	s := l.store
	if err := s.establish(ctx); err != nil {
		return err
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	books, err := s.readBooks(ctx, l.options.limits())
	if err != nil {
		return err
	}
	l.books = books
	checkpoint, err := s.number(ctx, settingQuery, settingCheckpoint)
	l.sweep.finished = checkpoint
	return err
}

const settingQuery = "SELECT value FROM settings WHERE name = ?"

// establish makes an empty database ours, and refuses one that is somebody else's.
func (s *store) establish(ctx context.Context) error {
	application, err := s.number(ctx, "PRAGMA application_id")
	if err != nil {
		return err
	}
	version, err := s.number(ctx, "PRAGMA user_version")
	if err != nil {
		return err
	}
	if application == applicationID {
		return header{application: applicationID, version: uint32(version)}.admit()
	}
	tables, err := s.number(ctx, "SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return err
	}
	if tables > 0 || application != 0 {
		return errForeign
	}
	return s.create(ctx)
}

// create makes the database without waiting for the disk at each step: nothing rests on it before
// the checkpoint at the end, which is synchronous again.
func (s *store) create(ctx context.Context) error {
	synchronous, err := s.number(ctx, "PRAGMA synchronous")
	if err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	if err := s.exec(ctx, "PRAGMA synchronous(OFF); PRAGMA journal_mode(WAL)"); err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	script := fmt.Sprintf("BEGIN IMMEDIATE; %s PRAGMA application_id = %d; PRAGMA user_version = %d;",
		schema, applicationID, schemaVersion)
	if err := s.exec(ctx, script); err != nil {
		return fmt.Errorf("make the database: %w", errors.Join(err, s.exec(ctx, "ROLLBACK")))
	}
	// RFC 6733 section 8.16: Origin-State-Id grows whenever state is lost, so that a new database
	// begins with a value that an older one has not had. The wall clock gives one.
	first := []setting{
		{settingCheckpoint, 0},
		{settingCheckpointPosting, 0},
		{settingOriginStateID, time.Now().Unix()},
	}
	for _, one := range first {
		if err := s.exec(ctx, putSetting, one.name, one.value); err != nil {
			return fmt.Errorf("make the database: %w", err)
		}
	}
	if err := s.exec(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	// Version and owner are to be seen in the file itself from the beginning.
	return s.exec(ctx, fmt.Sprintf(
		"PRAGMA synchronous(%d); PRAGMA wal_checkpoint(TRUNCATE)", synchronous))
}

// settings reads all settings.
func (s *store) settings(ctx context.Context) (map[string]int64, error) {
	all := map[string]int64{}
	err := s.each(ctx, "SELECT name, value FROM settings", nil, func(row []driver.Value) error {
		name, _ := row[0].(string)
		all[name], _ = row[1].(int64)
		return nil
	})
	return all, err
}
