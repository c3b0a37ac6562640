package accounts

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// inspect refuses a file that this program must not open; one that is not there is fine.
func inspect(path string) error {
	h, err := readHeader(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return h.admit()
}

// header is what the first bytes of a database say, without SQLite having touched it.
type header struct {
	empty       bool
	application uint32
	version     uint32
}

// headerSize is that of https://www.sqlite.org/fileformat.html section 1.3.
const headerSize = 100

// readHeader reads the header as SQLite would see it: a process that was killed may have left a
// later one in the write-ahead log, and opening the database would move that into the file.
func readHeader(path string) (header, error) {
	data, err := readHead(path, headerSize)
	if err != nil {
		return header{}, err
	}
	later, err := headerInLog(path + "-wal")
	if err != nil {
		return header{}, err
	}
	if later != nil {
		data = later
	}
	if len(data) == 0 {
		return header{empty: true}, nil
	}
	if len(data) < headerSize || string(data[:16]) != "SQLite format 3\x00" {
		return header{}, errForeign
	}
	return header{
		version:     binary.BigEndian.Uint32(data[60:]),
		application: binary.BigEndian.Uint32(data[68:]),
	}, nil
}

// readHead reads the beginning of a file, at most so many bytes.
func readHead(path string, size int64) (data []byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return io.ReadAll(io.LimitReader(file, size))
}

// headerInLog finds the header in the last committed image of the first page; nil: there is none.
// Frames of an earlier use of the log have another salt (fileformat.html section 4.1).
func headerInLog(path string) (found []byte, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	const logHeader, frameHeader = 32, 24
	log := make([]byte, logHeader)
	if _, err := file.ReadAt(log, 0); err != nil {
		return nil, nil // too short to hold anything
	}
	pageSize := int64(binary.BigEndian.Uint32(log[8:]))
	if pageSize < 512 || pageSize > 1<<16 {
		return nil, nil // SQLite will not read it either
	}
	frame := make([]byte, frameHeader+headerSize)
	var waiting []byte
	for at := int64(logHeader); ; at += frameHeader + pageSize {
		_, err := file.ReadAt(frame, at)
		if err != nil || string(frame[8:16]) != string(log[16:24]) {
			return found, nil // what follows is not written whole
		}
		if binary.BigEndian.Uint32(frame) == 1 {
			waiting = append([]byte(nil), frame[frameHeader:]...)
		}
		if committed := binary.BigEndian.Uint32(frame[4:]) != 0; committed && waiting != nil {
			found, waiting = waiting, nil
		}
	}
}

var (
	errForeign = errors.New("it is not a database of ocs-sim; give another file")
	errLocked  = errors.New("locked")
)

// admit refuses what is not ours, and what a later version wrote.
func (h header) admit() error {
	if h.empty {
		return nil
	}
	if h.application != applicationID && h.application != 0 {
		return errForeign
	}
	if h.application == applicationID && h.version > schemaVersion {
		return fmt.Errorf("its schema has version %d and this program knows up to %d; "+
			"use a later ocs-sim, it was left as it is", h.version, schemaVersion)
	}
	return nil
}
