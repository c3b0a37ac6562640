package diameter

// A shape is what a walk needs to know of an AVP's type.
type shape uint8

const (
	unknownShape shape = iota // not in the dictionary
	opaqueShape               // of any length
	groupShape                // AVPs
	wordShape                 // 4 octets
	longShape                 // 8 octets
	addressShape              // an address family and an address
	plainShape                // 16 octets: an address without a family
	valueShape                // 4 octets, an enumeration of a vendor that names its values
)

// shapeOf is the shape of what a definition says.
func shapeOf(d *definition) shape {
	switch d.kind.length() {
	case 4:
		if d.closed() {
			return valueShape
		}
		return wordShape
	case 8:
		return longShape
	case 16:
		return plainShape
	}
	switch d.kind {
	case grouped:
		return groupShape
	case address:
		return addressShape
	}
	return opaqueShape
}

// fits reports whether data can be of the shape by its length.
func (s shape) fits(data []byte) bool {
	switch s {
	case wordShape, valueShape:
		return len(data) == 4
	case longShape:
		return len(data) == 8
	case addressShape:
		return addressFits(data)
	case plainShape:
		return len(data) == 16
	}
	return true
}

// shapes are the dictionary's definitions as a walk needs them: found by indexing, since every
// AVP of every request is looked up.
type shapes struct {
	dictionary *Dictionary
	base       [1024]shape
	of3GPP     [8192]shape
}

func newShapes(d *Dictionary) *shapes {
	s := &shapes{dictionary: d}
	for code := range s.base {
		s.base[code] = s.look(0, uint32(code))
	}
	for code := range s.of3GPP {
		s.of3GPP[code] = s.look(vendor3GPP, uint32(code))
	}
	return s
}

func (s *shapes) of(vendor, code uint32) shape {
	switch {
	case vendor == 0 && code < uint32(len(s.base)):
		return s.base[code]
	case vendor == vendor3GPP && code < uint32(len(s.of3GPP)):
		return s.of3GPP[code]
	}
	return s.look(vendor, code)
}

func (s *shapes) look(vendor, code uint32) shape {
	definition, ok := s.dictionary.find(vendor, code)
	if !ok {
		return unknownShape
	}
	return shapeOf(definition)
}

// set puts a definition into the tables. Those that have no place there are looked up anyway.
func (s *shapes) set(d *definition) {
	switch {
	case d.vendor == 0 && d.code < uint32(len(s.base)):
		s.base[d.code] = shapeOf(d)
	case d.vendor == vendor3GPP && d.code < uint32(len(s.of3GPP)):
		s.of3GPP[d.code] = shapeOf(d)
	}
}
