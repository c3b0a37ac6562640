package ocssim

import (
	_ "github.com/bojanz/currency"
	_ "github.com/danielgtaylor/huma/v2"
	_ "github.com/danielgtaylor/huma/v2/adapters/humachi"
	_ "github.com/danielgtaylor/huma/v2/humatest"
	_ "github.com/fiorix/go-diameter/v4/diam"
	_ "github.com/fiorix/go-diameter/v4/diam/dict"
	_ "github.com/go-chi/chi/v5"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/rs/zerolog"
	_ "github.com/spf13/cobra"
	_ "go.yaml.in/yaml/v4"
	_ "modernc.org/sqlite"
	_ "pgregory.net/rapid"
)
