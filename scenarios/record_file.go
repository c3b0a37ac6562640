package scenarios

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ocs-sim/ocs-sim/charging"
)

// recordTail is how much of a file's end is read at start, to know its latest records.
const recordTail = 8 << 20

// A recordHandle is what a recordFile needs of an open file.
type recordHandle interface {
	io.WriteCloser
	Stat() (os.FileInfo, error)
	Sync() error
	Truncate(size int64) error
}

// A recordFile is appended to. It ends with a whole line whenever nothing is being written, or is
// made to before the next one is.
type recordFile struct {
	handle  recordHandle
	regular bool  // a pipe or a device is not: what is written there cannot be taken back
	torn    bool  // part of a line may stand behind the whole ones
	whole   int64 // where those end, if it is torn
}

// openRecordFile opens a file for appending. What it holds already is read into the memory.
func openRecordFile(path string, known *recordMemory) (*recordFile, string, error) {
	_, missing := os.Stat(path)
	handle, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, "", fmt.Errorf("open the file of records: %w", err)
	}
	notice, f := "", &recordFile{handle: handle}
	info, err := handle.Stat()
	if err == nil && info.Mode().IsRegular() {
		f.regular = true
		notice, err = mendRecords(handle, info.Size(), known)
	}
	if err == nil && errors.Is(missing, os.ErrNotExist) {
		err = syncDirectory(filepath.Dir(path))
	}
	if err != nil {
		return nil, "", errors.Join(fmt.Errorf("open the file of records %s: %w", path, err),
			handle.Close())
	}
	return f, notice, nil
}

// syncDirectory makes a new file's name as durable as what is written to it.
func syncDirectory(path string) error {
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	_ = directory.Sync() // some systems have no such thing, and keep the name by themselves
	return directory.Close()
}

var errForeignFile = errors.New("it holds something else than records; give another file")

// mendRecords reads the end of the file, and cuts off a line that has no end: it was never
// acknowledged. It refuses to touch a file that is not its own.
func mendRecords(handle *os.File, size int64, known *recordMemory) (notice string, err error) {
	from := max(size-recordTail, 0)
	tail := make([]byte, size-from)
	if _, err := handle.ReadAt(tail, from); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	end := bytes.LastIndexByte(tail, '\n') + 1
	if from > 0 {
		begin := bytes.IndexByte(tail, '\n') + 1
		if begin == 0 {
			return "", errForeignFile
		}
		tail, from, end = tail[begin:], from+int64(begin), end-begin
	}
	end = readRecords(tail[:end], known)
	half := tail[end:]
	switch {
	case len(half) == 0:
		return "", nil
	case end == 0 && (half[0] != '{' || bytes.ContainsRune(half, '\n')):
		return "", errForeignFile
	}
	notice = fmt.Sprintf("%s: a record that was half written (%d bytes) is cut off; "+
		"it was never acknowledged", handle.Name(), len(half))
	return notice, errors.Join(handle.Truncate(from+int64(end)), handle.Sync())
}

// readRecords makes the records of whole lines known, and says where the last of them ends: a power
// cut may leave anything behind it.
func readRecords(lines []byte, known *recordMemory) (end int) {
	news := known.begin()
	for at := 0; at < len(lines); {
		line, _, _ := bytes.Cut(lines[at:], []byte("\n"))
		at += len(line) + 1
		var name recordName
		if json.Unmarshal(line, &name) != nil || name.Session == "" {
			continue
		}
		r := name.request()
		news.note(r, recordKey(r))
		end = at
	}
	news.commit()
	return end
}

func (n *recordName) request() *charging.Request {
	r := &charging.Request{
		Key: charging.Key{
			Session: charging.SessionID{ID: n.Session, Sub: n.SubSession}, Number: n.Number,
		},
		Origin: charging.Origin{Host: n.OriginHost, Realm: n.OriginRealm},
	}
	for record := charging.EventRecord; record <= charging.StopRecord; record++ {
		if record.String() == n.Type {
			r.Record = record
		}
	}
	return r
}

// append writes lines and syncs them. If either fails, none of them is in the file afterwards, or
// will be when the next ones are.
func (f *recordFile) append(lines []byte) error {
	if err := f.mend(); err != nil {
		return err
	}
	whole, err := f.size()
	if err != nil {
		return err
	}
	if _, err = f.handle.Write(lines); err == nil && f.regular {
		err = f.handle.Sync()
	}
	if err == nil {
		return nil
	}
	f.torn, f.whole = true, whole
	_ = f.mend() // else before the next lines
	return err
}

func (f *recordFile) size() (int64, error) {
	if !f.regular {
		return 0, nil
	}
	info, err := f.handle.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// mend cuts off what a failed write left.
func (f *recordFile) mend() error {
	if !f.torn || !f.regular {
		return nil
	}
	if err := f.handle.Truncate(f.whole); err != nil {
		return fmt.Errorf("take back a half-written record: %w", err)
	}
	f.torn = false
	return nil
}

func (f *recordFile) close() error { return errors.Join(f.mend(), f.handle.Close()) }
