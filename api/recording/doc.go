// Package recording makes something of traffic that somebody captured: a conversation of its
// requests and answers, with a seed by which the simulator answers as the captured server did, and
// findings on both sides.
//
// What is read from files comes from package diameter/capture. Every walk of a capture begins in
// traffic.go, which sorts the messages by connections and finds the client of each, and in pair.go,
// which finds the request of each answer and the hops of what agents passed on.
//
// Import takes from there the exchanges (exchange.go) and drafts them as a conversation (draft.go):
// each request in the words of a conversation and whatever of it no word can say as words of the
// wire (request.go, compose.go), a dictionary for what nobody knows (learn.go), and a seed
// (seed.go) with a plan that is guessed from what was granted and charged (tariff.go). Then it
// rehearses (import.go): the conversation is played against a fresh simulator, and each answer that
// comes out otherwise gets a rule of a scenario (script.go), until none does. The package starts no
// simulator; whoever calls it hands over how to rehearse.
//
// Judge says what is wrong, on both sides, by the catalogue in package findings. Package diameter
// inspects messages; this package finds fault with what belongs together (judge_servers.go) and
// with what servers make of sessions (judge_courses.go). Package scenarios follows clients'
// sessions as it does those of a running server; judge_clients.go tells it what the capture has.
//
// Anonymize makes up other subscribers and hosts before any of that.
package recording
