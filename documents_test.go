package ocssim_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/ocs-sim/ocs-sim/charging/findings"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// TestDocumentsCountRight holds the numbers that documents tell against what there is.
func TestDocumentsCountRight(t *testing.T) {
	t.Parallel()
	ofClients, ofServers := 0, 0
	for _, r := range findings.Rules() {
		switch {
		case !strings.HasPrefix(r.Group, "Servers"):
			ofClients++
		case r.Side == findings.OfServers: // else it is about a capture as such
			ofServers++
		}
	}
	library, presets := len(scenarios.LibraryNames()), len(diameter.Presets())
	for path, claims := range map[string][]string{
		"README.md": {
			fmt.Sprintf("%d scenarios by name", library),
			fmt.Sprintf("malformed in %d ways", presets),
			fmt.Sprintf("%d rules ask", ofClients),
		},
		"CHANGELOG.md": {
			fmt.Sprintf("A library of %d scenarios by name", library),
			fmt.Sprintf("malformed in %d ways", presets),
			fmt.Sprintf("every request is judged by %d rules", ofClients),
			fmt.Sprintf("servers by %d rules of their own", ofServers),
			fmt.Sprintf("%d demands of the standards and %d flows of an IM Server", conformanceItems,
				conformanceFlows),
		},
		conformancePath: {
			fmt.Sprintf("%d items and the %d charging flows of an IM Server", conformanceItems,
				conformanceFlows),
		},
	} {
		text := onOneLine(t, path)
		for _, claim := range claims {
			if !strings.Contains(text, claim) {
				t.Errorf("%s does not say %q", path, claim)
			}
		}
	}
}

// TestDependenciesAreDecided has the decision name every module that go.mod asks for itself.
func TestDependenciesAreDecided(t *testing.T) {
	t.Parallel()
	const path = "docs/decisions/dependencies.md"
	page := onOneLine(t, path)
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, required, _ := strings.Cut(string(mod), "require (")
	required, _, _ = strings.Cut(required, ")")
	for line := range strings.Lines(required) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		// Pages name modules without their host and without the number of a later major version.
		name := strings.TrimPrefix(words[0], "github.com/")
		if at := strings.LastIndex(name, "/v"); at > 0 && !strings.HasPrefix(name, "go.yaml.in") {
			name = name[:at]
		}
		if !strings.Contains(page, name) {
			t.Errorf("%s does not say why there is %s", path, words[0])
		}
	}
}

// onOneLine is a document whose lines are not broken.
func onOneLine(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(text)), " ")
}
