package ocssim

import (
	"errors"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// loadDictionaries reads what the start is given, all of it before it says what is wrong.
func (s *Server) loadDictionaries() error {
	s.vendors = diameter.NewDictionaries()
	return ReadDictionaries(s.vendors, s.options.Dictionaries...)
}

// ReadDictionaries puts vendors' dictionaries into a set, each named as its file is, without
// directory and extension. The error tells all faults of all files as file:line:column.
func ReadDictionaries(into *diameter.Dictionaries, files ...document.File) error {
	var faults []error
	for _, file := range files {
		read, err := document.DecodeDictionary(file.Name, file.Data, "")
		if err == nil {
			_, wrong := into.Put(freeName(into, file.Name), read.Definitions)
			err = read.Invalid(wrong)
		}
		faults = append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return &charging.Error{Kind: charging.KindInvalidDocument, Message: err.Error()}
	}
	return nil
}

// freeName makes a name of a file's that no dictionary has yet.
func freeName(known *diameter.Dictionaries, path string) string {
	base := filepath.Base(path)
	base = strings.TrimSuffix(base, filepath.Ext(base))
	name := base
	for n := 2; ; n++ {
		if _, err := known.Named(name); err != nil && name != document.SeedDictionary {
			return name
		}
		name = base + "-" + strconv.Itoa(n)
	}
}

// Dictionary is all AVPs that the server knows now, those of vendors among them, for clients in the
// same process.
func (s *Server) Dictionary() *diameter.Dictionary { return s.vendors.Current() }
