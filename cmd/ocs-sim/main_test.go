//go:build unix

package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite"
)

// update rewrites the golden texts of the scripts.
var update = os.Getenv("UPDATE_SCRIPTS") != ""

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ocs-sim": main})
}

// TestScripts runs testdata/script: every command as people run it, each as a process of its own.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition:           condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"field":     setField,
			"occupy":    occupyPort,
			"sql":       execSQL,
			"same":      sameBytes,
			"status":    wantStatus,
			"terminate": terminate,
			"rest":      callREST,
			"fill":      fillDisk,
			"truncate":  truncate,
			"await":     awaitText,
			"differ":    awaitChange,
			"address":   setAddress,
			"listener":  setListener,
			"certify":   writeCertificates,
		},
	})
}

// setField is: field NAME FILE KEY [PREFIX]. It sets a variable of the script to the JSON string
// that follows the key in the file, be it alone or the first of a list, without the prefix.
func setField(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: field NAME FILE KEY [PREFIX]")
	}
	_, behind, found := strings.Cut(ts.ReadFile(args[1]), fmt.Sprintf("%q:", args[2]))
	parts := strings.SplitN(behind, `"`, 3)
	if !found || len(parts) < 3 {
		ts.Fatalf("no string %s in %s", args[2], args[1])
	}
	ts.Setenv(args[0], strings.TrimPrefix(parts[1], strings.Join(args[3:], "")))
}

// occupyPort is: occupy NAME. It listens on a free port until the script ends, and sets a variable
// to the address.
func occupyPort(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: occupy NAME")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = listener.Close() })
	ts.Setenv(args[0], listener.Addr().String())
}

// execSQL is: sql FILE STATEMENT. It changes a database behind the back of everybody.
func execSQL(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sql FILE STATEMENT")
	}
	database, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = database.Exec(args[1])
	ts.Check(err)
	ts.Check(database.Close())
}

// sameBytes is: same FILE FILE. The standard cmp shows differences of texts; these are no texts.
func sameBytes(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] same FILE FILE")
	}
	if same := ts.ReadFile(args[0]) == ts.ReadFile(args[1]); same == neg {
		ts.Fatalf("the bytes of %s and %s are equal: %v", args[0], args[1], same)
	}
}

// wantStatus is: status N PROGRAM ARGUMENTS. It runs a program that must end with that exit status.
func wantStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N PROGRAM ARGUMENTS")
	}
	status := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		status = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if status != args[0] {
		ts.Fatalf("%s: exit status %s, want %s", strings.Join(args[1:], " "), status, args[0])
	}
}

// terminate is: terminate READY-FILE. It sends SIGTERM to the server that wrote the file.
func terminate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: terminate READY-FILE")
	}
	var said readiness
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &said))
	ts.Check(syscall.Kill(said.PID, syscall.SIGTERM))
}

// callREST is: rest [-token T] STATUS METHOD URL [BODY]. It calls a REST API that must answer with
// that status; what it says is the standard output.
func callREST(ts *testscript.TestScript, neg bool, args []string) {
	token := ""
	if len(args) > 2 && args[0] == "-token" {
		token, args = args[1], args[2:]
	}
	if neg || len(args) < 3 || len(args) > 4 {
		ts.Fatalf("usage: rest [-token T] STATUS METHOD URL [BODY]")
	}
	body := strings.Join(args[3:], "")
	request, err := http.NewRequest(args[1], args[2], strings.NewReader(body))
	ts.Check(err)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	ts.Check(err)
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	ts.Check(err)
	_, err = ts.Stdout().Write(said)
	ts.Check(err)
	if got := strconv.Itoa(response.StatusCode); got != args[0] {
		ts.Fatalf("%s %s: %s, want %s\n%s", args[1], args[2], got, args[0], said)
	}
}

// fillDisk is: fill URL. It credits until the server has no room left, and sets CREDITED to what
// the account must hold: what was acknowledged.
func fillDisk(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: fill URL")
	}
	const most = 10_000
	body := fmt.Sprintf(`{"amount": "1 EUR", "reference": %q}`, strings.Repeat("x", 900))
	for credited := range most {
		response, err := http.Post(args[0], "application/json", strings.NewReader(body))
		ts.Check(err)
		ts.Check(response.Body.Close())
		if response.StatusCode == http.StatusServiceUnavailable {
			// Whether the credit that met the full disk counts is not known before the restart.
			ts.Setenv("CREDITED", fmt.Sprintf(`"amount":"(%d|%d)\.00 EUR"`, credited, credited+1))
			return
		}
		if response.StatusCode != http.StatusOK {
			ts.Fatalf("POST %s: %s", args[0], response.Status)
		}
	}
	ts.Fatalf("%d credits fit", most)
}

// truncate is: truncate FILE HALF. It copies the first half of a file.
func truncate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: truncate FILE HALF")
	}
	text := ts.ReadFile(args[0])
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text[:len(text)/2]), 0o600))
}

// awaitText is: await FILE TEXT. It waits until the file holds the text.
func awaitText(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await FILE TEXT")
	}
	awaitFile(ts, args[0], func(text string) bool { return strings.Contains(text, args[1]) })
}

// awaitChange is: differ FILE OTHER. It waits until the file holds something else than the other.
func awaitChange(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: differ FILE OTHER")
	}
	other := ts.ReadFile(args[1])
	awaitFile(ts, args[0], func(text string) bool { return text != other })
}

func awaitFile(ts *testscript.TestScript, path string, done func(string) bool) {
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	late := time.After(30 * time.Second)
	for {
		text, err := os.ReadFile(ts.MkAbs(path))
		if err == nil && done(string(text)) {
			return
		}
		select {
		case <-again.C:
		case <-late:
			ts.Fatalf("%s holds %q, %v", path, text, err)
		}
	}
}

// setAddress is: address NAME FILE LABEL. It sets a variable to the word behind a label.
func setAddress(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: address NAME FILE LABEL")
	}
	_, behind, _ := strings.Cut(ts.ReadFile(args[1]), args[2])
	words := strings.Fields(behind)
	if len(words) == 0 {
		ts.Fatalf("nothing behind %q in %s", args[2], args[1])
	}
	ts.Setenv(args[0], words[0])
}
