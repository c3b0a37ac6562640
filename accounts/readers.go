package accounts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// maxReaders is how many connections read beside the one that writes.
const maxReaders = 4

// readers read what is committed: answers that are not in memory, statements.
type readers struct {
	pool *sql.DB
	one  *sql.Stmt // an entry's answer
}

const selectAnswer = `SELECT request, end_to_end, fingerprint, previous, answer FROM entries
	WHERE number = ? AND answer IS NOT NULL`

func openReaders(ctx context.Context, path string) (*readers, error) {
	pool, err := sql.Open("sqlite", dataSource(path, true))
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(maxReaders)
	one, err := pool.PrepareContext(ctx, selectAnswer)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return &readers{pool, one}, nil
}

func (r *readers) close() error { return errors.Join(r.one.Close(), r.pool.Close()) }

// answer reads the answer that an entry holds.
func (r *readers) answer(entry int64) (answerRow, error) {
	row := answerRow{answered: answered{entry: entry}}
	var fingerprint int64
	var previous sql.NullInt64
	err := r.one.QueryRow(entry).
		Scan(&row.number, &row.endToEnd, &fingerprint, &previous, &row.answer)
	if err != nil {
		return row, fmt.Errorf("read the answer of entry %d: %w", entry, err)
	}
	row.fingerprint, row.previous = uint64(fingerprint), previous.Int64
	return row, nil
}

// selectPostings follows the chain of an account's postings back from its head to one posting.
const selectPostings = `
WITH RECURSIVE chain(id) AS (
	SELECT ?1 WHERE ?1 > ?2
	UNION ALL
	SELECT p.previous FROM chain JOIN postings p ON p.id = chain.id WHERE p.previous > ?2
)
SELECT p.id, p.entry, e.at, p.balance, p.amount, p.unit, p.after, p.against,
	coalesce(p.reference, ''), coalesce(b.session_id, ''), coalesce(p.request, 0), p.reason
FROM chain
JOIN postings p ON p.id = chain.id
JOIN entries e ON e.number = p.entry
LEFT JOIN entries b ON b.number = p.session
ORDER BY p.id LIMIT ?3`

func (r *readers) postings(
	ctx context.Context, account string, head, after int64, limit int,
) (items []Posting, err error) {
	rows, err := r.pool.QueryContext(ctx, selectPostings, head, after, limit)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		p := Posting{Account: account}
		var at int64
		var reason string
		if err := rows.Scan(&p.ID, &p.Entry, &at, &p.Balance, &p.Amount.Amount, &p.Amount.Unit,
			&p.After, &p.Against, &p.Reference, &p.Session, &p.Number, &reason); err != nil {
			return nil, err
		}
		p.At = time.UnixMicro(at).UTC()
		if p.Reason, err = parseReason(reason); err != nil {
			return nil, err
		}
		items = append(items, p)
	}
	return items, rows.Err()
}

// pageLimit bounds how many rows a list answers at once.
func pageLimit(limit int) int {
	if limit <= 0 || limit > maxPage {
		return maxPage
	}
	return limit
}

// maxPage is how many rows one hold of the lock lists at most.
const maxPage = 1000
