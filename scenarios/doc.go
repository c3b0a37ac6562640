// Package scenarios says what is answered on purpose, and keeps what was asked.
//
// A tester writes a scenario: a list of rules, each of them a `when` and a verb. The Set holds the
// scenarios and is the charging.Script that the charging function asks before it charges. Scenarios
// are tried by priority, lower first, then the newest first; the rules of one stand in the order of
// its document. The first rule that matches and is not used up acts, and nobody else is asked: pass
// charges as usual, limit bounds the grant before charging, answer gives a result of its own
// instead, and fault says how the answer goes out. A repeated request gets its old answer and never
// comes here, so it uses no rule up.
//
// The Journal is the charging.Recorder: a bounded ring of exchanges, one question and its answer
// each, filled while charging at the price of a few copies and rendered only when somebody reads.
// Observations, which testers tell, stand among them. A Verification asks whether what is there is
// what should be; it reads each record as a rule would have read the request.
//
// The package knows package charging only. Package api carries its documents and views, the root
// package hands a Set to the charging function and a Journal to the doors.
package scenarios
