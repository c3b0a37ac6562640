// Package charging holds the words of online charging and the online charging function itself.
//
// The words are Request, Answer, Quantity, Result, Session, Conditions and Reason. The function
// is the OCF of 3GPP TS 32.296: it settles what was used at the conditions of its grant, releases
// the rest, prices what comes next and reserves it, all of a request in one unit of work.
//
// It imports none of its neighbours and declares what it needs of them as ports: a Ledger keeps
// (package accounts, the ABMF), Tariffs price (package rating, the RF), a Script decides on purpose
// and a Recorder watches (package scenarios). Whoever answers is a Charger: the Function here, and
// the Gy client of package diameter.
package charging
