// Package ocssim is a Charging Enabler: an online charging system for OMA SIMPLE IM and any other
// Diameter Gy/Ro client, as a simulator that tests are written against.
//
// Start puts the rooms together: a Gy door (package diameter) and a REST door (package api) before
// one online charging function (package charging/ocf), which keeps its books in a ledger (package
// accounts), prices by plans (package rating) and answers on purpose where a scenario says so
// (package scenarios). The command ocs-sim and embedding tests use the same Start.
package ocssim
