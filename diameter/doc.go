// Package diameter is Gy on the wire, both ways: a Server for credit-control clients, whose
// requests it gives to a charging.Charger, and a Client, which is a charging.Charger itself.
//
// A CCR passes through the package like this. The guard (guard.go) cuts one frame from the stream
// and checks it before anything else looks at it; no octets whatever may crash or stall the
// process. The decoder (decode.go) reads it into a charging.Request; what is wrong with it stands
// there as a Refusal. The Charger answers when all that the answer rests on is on disk; the
// connection's writer (connection.go) encodes what is ready (encode.go) and writes it in one go. A
// Recorder is told of every frame in both directions.
//
// Everything else is the base protocol (base.go, watchdog.go) and goes through go-diameter's
// server: capabilities, watchdogs, goodbyes, and the answers to requests of our own (requests.go),
// which find their way back by the registry of peers (peers.go).
//
// The dictionary (dictionary.go) knows AVPs by vendor and code. Render draws any octets as a tree
// of AVPs for people and for the journal.
//
// The package knows charging and none of its neighbours.
package diameter
