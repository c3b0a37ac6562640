// Package capture writes messages as files that packet analysers open, and reads messages of such
// files.
//
// A Writer takes whole Diameter messages, which have no packets any more, and makes packets for
// them: one TCP connection for each client, with addresses that stand for names. Read goes the
// other way: it takes packets apart, puts streams in order and cuts them into Frames, and tells in
// Notes what it left out. The package knows of Diameter only where a message begins and ends and
// who it is from, and nothing of charging; package api tells it what to write from the journal.
package capture
