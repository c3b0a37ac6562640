package api_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

const (
	libraryPage = "../docs/reference/library.md"
	// pageBegins is where the written part of the page ends.
	pageBegins = "<!-- The rest is written by go test ./api -run LibraryPage -update. -->\n"
)

// TestLibraryPage holds the page of the library in step with the library.
func TestLibraryPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(libraryPage)
	if err != nil {
		t.Fatal(err)
	}
	written, _, found := strings.Cut(string(text), pageBegins)
	if !found {
		t.Fatalf("%s has no line %s", libraryPage, pageBegins)
	}
	all, err := document.Library()
	if err != nil {
		t.Fatal(err)
	}
	want := written + pageBegins + libraryTables(all)
	if *update {
		if err := os.WriteFile(libraryPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("the library changed; run go test ./api -run LibraryPage -update "+
			"(-want +got):\n%s", diff)
	}
}

// libraryTables has a table for each part.
func libraryTables(all []scenarios.LibraryScenario) string {
	var page strings.Builder
	for _, part := range scenarios.LibraryParts() {
		fmt.Fprintf(&page, "\n## %s\n\n| name, parameters | what it provokes | money | "+
			"whom it broke |\n|---|---|---|---|\n", part)
		for i := range all {
			if all[i].Part == part {
				fmt.Fprintf(&page, "| `%s`%s | %s | %s | %s |\n", all[i].Name,
					libraryParameters(&all[i]), all[i].Provokes, all[i].Money, brokenBy(&all[i]))
			}
		}
	}
	return page.String()
}

func libraryParameters(entry *scenarios.LibraryScenario) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(entry.With)) {
		fmt.Fprintf(&text, "<br>`%s`", name)
		if value := entry.With[name].Default; value != "" {
			fmt.Fprintf(&text, " (%s)", value)
		}
		text.WriteString(": " + entry.With[name].Means)
	}
	return text.String()
}

func brokenBy(entry *scenarios.LibraryScenario) string {
	if entry.Broke == "" {
		return "No known client."
	}
	return entry.Broke
}

func TestLibraryOverREST(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	list := s.want(t, http.StatusOK, "GET", "/v1/library", "")
	for _, name := range scenarios.LibraryNames() {
		if !strings.Contains(list.text, `"name":"`+name+`"`) {
			t.Errorf("GET /v1/library does not list %s", name)
		}
	}
	got := s.want(t, http.StatusNotFound, "GET", "/v1/library/too-buzy", "")
	if !strings.Contains(got.text, `did you mean \"too-busy\"?`) {
		t.Errorf("an unknown name is answered %s", got.text)
	}
	s.want(t, http.StatusCreated, "PUT", "/v1/scenarios/x",
		`{"use": "last-units", "with": {"grant": "90s"}, "subscriber": "15550100"}`)
	shown := s.want(t, http.StatusOK, "GET", "/v1/scenarios/x", "")
	// What GET shows can be put again.
	s.want(t, http.StatusOK, "PUT", "/v1/scenarios/x", shown.text)
	again := s.want(t, http.StatusOK, "GET", "/v1/scenarios/x", "")
	if diff := cmp.Diff(shown.text, again.text); diff != "" {
		t.Errorf("put again (-want +got):\n%s", diff)
	}
	wrong := s.want(t, http.StatusUnprocessableEntity, "PUT", "/v1/scenarios/y",
		"use: last-units\nwith:\n  grant: plenty\n")
	if !strings.Contains(wrong.text, `"line":3,"column":10`) {
		t.Errorf("a wrong parameter is answered %s", wrong.text)
	}
}
