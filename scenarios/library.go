package scenarios

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
)

// library holds the built-in scenarios, one file each, named as the scenario is. They are read when
// somebody asks for one and not before, so that they cost nothing at start.
//
//go:embed library/*.yaml
var library embed.FS

const (
	libraryFolder = "library"
	libraryEnding = ".yaml"
)

// LibraryNames are the names of the built-in scenarios, sorted.
func LibraryNames() []string {
	files, err := fs.ReadDir(library, libraryFolder)
	if err != nil {
		return nil // there is no such folder: nothing is embedded
	}
	names := make([]string, 0, len(files))
	for _, file := range files {
		names = append(names, strings.TrimSuffix(file.Name(), libraryEnding))
	}
	slices.Sort(names)
	return names
}

// LibraryParts are the chapters of the library, in the order in which to read them.
func LibraryParts() []string {
	return []string{
		"Starting", "Joining and leaving", "Changing the media", "Granting",
		"When the server asks", "Answers that come oddly, or not", "Connections", "Errors",
		"Malformed answers",
	}
}

// LibraryText is the document of a built-in scenario, in YAML.
func LibraryText(name string) (text []byte, known bool) {
	text, err := library.ReadFile(libraryFolder + "/" + name + libraryEnding)
	return text, err == nil
}

// A LibraryScenario is a built-in scenario: what it is for, and the rules that `use` puts.
type LibraryScenario struct {
	Name string `yaml:"name" json:"name"`
	// Part is the chapter of the library.
	Part string `yaml:"part" json:"part"`
	// Provokes, Money and Broke are a sentence each: what the client has to cope with, what the
	// ledger does, and which real client has not coped; empty: none is known.
	Provokes string `yaml:"provokes" json:"provokes"`
	Money    string `yaml:"money" json:"money"`
	Broke    string `yaml:"broke,omitempty" json:"broke,omitempty"`
	// With are its parameters.
	With map[string]Parameter `yaml:"with,omitempty" json:"with,omitempty"`
	// Rules are as they are put where no parameter is given.
	Rules []Rule `yaml:"rules" json:"rules"`
}

// A Parameter is what may be said of a built-in scenario under `with`.
type Parameter struct {
	Means string `yaml:"means" json:"means"`
	// Default stands where nothing is said; empty: the key that it would fill is left out.
	Default Value `yaml:"default,omitempty" json:"default,omitempty"`
}
