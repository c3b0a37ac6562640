// Package api is the REST door: the control API over accounts, plans, scenarios, sessions, clock
// and journal, charging over REST, and the pages that explain all of it.
//
// A handler reads a body with package document, which places every fault, calls one method of the
// ledger, the scenarios or the journal, and writes a shape of package resource. Errors go up as
// they are; problem.go alone knows which HTTP status a kind of error has. The OpenAPI description
// is made of the same declarations that route the requests, so it cannot be out of date.
//
// Charges come through POST /v1/charges: the body becomes a charging.Request, the same Charger
// answers it that answers Diameter, and the Recorder sees both ways. So a conversation behaves the
// same at this door as at Gy.
//
// The package sees accounts, rating and scenarios; the root package puts them together and listens.
package api
