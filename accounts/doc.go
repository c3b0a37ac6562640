// Package accounts is the ledger: who has how much, and what happened to it. It is the account
// balance management function (ABMF) of 3GPP TS 32.296.
//
// Memory is authoritative for reading, SQLite for surviving. A unit of work changes accounts,
// sessions and reservations in memory under one lock; its entry is appended, under that same lock,
// to what the one committer writes next. The committer puts all that waits into one transaction,
// with synchronous=FULL, and only then tells the requesters. So the order of the log is the order
// in which things happened, and no answer leaves before the commit that holds its effects.
//
// The log is a row for each entry, with after-images of what it touched, and a row for each
// posting. Rows of accounts and sessions are checkpoints: they are written a slice at a time, and
// each says which entry it contains. Opening a database reads these rows and applies the images of
// later entries; nothing is ever rated again. docs/decisions/ledger.md says why, and what it costs.
//
// The package knows the words and ports of package charging, and none of its neighbours.
package accounts
