//go:build race

package ocssim_test

// jobs is how many test jobs share one process; the race detector takes ten times as long for each.
const jobs = 50
