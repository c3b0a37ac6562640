// Package recording makes something of traffic that somebody captured: a conversation of its
// requests and answers, with a seed by which the simulator answers as the captured server did, and
// findings on both sides.
//
// Import pairs requests with answers, writes each request with the words of a conversation and
// whatever of it no word can say as words of the wire, and guesses a plan from what was granted and
// charged. Then it rehearses: the conversation is played against a fresh simulator, and each answer
// that comes out otherwise gets a rule of a scenario, until none does.
//
// Judge says what is wrong, on both sides, by the catalogue in package findings. Package diameter
// inspects messages, package scenarios follows clients' sessions as it does those of a running
// server, and this package finds out what belongs to what, and follows servers.
//
// What is read from files comes from package diameter/capture. The package starts no simulator;
// whoever calls it hands over how to rehearse.
package recording
