//go:build unix

package ocssim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
)

// A block is one fenced example of a document.
type block struct {
	language, text string
	line           int    // of its first line
	file           string // that the line of text before it names; empty: none
}

// A page is one document.
type page struct {
	path   string
	blocks []block
	links  map[string]int // relative ones, with their lines
	heads  []string       // anchors of the headings
	demos  []string       // indented commands that begin with "go run"
}

// TestDocs does what the documents say. All sh blocks of one document run in order in one shell, in
// a directory of their own, with this ocs-sim in PATH, and a curl that fails where the server
// refuses. A yaml, json or conv block behind a line that ends with a file name in backticks and a
// colon is written to that file first. All other yaml, json and conv blocks are parsed, and "yaml
// faulty" must have a fault. What no test should look at is fenced as text.
func TestDocs(t *testing.T) {
	t.Parallel()
	tools := sync.OnceValue(func() string {
		dir := t.TempDir()
		goBuild(t, dir, "./cmd/ocs-sim")
		goBuild(t, dir, "./testdata/curl")
		return dir
	})
	all := pages(t)
	for _, p := range all {
		t.Run(p.path, func(t *testing.T) {
			t.Parallel()
			for _, b := range p.blocks {
				if err := b.parse(); err != nil {
					t.Errorf("%s:%d: %v", p.path, b.line, err)
				}
			}
			p.checkLinks(t, all)
			if script := p.script(); script != "" {
				runScript(t, p.path, tools(), script)
			}
		})
	}
}

func pages(t *testing.T) []*page {
	t.Helper()
	paths := []string{"README.md"}
	err := filepath.WalkDir("docs", func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".md" {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var all []*page
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		p := &page{path: path, links: map[string]int{}}
		if err := p.read(strings.Split(string(text), "\n")); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

const fence = "```"

var (
	namedFile = regexp.MustCompile("`([\\w.-]+\\.(?:yaml|yml|json|conv))`:$")
	link      = regexp.MustCompile(`\]\(([^):\s]+)\)`)
	heading   = regexp.MustCompile(`^#+ (.+)$`)
	unlinked  = regexp.MustCompile(`[^\p{L}\p{N}_ -]`) // what anchors leave out of headings
)

// read finds the blocks and links of a document.
func (p *page) read(lines []string) error {
	before := ""
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		if language, begins := strings.CutPrefix(line, fence); begins {
			end := slices.IndexFunc(lines[i+1:], func(s string) bool {
				return strings.TrimSpace(s) == fence
			})
			if end < 0 {
				return fmt.Errorf("%s:%d: the block has no end", p.path, i+1)
			}
			b := block{language: language, line: i + 2}
			b.text = strings.Join(lines[i+1:i+1+end], "\n") + "\n"
			if match := namedFile.FindStringSubmatch(before); match != nil {
				b.file = match[1]
			}
			p.blocks = append(p.blocks, b)
			i += end + 1
			continue
		}
		if strings.HasPrefix(lines[i], "    go run ./cmd/ocs-sim") {
			p.demos = append(p.demos, strings.TrimPrefix(line, "go run ./cmd/"))
		}
		for _, match := range link.FindAllStringSubmatch(line, -1) {
			p.links[match[1]] = i + 1
		}
		if match := heading.FindStringSubmatch(line); match != nil {
			p.heads = append(p.heads, anchorOf(match[1]))
		}
		if line != "" {
			before = line
		}
	}
	return nil
}

// anchorOf is the name by which a heading is linked.
func anchorOf(text string) string {
	return strings.ReplaceAll(unlinked.ReplaceAllString(strings.ToLower(text), ""), " ", "-")
}

// checkLinks follows the links to files of the repository, and to headings of other documents.
func (p *page) checkLinks(t *testing.T, all []*page) {
	t.Helper()
	for target, line := range p.links {
		path, anchor, _ := strings.Cut(target, "#")
		file := p.path
		if path != "" {
			file = filepath.Join(filepath.Dir(p.path), path)
		}
		if _, err := os.Stat(file); err != nil {
			t.Errorf("%s:%d: the link leads nowhere: %v", p.path, line, err)
		}
		at := slices.IndexFunc(all, func(other *page) bool { return other.path == file })
		if anchor != "" && (at < 0 || !slices.Contains(all[at].heads, anchor)) {
			t.Errorf("%s:%d: %s has no heading #%s", p.path, line, file, anchor)
		}
	}
}

// parse checks a block that is no command.
func (b *block) parse() error {
	name := b.file
	if name == "" {
		name = "block." + b.language
	}
	switch b.language {
	case "sh", "text", "http": // http: run by the tests of package api
		return nil
	case "yaml faulty":
		if parseYAML(name, []byte(b.text)) == nil {
			return errors.New("nothing is wrong with this")
		}
		return nil
	case "yaml":
		return parseYAML(name, []byte(b.text))
	case "json":
		var value any
		return json.Unmarshal([]byte(b.text), &value)
	case "conv":
		return parseConversation(name, []byte(b.text))
	}
	return fmt.Errorf("no test looks at a block of %q; use sh, yaml, json, conv or text", b.language)
}

// parseYAML reads whole documents strictly, and parts of some as YAML.
func parseYAML(name string, text []byte) error {
	var top map[string]any
	if err := yaml.Unmarshal(text, &top); err != nil {
		var any any
		return yaml.Unmarshal(text, &any)
	}
	for _, key := range []string{"plans", "accounts", "scenarios", "dictionary"} {
		if _, found := top[key]; found {
			// Accounts of an example may have a plan that the reader has already.
			_, err := document.DecodeFiles([]string{"im"}, document.File{Name: name, Data: text})
			return err
		}
	}
	return nil
}

func parseConversation(name string, text []byte) error {
	talk, err := conversation.Parse(name, text)
	if err != nil || len(talk.Seed) == 0 {
		return err
	}
	_, err = document.Decode(name, talk.Seed)
	return err
}

// script is all that the document has its reader do, or nothing.
func (p *page) script() string {
	var b strings.Builder
	commands := false
	for _, one := range p.blocks {
		switch {
		case one.language == "sh":
			commands = true
			fmt.Fprintf(&b, "echo %d > .line\n%s\n", one.line, one.text)
		case one.file != "":
			fmt.Fprintf(&b, "cat > %s <<'END OF FILE'\n%sEND OF FILE\n", one.file, one.text)
		}
	}
	for _, command := range p.demos {
		commands = true
		fmt.Fprintf(&b, "%s\n", command)
	}
	if !commands {
		return ""
	}
	return b.String()
}

// runScript runs the commands of a document, and ends all that they left behind.
func runScript(t *testing.T, path, tools, script string) {
	t.Helper()
	dir := t.TempDir()
	shell := exec.Command("sh", "-eu", "-c", script)
	shell.Dir = dir
	shell.Env = append(os.Environ(), "PATH="+tools+string(os.PathListSeparator)+os.Getenv("PATH"))
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	said := collect(t, shell)
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	group := -shell.Process.Pid
	late := time.AfterFunc(2*patience, func() { _ = syscall.Kill(group, syscall.SIGKILL) })
	defer late.Stop()
	err := shell.Wait()
	_ = syscall.Kill(group, syscall.SIGKILL) // servers in the background
	text := said()
	if err != nil {
		line, _ := os.ReadFile(filepath.Join(dir, ".line"))
		t.Errorf("%s: the block at line %s: %v\n%s", path, strings.TrimSpace(string(line)), err, text)
	}
}

// collect gathers what a command and all its children say. The function returns it once they are
// all gone.
func collect(t *testing.T, cmd *exec.Cmd) func() string {
	t.Helper()
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = to, to
	said := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(from)
		said <- string(text)
	}()
	return func() string {
		_ = to.Close()
		defer from.Close()
		return <-said
	}
}
