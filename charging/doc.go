// Package charging holds the words of online charging, and the ports between the rooms.
//
// The words are Request, Answer, Quantity, Result, Session, Conditions and Reason. The ports are
// declared here because the online charging function, package charging/ocf, needs them: a Ledger
// keeps (package accounts, the ABMF of 3GPP TS 32.296), Tariffs price (package rating, the RF), a
// Script decides on purpose and a Recorder watches (package scenarios). Whoever answers is a
// Charger: the function, and the Gy client of package diameter.
//
// It imports none of its neighbours. Package charging/conversation plays text files of requests
// and answers against any Charger.
package charging
