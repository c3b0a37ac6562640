package api_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestTheReferenceTellsTheTruth runs every example of the reference, in its order.
func TestTheReferenceTellsTheTruth(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/reference/rest.md")
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, "{}", nil)
	blocks := strings.Split(string(page), "```http\n")[1:]
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		request, answer, found := strings.Cut(block, "\nHTTP/1.1 ")
		if !found {
			t.Errorf("no answer in the example\n%s", block)
			continue
		}
		line, body, _ := strings.Cut(request, "\n\n")
		method, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		statusText, wantText, _ := strings.Cut(answer, "\n")
		status, err := strconv.Atoi(statusText)
		if err != nil {
			t.Fatalf("status %q in the example\n%s", statusText, block)
		}
		got := s.want(t, status, method, path, body)
		var want any
		if err := json.Unmarshal([]byte(wantText), &want); err != nil {
			t.Fatalf("%v in the answer of\n%s", err, block)
		}
		for _, difference := range missing("", want, got.body) {
			t.Errorf("%s %s: %s in %s", method, path, difference, got.text)
		}
	}
	if len(blocks) < 20 {
		t.Errorf("%d examples, want at least 20", len(blocks))
	}
}

// missing says what of a value is not in another: keys that are not wanted may be there.
func missing(path string, want, got any) []string {
	switch want := want.(type) {
	case map[string]any:
		object, _ := got.(map[string]any)
		var all []string
		for key, value := range want {
			all = append(all, missing(path+"."+key, value, object[key])...)
		}
		return all
	case []any:
		list, _ := got.([]any)
		if len(list) != len(want) {
			return []string{fmt.Sprintf("%s has %d items, want %d", path, len(list), len(want))}
		}
		var all []string
		for i := range want {
			all = append(all, missing(fmt.Sprintf("%s[%d]", path, i), want[i], list[i])...)
		}
		return all
	}
	if want != got {
		return []string{fmt.Sprintf("%s = %v, want %v", path, got, want)}
	}
	return nil
}
