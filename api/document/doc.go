// Package document reads what people write: the seed document with its plans, accounts and
// scenarios, and the single plans, accounts and other bodies that the control API takes.
//
// YAML and JSON are told apart by content. A Source is a written document with the place of
// everything in it. It decodes strictly, a key nobody knows is a fault, and it finds all faults at
// once, each with its line and column; what package rating or scenarios finds wrong with the
// meaning of a plan or scenario gets its place here too. A Document is a decoded seed, ready to be
// handed to the ledger of package accounts and to a set of package scenarios.
package document
