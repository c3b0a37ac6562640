//go:build !race

package ocssim_test

// jobs is how many test jobs share one process.
const jobs = 200
