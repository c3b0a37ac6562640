// Package summons keeps account of what the server asks of clients by itself: that a session be
// authorised anew (RAR) or end (ASR).
//
// A Register sends each summons through the Gy door, waits for its answer, and then for the CCR
// that must follow: a CCR-U after a RAR (RFC 8506 section 5.5), a CCR-T after an ASR (RFC 6733
// section 8.5). Both waits end by the wall clock, whatever the client does, and what came of it is
// reported. The package knows charging only; how a summons is sent, and how a session that its
// client does not know is ended, it is given as functions.
package summons
