// Package capture writes messages as files that packet analysers open.
//
// A Writer takes whole Diameter messages, which have no packets any more, and makes packets for
// them: one TCP connection for each client, with addresses that stand for names. The package knows
// of Diameter only where a message ends, and nothing of charging; package api tells it what to
// write from the journal.
package capture
