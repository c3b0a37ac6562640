package ocssim_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ocs-sim/ocs-sim/charging/conversation"
)

// scripts is where the commands' own tests are.
const scripts = "cmd/ocs-sim/testdata/script"

// When a proof runs.
type running int

const (
	runsNever       running = iota
	runsSometimes           // it may skip itself
	runsWithInterop         // with the build tag of that name
	runsAlways
)

// A testFunction is a test as it stands in its file.
type testFunction struct {
	runs running
	file *testFile
}

// A testFile is what is known of one _test.go file.
type testFile struct {
	tag      running
	literals map[string]bool // as names of subtests are written
}

// proofs are all tests, by package.Name.
type proofs struct{ tests map[string]*testFunction }

// readProofs reads the test functions of the module without running any.
func readProofs(t *testing.T) *proofs {
	t.Helper()
	known := &proofs{tests: map[string]*testFunction{}}
	packages := map[string][]*sourceFile{}
	for _, f := range sourceFiles(t) {
		if f.isTest() {
			dir := filepath.Dir(f.path)
			packages[dir] = append(packages[dir], f)
		}
	}
	for _, files := range packages {
		known.add(files)
	}
	return known
}

// add reads the test files of one directory.
func (p *proofs) add(files []*sourceFile) {
	skipping := skippers(files)
	for _, f := range files {
		about := &testFile{tag: tagOf(f), literals: literalsOf(f)}
		for _, d := range f.tree.Decls {
			function, ok := d.(*ast.FuncDecl)
			if !ok || function.Recv != nil || !isTestName(function.Name.Name) {
				continue
			}
			runs := about.tag
			if runs == runsAlways && skipping[function.Name.Name] {
				runs = runsSometimes
			}
			name := strings.TrimSuffix(f.tree.Name.Name, "_test") + "." + function.Name.Name
			p.tests[name] = &testFunction{runs: runs, file: about}
		}
	}
}

// isTestName reports whether the tests of a package run a function of this name by themselves; a
// fuzz test runs its corpus.
func isTestName(name string) bool {
	return name != "TestMain" &&
		(strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Fuzz"))
}

// tagOf says when a file's tests run: always, but for the build tag interop.
func tagOf(f *sourceFile) running {
	for _, group := range f.tree.Comments {
		for _, comment := range group.List {
			expression, err := constraint.Parse(comment.Text)
			if err != nil || comment.Pos() > f.tree.Package {
				continue
			}
			with := func(interop bool) bool {
				return expression.Eval(func(tag string) bool {
					return tag == "unix" || tag == "linux" || tag == "interop" && interop
				})
			}
			if !with(false) && with(true) {
				return runsWithInterop
			}
			if !with(false) {
				return runsNever
			}
		}
	}
	return runsAlways
}

// literalsOf are the strings of a file as go test writes names of subtests.
func literalsOf(f *sourceFile) map[string]bool {
	literals := map[string]bool{}
	ast.Inspect(f.tree, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if text, err := strconv.Unquote(literal.Value); err == nil {
				literals[strings.ReplaceAll(text, " ", "_")] = true
			}
		}
		return true
	})
	return literals
}

// skippers are the functions of a package that may skip the test they run in, by themselves or by
// what they call. What is skipped in short mode only counts as run.
func skippers(files []*sourceFile) map[string]bool {
	skips, calls := map[string]bool{}, map[string][]string{}
	for _, f := range files {
		for _, d := range f.tree.Decls {
			if function, ok := d.(*ast.FuncDecl); ok {
				name := function.Name.Name
				skip, called := inspectCalls(function)
				skips[name] = skips[name] || skip
				calls[name] = append(calls[name], called...)
			}
		}
	}
	for changed := true; changed; {
		changed = false
		for name, called := range calls {
			for _, other := range called {
				if skips[other] && !skips[name] {
					skips[name], changed = true, true
				}
			}
		}
	}
	return skips
}

// inspectCalls tells what a function calls, and whether it skips. Skips of a property's own run,
// which is a *rapid.T, leave the test as it is.
func inspectCalls(function *ast.FuncDecl) (skips bool, called []string) {
	own := map[string]bool{}
	ast.Inspect(function, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			return !callsShort(n.Cond)
		case *ast.Field:
			for _, name := range n.Names {
				own[name.Name] = own[name.Name] || isRapid(n.Type)
			}
		case *ast.Ident:
			called = append(called, n.Name)
		case *ast.SelectorExpr:
			of, ok := n.X.(*ast.Ident)
			name := n.Sel.Name
			if name == "Skip" || name == "Skipf" || name == "SkipNow" {
				skips = skips || !ok || !own[of.Name]
			}
		}
		return true
	})
	return skips, called
}

func isRapid(e ast.Expr) bool {
	star, ok := e.(*ast.StarExpr)
	if !ok {
		return false
	}
	selector, ok := star.X.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	of, ok := selector.X.(*ast.Ident)
	return ok && of.Name == "rapid"
}

func callsShort(condition ast.Expr) bool {
	short := false
	ast.Inspect(condition, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		short = short || ok && selector.Sel.Name == "Short"
		return true
	})
	return short
}

// find looks a proof up: a conversation, a script of commands, or a test with or without a subtest.
func (p *proofs) find(name string) (running, error) {
	switch filepath.Ext(name) {
	case ".conv":
		return findConversation(filepath.Join("testdata", name))
	case ".txtar":
		text, err := os.ReadFile(filepath.Join(scripts, name))
		if strings.HasPrefix(string(text), "skip") || strings.Contains(string(text), "\nskip") {
			return runsNever, errors.New("the script skips itself")
		}
		return runsAlways, err
	}
	top, sub, within := strings.Cut(name, "/")
	test, found := p.tests[top]
	if !found {
		return runsNever, errors.New("there is no such test")
	}
	if within && !test.file.hasSubtest(sub) {
		return runsNever, fmt.Errorf("its file says nothing of %s", sub)
	}
	if test.runs == runsNever {
		return runsNever, errors.New("it is never built")
	}
	return test.runs, nil
}

// hasSubtest looks for the name among the file's strings, whole or level by level.
func (f *testFile) hasSubtest(name string) bool {
	if f.literals[name] {
		return true
	}
	for level := range strings.SplitSeq(name, "/") {
		if !f.literals[level] {
			return false
		}
	}
	return true
}

// findConversation checks that there is such a file, and that it demands something.
func findConversation(path string) (running, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return runsNever, err
	}
	c, err := conversation.Parse(path, text)
	if err != nil {
		return runsNever, err
	}
	for _, step := range c.Steps {
		if step.Expect != nil {
			return runsAlways, nil
		}
	}
	return runsNever, errors.New("the conversation expects no answer")
}
