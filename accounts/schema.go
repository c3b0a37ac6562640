package accounts

// schemaVersion is PRAGMA user_version of the databases that this version writes and reads.
const schemaVersion = 1

// applicationID is PRAGMA application_id of our databases: "OCSs" in ASCII.
const applicationID = 0x4f435373

// schema makes an empty database ours. Amounts are whole numbers: seconds, octets, events, or
// millionths of a currency; times are microseconds since 1970, UTC. No table has an index on a key
// that comes at random, since keeping one costs more than all else together.
const schema = `
-- The log: one row for each unit of work. effects has after-images of all that it touched, held
-- the reservations it opened, freed those it ended. A session's number is that of the entry which
-- began it; that entry has its Session-Id.
CREATE TABLE entries (
	number      INTEGER PRIMARY KEY,
	at          INTEGER NOT NULL,
	kind        TEXT NOT NULL,
	account     INTEGER,
	session     INTEGER,
	session_id  TEXT,
	sub_session INTEGER,
	request     INTEGER,
	fingerprint INTEGER,
	end_to_end  INTEGER,
	previous    INTEGER,
	answer      BLOB,
	effects     BLOB,
	held        TEXT,
	freed       TEXT
) STRICT;

-- previous is the posting before of the same account.
CREATE TABLE postings (
	id        INTEGER PRIMARY KEY,
	entry     INTEGER NOT NULL,
	previous  INTEGER NOT NULL,
	account   INTEGER NOT NULL,
	balance   TEXT NOT NULL,
	amount    INTEGER NOT NULL,
	unit      TEXT NOT NULL,
	after     INTEGER NOT NULL,
	against   TEXT NOT NULL,
	session   INTEGER,
	request   INTEGER,
	reference TEXT,
	reason    TEXT NOT NULL
) STRICT;

-- Checkpoints: each row is as of its entry. See the views for what holds now.
CREATE TABLE accounts (
	number      INTEGER PRIMARY KEY,
	entry       INTEGER NOT NULL,
	id          TEXT NOT NULL,
	status      TEXT NOT NULL,
	plan        TEXT NOT NULL,
	subscribers TEXT NOT NULL,
	balances    TEXT NOT NULL,
	image       BLOB NOT NULL
) STRICT;

CREATE TABLE sessions (
	number  INTEGER PRIMARY KEY,
	entry   INTEGER NOT NULL,
	id      TEXT NOT NULL,
	sub     INTEGER NOT NULL,
	account TEXT NOT NULL,
	state   TEXT NOT NULL,
	held    TEXT,
	image   BLOB NOT NULL
) STRICT;

CREATE TABLE plans (
	name    TEXT NOT NULL,
	version INTEGER NOT NULL,
	source  TEXT NOT NULL,
	deleted INTEGER NOT NULL,
	PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
	name  TEXT PRIMARY KEY,
	value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every open reservation, one row for each balance it draws on. All that opened or ended after the
-- checkpoint is in the log; what was open before is in the rows of sessions.
CREATE VIEW reservations_now AS
WITH since(entry) AS (SELECT value FROM settings WHERE name = 'checkpoint'),
freed(id) AS (
	SELECT CAST(f.key AS INTEGER) FROM since, entries e, json_each(e.freed) f
	WHERE e.number > since.entry AND e.freed IS NOT NULL
),
held(id, hold) AS (
	SELECT h.value ->> 'id', h.value FROM sessions s, json_each(s.held) h
	WHERE s.held IS NOT NULL
	UNION
	SELECT h.value ->> 'id', h.value FROM since, entries e, json_each(e.held) h
	WHERE e.number > since.entry AND e.held IS NOT NULL
)
SELECT
	held.id AS reservation,
	a.id AS account,
	a.number AS account_number,
	e.session_id AS session,
	hold ->> 'rating_group' AS rating_group,
	hold ->> 'services' AS services,
	d.value ->> 'balance' AS balance,
	d.value ->> 'amount' AS amount,
	d.value ->> 'unit' AS unit,
	hold ->> 'at' AS at
FROM held
JOIN accounts a ON a.number = hold ->> 'account'
LEFT JOIN entries e ON e.number = hold ->> 'session'
JOIN json_each(hold, '$.draws') d
WHERE held.id NOT IN (SELECT id FROM freed);

-- Every balance: the row, and the postings since the row's entry.
CREATE VIEW balances_now AS
WITH late(account, balance, amount) AS (
	SELECT p.account, p.balance, sum(p.amount)
	FROM settings s JOIN postings p ON p.id > s.value JOIN accounts a ON a.number = p.account
	WHERE s.name = 'checkpoint_posting' AND p.entry > a.entry
	GROUP BY p.account, p.balance
),
reserved(account, balance, amount) AS (
	SELECT account_number, balance, sum(amount) FROM reservations_now
	GROUP BY account_number, balance
)
SELECT
	a.id AS account,
	a.status AS status,
	b.value ->> 'id' AS balance,
	b.value ->> 'unit' AS unit,
	(b.value ->> 'amount') + coalesce(l.amount, 0) AS amount,
	coalesce(r.amount, 0) AS reserved,
	(b.value ->> 'amount') + coalesce(l.amount, 0) + (b.value ->> 'credit_limit')
		- coalesce(r.amount, 0) AS available,
	b.value ->> 'credit_limit' AS credit_limit,
	b.value ->> 'priority' AS priority,
	b.value ->> 'valid_from' AS valid_from,
	b.value ->> 'valid_until' AS valid_until
FROM accounts a
JOIN json_each(a.balances) b
LEFT JOIN late l ON l.account = a.number AND l.balance = b.value ->> 'id'
LEFT JOIN reserved r ON r.account = a.number AND r.balance = b.value ->> 'id';

-- The postings as people read them.
CREATE VIEW statement AS
SELECT
	p.id AS posting,
	strftime('%Y-%m-%dT%H:%M:%SZ', e.at / 1000000, 'unixepoch') AS at,
	e.kind AS kind,
	a.id AS account,
	p.balance AS balance,
	p.amount AS amount,
	p.unit AS unit,
	p.after AS after,
	p.against AS against,
	b.session_id AS session,
	p.request AS request,
	p.reference AS reference,
	p.reason AS reason
FROM postings p
JOIN entries e ON e.number = p.entry
LEFT JOIN accounts a ON a.number = p.account
LEFT JOIN entries b ON b.number = p.session;
`

// The statements that run all the time. Entries, rows and settings are only ever written by these.
const (
	insertEntry = `INSERT INTO entries (number, at, kind, account, session, session_id, sub_session,
		request, fingerprint, end_to_end, previous, answer, effects, held, freed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	insertPosting = `INSERT INTO postings (id, entry, previous, account, balance, amount, unit, after,
		against, session, request, reference, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	putAccountRow = `INSERT OR REPLACE INTO accounts (number, entry, id, status, plan, subscribers,
		balances, image) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	putSessionRow = `INSERT OR REPLACE INTO sessions (number, entry, id, sub, account, state, held,
		image) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	deleteAccountRow = `DELETE FROM accounts WHERE number = ?`
	deleteSessionRow = `DELETE FROM sessions WHERE number = ?`
	putSetting       = `INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)`
	putPlanRow       = `INSERT OR REPLACE INTO plans (name, version, source, deleted)
		VALUES (?, ?, ?, ?)`
)
