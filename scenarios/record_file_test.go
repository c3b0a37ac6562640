package scenarios

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// The tests of a disk that fails stand inside the package, to put a failing file in the place of a
// good one.

// A failingFile fails as it is told, having written half.
type failingFile struct {
	*os.File
	write, sync, truncate error
}

func (f *failingFile) Write(b []byte) (int, error) {
	if f.write == nil {
		return f.File.Write(b)
	}
	n, _ := f.File.Write(b[:len(b)/2])
	return n, f.write
}

func (f *failingFile) Sync() error {
	if f.sync != nil {
		return f.sync
	}
	return f.File.Sync()
}

func (f *failingFile) Truncate(size int64) error {
	if f.truncate != nil {
		return f.truncate
	}
	return f.File.Truncate(size)
}

func TestAFullDiskIsToldAndNothingIsLost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fail func(*failingFile)
		want charging.Result
	}{
		"no space":           {func(f *failingFile) { f.write = syscall.ENOSPC }, 4002},
		"no quota":           {func(f *failingFile) { f.write = syscall.EDQUOT }, 4002},
		"no space to sync":   {func(f *failingFile) { f.sync = syscall.ENOSPC }, 4002},
		"the disk is broken": {func(f *failingFile) { f.write = syscall.EIO }, 5012},
		"and cannot be mended at once": {func(f *failingFile) {
			f.write, f.truncate = syscall.ENOSPC, syscall.EIO
		}, 4002},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "records")
			r, _, err := OpenRecords(RecordOptions{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			failing := &failingFile{File: r.file.handle.(*os.File)}
			r.file.handle = failing
			expectResult(t, r, 0, 2001)
			c.fail(failing)
			expectResult(t, r, 1, c.want)
			failing.write, failing.sync, failing.truncate = nil, nil, nil
			// It is no repeat when it comes again, since it is not kept.
			expectResult(t, r, 1, 2001)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(string(text), "\n"); got != 2 ||
				strings.Count(string(text), "{") != 2 {
				t.Errorf("the file holds %q, want two whole lines", text)
			}
		})
	}
}

func expectResult(t *testing.T, r *Records, number uint32, want charging.Result) {
	t.Helper()
	request := &charging.Request{
		Key:    charging.Key{Session: charging.SessionID{ID: "s;1"}, Number: number},
		Record: charging.EventRecord, At: time.Unix(0, 0),
	}
	answer, err := charging.Ask(t.Context(), r, request)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Result != want || answer.Repeat {
		t.Errorf("record %d: %d, repeat %t, want %d and no repeat (%s)",
			number, answer.Result, answer.Repeat, want, answer.Message)
	}
}

// What is sent twice at once is written once, and neither is told that it was kept if it was not.
func TestARepeatSharesTheFateOfTheFirst(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "records")
	r, _, err := OpenRecords(RecordOptions{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.file.handle = &failingFile{File: r.file.handle.(*os.File), write: errors.New("gone")}
	request := &charging.Request{Record: charging.EventRecord}
	batch := make([]*recording, 2)
	for i := range batch {
		batch[i] = &recording{
			request: request, key: recordKey(request),
			answer: &charging.Answer{Result: charging.Success},
		}
	}
	r.keep(batch)
	for i, x := range batch {
		if x.answer.Result != charging.UnableToComply || x.answer.Repeat {
			t.Errorf("recording %d: %d, repeat %t, want 5012 and no repeat",
				i, x.answer.Result, x.answer.Repeat)
		}
	}
}
