package ocssim_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// The limits of the house. A tab is one character: how wide it is shown is the reader's choice.
const (
	mostCharacters    = 100
	mostFileLines     = 499
	mostFunctionLines = 70
)

// A sourceFile is one Go file of the module, read and parsed.
type sourceFile struct {
	path  string
	lines []string
	set   *token.FileSet
	tree  *ast.File
}

func (f *sourceFile) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

func (f *sourceFile) line(p token.Pos) int { return f.set.Position(p).Line }

// sourceFiles reads every Go file of the module, whatever its build tags.
func sourceFiles(t *testing.T) []*sourceFile {
	t.Helper()
	var files []*sourceFile
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && path != "." {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		f, err := readSource(path)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func readSource(path string) (*sourceFile, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := &sourceFile{path: path, set: token.NewFileSet()}
	f.lines = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	f.tree, err = parser.ParseFile(f.set, path, text, parser.ParseComments)
	return f, err
}

func TestStyle(t *testing.T) {
	t.Parallel()
	checks := map[string]func(*sourceFile) []string{
		"lines are short":                    longLines,
		"files are short":                    longFiles,
		"functions are short":                longFunctions,
		"exported identifiers are explained": undocumented,
		"nobody sleeps":                      sleepers,
		"nothing happens at import":          initFunctions,
		"packages have names of the trade":   shapelessNames,
	}
	files := sourceFiles(t)
	for claim, check := range checks {
		t.Run(claim, func(t *testing.T) {
			t.Parallel()
			for _, f := range files {
				for _, fault := range check(f) {
					t.Error(fault)
				}
			}
		})
	}
}

func TestPackagesTellTheirStory(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if p.Doc == "" && len(p.GoFiles) > 0 {
			t.Errorf("package %s has no doc comment", p.ImportPath)
		}
	}
}

// longLines passes over the tags of fields, which cannot be broken.
func longLines(f *sourceFile) (faults []string) {
	for i, line := range f.lines {
		if strings.HasSuffix(line, "\"`") {
			continue
		}
		if count := utf8.RuneCountInString(line); count > mostCharacters {
			faults = append(faults, fmt.Sprintf("%s:%d: %d characters, want at most %d",
				f.path, i+1, count, mostCharacters))
		}
	}
	return faults
}

func longFiles(f *sourceFile) (faults []string) {
	if len(f.lines) > mostFileLines {
		faults = append(faults, fmt.Sprintf("%s: %d lines, want at most %d",
			f.path, len(f.lines), mostFileLines))
	}
	return faults
}

// longFunctions counts the lines of functions without those of tables: these are data, and one that
// is torn apart is read the worse for it.
func longFunctions(f *sourceFile) (faults []string) {
	for _, declaration := range f.tree.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok {
			continue
		}
		lines := f.line(function.End()) - f.line(function.Pos()) + 1 - f.tableLines(function)
		if lines > mostFunctionLines {
			faults = append(faults, fmt.Sprintf("%s:%d: %s has %d lines, want at most %d",
				f.path, f.line(function.Pos()), function.Name.Name, lines, mostFunctionLines))
		}
	}
	return faults
}

// tableLines counts the lines of a function's composite literals.
func (f *sourceFile) tableLines(function *ast.FuncDecl) (lines int) {
	ast.Inspect(function, func(n ast.Node) bool {
		table, ok := n.(*ast.CompositeLit)
		if ok {
			lines += f.line(table.End()) - f.line(table.Pos())
		}
		return !ok
	})
	return lines
}

// undocumented finds exported identifiers without a comment; a group's comment serves its members.
func undocumented(f *sourceFile) (faults []string) {
	if f.isTest() {
		return nil
	}
	report := func(n *ast.Ident) {
		faults = append(faults, fmt.Sprintf("%s:%d: %s has no doc comment",
			f.path, f.line(n.Pos()), n.Name))
	}
	for _, declaration := range f.tree.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			if d.Doc == nil && d.Name.IsExported() && exportedReceiver(d) {
				report(d.Name)
			}
		case *ast.GenDecl:
			for _, name := range undocumentedNames(d) {
				report(name)
			}
		}
	}
	return faults
}

// exportedReceiver reports whether others can see the function's type; functions have none.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	switch receiver := d.Recv.List[0].Type.(type) {
	case *ast.StarExpr:
		name, ok := receiver.X.(*ast.Ident)
		return !ok || name.IsExported()
	case *ast.Ident:
		return receiver.IsExported()
	}
	return true
}

func undocumentedNames(d *ast.GenDecl) (names []*ast.Ident) {
	if d.Doc != nil {
		return nil
	}
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Doc == nil && s.Comment == nil {
				names = append(names, s.Name)
			}
		case *ast.ValueSpec:
			if s.Doc == nil && s.Comment == nil {
				names = append(names, s.Names...)
			}
		}
	}
	return slices.DeleteFunc(names, func(n *ast.Ident) bool { return !n.IsExported() })
}

// sleepers finds those who wait by the clock on the wall for what they could be told.
func sleepers(f *sourceFile) (faults []string) {
	ast.Inspect(f.tree, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok || selector.Sel.Name != "Sleep" {
			return true
		}
		if pkg, ok := selector.X.(*ast.Ident); ok && pkg.Name == "time" {
			faults = append(faults, fmt.Sprintf("%s:%d: time.Sleep", f.path, f.line(n.Pos())))
		}
		return true
	})
	return faults
}

func initFunctions(f *sourceFile) (faults []string) {
	for _, declaration := range f.tree.Decls {
		d, ok := declaration.(*ast.FuncDecl)
		if ok && d.Recv == nil && d.Name.Name == "init" {
			faults = append(faults, fmt.Sprintf("%s:%d: init", f.path, f.line(d.Pos())))
		}
	}
	return faults
}

func shapelessNames(f *sourceFile) (faults []string) {
	name := strings.TrimSuffix(f.tree.Name.Name, "_test")
	if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "types"}, name) {
		faults = append(faults, fmt.Sprintf("%s: package %s", f.path, name))
	}
	return faults
}
