package accounts

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"modernc.org/sqlite"
)

// SQLite's result codes that matter here (https://www.sqlite.org/rescode.html).
const (
	sqliteReadOnly = 8
	sqliteFull     = 13
	sqliteNotADB   = 26
)

// store is the one connection that writes. It is pinned, and its statements are prepared once and
// called through the driver: database/sql would cost half as much again for each row. Only one
// goroutine uses it at a time: first the opener, then the committer.
type store struct {
	pool *sql.DB
	pin  *sql.Conn
	raw  driver.Conn
	hot  hotStatements
	args []driver.NamedValue

	entries, postings rows
}

// rowsAtOnce is how many rows go into the log by one statement: what a statement costs besides its
// values is as much as the values do.
const rowsAtOnce = 8

// rows gathers rows of one table for a statement that inserts several.
type rows struct {
	one, many driver.StmtExecContext
	width     int
	args      []driver.NamedValue
}

// add takes a row, and runs the statement once there are enough.
func (r *rows) add(values ...any) error {
	for _, value := range values {
		r.args = append(r.args, driver.NamedValue{Ordinal: len(r.args) + 1, Value: value})
	}
	if r.width = len(values); len(r.args) < rowsAtOnce*r.width {
		return nil
	}
	_, err := r.many.ExecContext(context.Background(), r.args)
	r.args = r.args[:0]
	return err
}

// flush writes the rows that are left, one by one.
func (r *rows) flush() error {
	defer func() { r.args = r.args[:0] }()
	for from := 0; from < len(r.args); from += r.width {
		row := r.args[from : from+r.width]
		for i := range row {
			row[i].Ordinal = i + 1
		}
		if _, err := r.one.ExecContext(context.Background(), row); err != nil {
			return err
		}
	}
	return nil
}

type hotStatements struct {
	begin, commit, rollback         driver.StmtExecContext
	entry, posting                  driver.StmtExecContext
	entries, postings               driver.StmtExecContext
	account, session                driver.StmtExecContext
	accountGone, sessionGone, value driver.StmtExecContext
}

// dataSource is the driver's name of a file; pragmas are like "synchronous(FULL)".
func dataSource(path string, readOnly bool, pragmas ...string) string {
	query := url.Values{"_pragma": append([]string{"busy_timeout(5000)"}, pragmas...)}
	if readOnly {
		query.Set("mode", "ro")
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String()
}

// openStore pins a connection. Opening it already reads the file.
func openStore(ctx context.Context, source string) (*store, error) {
	pool, err := sql.Open("sqlite", source)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	pin, err := pool.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	s := &store{pool: pool, pin: pin}
	// The connection stays pinned until Close, so it may be used outside of Raw.
	err = pin.Raw(func(conn any) error {
		raw, ok := conn.(driver.Conn)
		if !ok {
			return fmt.Errorf("the sqlite driver's connection is a %T", conn)
		}
		s.raw = raw
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *store) close() error {
	for _, stmt := range s.hot.all() {
		if closer, ok := (*stmt).(io.Closer); ok {
			_ = closer.Close() // It has nothing to say that closing the connection does not.
		}
	}
	return errors.Join(s.pin.Close(), s.pool.Close())
}

func (h *hotStatements) all() []*driver.StmtExecContext {
	return []*driver.StmtExecContext{
		&h.begin, &h.commit, &h.rollback, &h.entry, &h.posting, &h.entries, &h.postings,
		&h.account, &h.session, &h.accountGone, &h.sessionGone, &h.value,
	}
}

// prepare makes the statements that run all the time.
func (s *store) prepare(ctx context.Context) error {
	texts := []string{
		"BEGIN IMMEDIATE", "COMMIT", "ROLLBACK", insertEntry, insertPosting,
		severalRows(insertEntry), severalRows(insertPosting), putAccountRow, putSessionRow,
		deleteAccountRow, deleteSessionRow, putSetting,
	}
	preparer, ok := s.raw.(driver.ConnPrepareContext)
	if !ok {
		return fmt.Errorf("the sqlite driver's %T prepares nothing", s.raw)
	}
	for i, target := range s.hot.all() {
		stmt, err := preparer.PrepareContext(ctx, texts[i])
		if err != nil {
			return fmt.Errorf("prepare %q: %w", texts[i], err)
		}
		if *target, ok = stmt.(driver.StmtExecContext); !ok {
			return fmt.Errorf("the sqlite driver's %T does not run", stmt)
		}
	}
	s.entries = rows{one: s.hot.entry, many: s.hot.entries}
	s.postings = rows{one: s.hot.posting, many: s.hot.postings}
	return nil
}

// severalRows makes an INSERT of one row one of rowsAtOnce.
func severalRows(insert string) string {
	values := insert[strings.LastIndexByte(insert, '('):]
	return insert + strings.Repeat(", "+values, rowsAtOnce-1)
}

// run runs a prepared statement. Values are int64, string, []byte or nil.
func (s *store) run(stmt driver.StmtExecContext, values ...any) error {
	s.args = s.args[:0]
	for i, value := range values {
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: value})
	}
	_, err := stmt.ExecContext(context.Background(), s.args)
	return err
}

// exec runs SQL text, of one statement or several.
func (s *store) exec(ctx context.Context, text string, args ...any) error {
	execer, ok := s.raw.(driver.ExecerContext)
	if !ok {
		return fmt.Errorf("the sqlite driver's %T does not run", s.raw)
	}
	_, err := execer.ExecContext(ctx, text, named(args))
	return err
}

func named(args []any) []driver.NamedValue {
	list := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		list[i] = driver.NamedValue{Ordinal: i + 1, Value: arg}
	}
	return list
}

// each calls row for every row of a query; the values are row's to keep.
func (s *store) each(
	ctx context.Context, text string, args []any, row func([]driver.Value) error,
) (err error) {
	queryer, ok := s.raw.(driver.QueryerContext)
	if !ok {
		return fmt.Errorf("the sqlite driver's %T asks nothing", s.raw)
	}
	rows, err := queryer.QueryContext(ctx, text, named(args))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	values := make([]driver.Value, len(rows.Columns()))
	for {
		switch err := rows.Next(values); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := row(values); err != nil {
			return err
		}
	}
}

// number asks for one whole number; 0 where there is none.
func (s *store) number(ctx context.Context, text string, args ...any) (int64, error) {
	var n int64
	err := s.each(ctx, text, args, func(values []driver.Value) error {
		n, _ = values[0].(int64)
		return nil
	})
	return n, err
}

// codeOf is SQLite's primary result code of an error, 0 where it has none.
func codeOf(err error) int {
	var coded *sqlite.Error
	if errors.As(err, &coded) {
		return coded.Code() & 0xff
	}
	return 0
}
