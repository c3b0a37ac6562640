// Package ocf is the online charging function of 3GPP TS 32.296: the Charger that answers from a
// ledger, tariffs and a script.
//
// One request is one unit of work (type charge). It asks in this order: was this key answered
// before; which session and account is it; what does the script want; what is to be settled at
// the conditions of the grant; what can be granted at the conditions of now. Then it remembers
// the answer, and replies once that is on disk.
//
// It knows package charging, whose words and ports it uses, and nothing else of ours.
package ocf
