package api_test

import (
	"testing"

	"github.com/ocs-sim/ocs-sim/api"
)

// BenchmarkNew is a part of every start.
func BenchmarkNew(b *testing.B) {
	var options api.Options
	start(b, "{}", func(o *api.Options) { options = *o })
	for b.Loop() {
		api.New(options)
	}
}
