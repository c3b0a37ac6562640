package ocssim_test

import (
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/ocs-sim/ocs-sim"

// heart bounds the lines of package charging, which holds the words, and of charging/ocf, the
// charging function, tests aside: neither is where things go that fit nowhere else.
func heart() map[string]int { return map[string]int{"charging": 3000, "charging/ocf": 4000} }

// rooms are the directories of the module and those that each may import; "" is the root package.
// A room's own subdirectories belong to it, unless they are rooms themselves.
func rooms() map[string][]string {
	below := []string{
		"charging", "charging/ocf", "charging/conversation", "charging/summons", "charging/findings",
		"rating", "accounts", "scenarios", "diameter",
	}
	return map[string][]string{
		"charging":              {},
		"charging/ocf":          {"charging"},
		"charging/conversation": {"charging"},
		"charging/summons":      {"charging"},
		"charging/findings":     {"charging"},
		"rating":                {"charging"},
		"accounts":              {"charging"},
		"scenarios":             {"charging", "charging/findings"},
		"diameter":              {"charging", "charging/findings"},
		"api":                   below,
		"":                      append(slices.Clone(below), "api"),
		"ocstest":               append(slices.Clone(below), "api", ""),
		"cmd":                   append(slices.Clone(below), "api", "", "ocstest"),
	}
}

// A goPackage is what go list tells of a package.
type goPackage struct {
	ImportPath, Dir, Doc string
	Imports, GoFiles     []string
}

// packages lists the module's packages.
func packages(t *testing.T) []goPackage {
	t.Helper()
	fields := "-json=ImportPath,Dir,Doc,Imports,GoFiles"
	out, err := exec.Command("go", "list", fields, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := decoder.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		all = append(all, p)
	}
}

// roomOf finds the room of an import path: the longest that holds it.
func roomOf(path string) (room string, ours, known bool) {
	if path != module && !strings.HasPrefix(path, module+"/") {
		return "", false, false
	}
	inside := strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
	for room = inside; room != "."; room = filepath.ToSlash(filepath.Dir(room)) {
		if _, known = rooms()[room]; known {
			return room, true, true
		}
	}
	return inside, true, false
}

func TestImportPicture(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		room, _, known := roomOf(p.ImportPath)
		if !known {
			t.Errorf("package %s stands in no room of the import picture", p.ImportPath)
			continue
		}
		for _, path := range p.Imports {
			other, ours, _ := roomOf(path)
			if ours && other != room && !slices.Contains(rooms()[room], other) {
				t.Errorf("%s imports %s; package %q may import of ours only %q",
					p.ImportPath, path, room, rooms()[room])
			}
		}
	}
}

func TestHeartStaysSmall(t *testing.T) {
	t.Parallel()
	lines := map[string]int{"charging": 0, "charging/ocf": 0}
	for _, p := range packages(t) {
		room, _, _ := roomOf(p.ImportPath)
		if _, counted := lines[room]; !counted {
			continue
		}
		for _, file := range p.GoFiles {
			source, err := readSource(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			lines[room] += len(source.lines)
		}
	}
	for room, count := range lines {
		if most := heart()[room] - 1; count == 0 || count > most {
			t.Errorf("package %s has %d lines without tests, want 1 to %d", room, count, most)
		}
	}
}
