package document_test

import (
	"os"
	"strings"
	"testing"

	"github.com/ocs-sim/ocs-sim/api/document"
)

// TestTheReferenceTellsTheTruth decodes every example of the reference.
func TestTheReferenceTellsTheTruth(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/reference/documents.md")
	if err != nil {
		t.Fatal(err)
	}
	faults, decoded := "", 0
	for _, block := range strings.Split(string(page), "\n```")[1:] {
		kind, text, _ := strings.Cut(block, "\n")
		switch kind {
		case "text":
			faults = text
		case "yaml", "json":
			decoded++
			if _, err := document.Decode("documents.md", []byte(text)); err != nil {
				t.Errorf("%v in\n%s", err, text)
			}
		case "yaml faulty":
			_, err := document.Decode("seed.yaml", []byte(text))
			if err == nil || err.Error() != strings.TrimSpace(faults) {
				t.Errorf("the faulty example gives\n%v\nwant\n%s", err, faults)
			}
			faults = ""
		}
	}
	if decoded < 5 || faults != "" {
		t.Errorf("%d examples were decoded, want at least 5 and the faulty one", decoded)
	}
}
