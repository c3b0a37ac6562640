// Package resource holds the shapes of the control API: what its bodies look like as JSON.
//
// Package api serves them and package client reads them, so that both mean the same. A Charge is a
// charging request as REST writes it and an Answer its answer; both convert to the words of
// package charging and back without loss, which is what lets one conversation run at every door.
// Quantities are texts as people write them, "10.00 EUR" or "300s"; keys that say nothing are left
// out.
package resource
