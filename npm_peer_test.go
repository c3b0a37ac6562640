//go:build interop

package ocssim_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// node runs the npm package's peer, with what package-lock.json names, installed for this test.
func node(t *testing.T, arguments ...string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	files, err := filepath.Glob("testdata/peers/npm/*.js*")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata/peers/npm holds no files: %v", err)
	}
	dictionaries, _ := filepath.Glob("testdata/peers/*.dia")
	for _, file := range append(files, dictionaries...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, filepath.Base(file)), string(text))
	}
	install := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	cmd := exec.Command("node", append([]string{"--no-deprecation", "peer.js"}, arguments...)...)
	cmd.Dir = dir
	return cmd
}
