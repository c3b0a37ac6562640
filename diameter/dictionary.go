package diameter

import (
	"embed"
	"fmt"
	"io/fs"
	"sync"

	"github.com/fiorix/go-diameter/v4/diam/datatype"
	"github.com/fiorix/go-diameter/v4/diam/dict"
)

//go:embed dictionary/*.xml
var dictionaryFiles embed.FS

// A kind is the data format of an AVP (RFC 6733 sections 4.2 and 4.3).
type kind uint8

const (
	octets kind = iota
	text
	identityName // DiameterIdentity
	uri          // DiameterURI
	filterRule   // IPFilterRule
	unsigned32
	unsigned64
	integer32
	integer64
	enumerated
	timestamp // Time
	address
	grouped
)

// kinds maps the formats of the library's dictionary to ours.
func kindOf(t datatype.TypeID) (kind, error) {
	switch t {
	case datatype.OctetStringType:
		return octets, nil
	case datatype.UTF8StringType:
		return text, nil
	case datatype.DiameterIdentityType:
		return identityName, nil
	case datatype.DiameterURIType:
		return uri, nil
	case datatype.IPFilterRuleType, datatype.QoSFilterRuleType:
		return filterRule, nil
	case datatype.Unsigned32Type:
		return unsigned32, nil
	case datatype.Unsigned64Type:
		return unsigned64, nil
	case datatype.Integer32Type:
		return integer32, nil
	case datatype.Integer64Type:
		return integer64, nil
	case datatype.EnumeratedType:
		return enumerated, nil
	case datatype.TimeType:
		return timestamp, nil
	case datatype.AddressType:
		return address, nil
	case datatype.GroupedType:
		return grouped, nil
	}
	return 0, fmt.Errorf("no use for data type %d", t)
}

// fits reports whether data of this length can be of the kind. Groups are looked into elsewhere.
func (k kind) fits(data []byte) bool {
	switch k {
	case unsigned32, integer32, enumerated, timestamp:
		return len(data) == 4
	case unsigned64, integer64:
		return len(data) == 8
	case address:
		return addressFits(data)
	}
	return true
}

// addressFits wants an address family that exists, and the length it has (RFC 6733 section 4.3.1).
func addressFits(data []byte) bool {
	if len(data) < 3 {
		return false
	}
	switch family := uint16(data[0])<<8 | uint16(data[1]); family {
	case 0, 0xffff:
		return false
	case familyIPv4:
		return len(data) == 2+4
	case familyIPv6:
		return len(data) == 2+16
	}
	return true
}

// The address families of Address that have a fixed length (IANA address family numbers).
const (
	familyIPv4 = 1
	familyIPv6 = 2
)

// minimum is the length of the shortest example of the kind, which Failed-AVP shows zero-filled
// for an AVP that is missing (RFC 6733 section 7.5).
func (k kind) minimum() int {
	switch k {
	case unsigned32, integer32, enumerated, timestamp:
		return 4
	case unsigned64, integer64:
		return 8
	case address:
		return 6
	}
	return 0
}

// A definition is what the dictionary knows of one AVP.
type definition struct {
	name         string
	code, vendor uint32
	kind         kind
	mandatory    bool             // the M flag is set where we send it
	base         bool             // of the base protocol, so valid in every application
	values       map[int32]string // of enumerations; some are octets, since clients send text too
	numbers      map[string]int32 // the other way round
}

// id is what tells the AVP apart: see avp.id.
func (d *definition) id() uint64 { return avpID(d.vendor, d.code) }

// A Dictionary knows the AVPs of the base protocol, of credit control and of the service
// information carried there. It is read only and shared: see SharedDictionary.
type Dictionary struct {
	parser *dict.Parser
	byID   map[uint64]*definition
	byName map[string]*definition
}

// SharedDictionary returns the one dictionary of this process, parsed at the first call.
func SharedDictionary() *Dictionary { return sharedDictionary() }

var sharedDictionary = sync.OnceValue(func() *Dictionary {
	d, err := loadDictionary(dictionaryFiles)
	if err != nil {
		// The files are part of the program, and a test loads them.
		panic("diameter: embedded dictionary: " + err.Error())
	}
	return d
})

func loadDictionary(files fs.FS) (*Dictionary, error) {
	parser, err := dict.NewParser()
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "dictionary/*.xml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := loadFile(parser, files, name); err != nil {
			return nil, fmt.Errorf("load %s: %w", name, err)
		}
	}
	return index(parser)
}

func loadFile(parser *dict.Parser, files fs.FS, name string) error {
	f, err := files.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return parser.Load(f)
}

// index arranges the parser's AVPs by vendor and code alone: the library's own look-ups ignore
// the vendor where they find none, which takes one AVP for another.
func index(parser *dict.Parser) (*Dictionary, error) {
	d := &Dictionary{
		parser: parser,
		byID:   make(map[uint64]*definition),
		byName: make(map[string]*definition),
	}
	for _, application := range parser.Apps() {
		for _, a := range application.AVP {
			if err := d.add(a, application.ID == baseApplication); err != nil {
				return nil, err
			}
		}
	}
	return d, nil
}

func (d *Dictionary) add(a *dict.AVP, base bool) error {
	kind, err := kindOf(a.Data.Type)
	if err != nil {
		return fmt.Errorf("AVP %s: %w", a.Name, err)
	}
	def := &definition{
		name: a.Name, code: a.Code, vendor: a.VendorID, kind: kind,
		mandatory: a.Must == "M", base: base,
	}
	if len(a.Data.Enum) > 0 {
		def.values = make(map[int32]string, len(a.Data.Enum))
		def.numbers = make(map[string]int32, len(a.Data.Enum))
		for _, item := range a.Data.Enum {
			def.values[item.Code] = item.Name
			def.numbers[item.Name] = item.Code
		}
	}
	if prior, taken := d.byID[def.id()]; taken {
		return fmt.Errorf("AVP %s has the code of %s", a.Name, prior.name)
	}
	if _, taken := d.byName[def.name]; taken {
		return fmt.Errorf("two AVPs are called %s", a.Name)
	}
	d.byID[def.id()], d.byName[def.name] = def, def
	return nil
}

// find returns the AVP of a vendor (0: IETF) with a code.
func (d *Dictionary) find(vendor, code uint32) (*definition, bool) {
	def, ok := d.byID[avpID(vendor, code)]
	return def, ok
}

// named returns the AVP with a name as the standards spell it, hyphens and all.
func (d *Dictionary) named(name string) (*definition, bool) {
	def, ok := d.byName[name]
	return def, ok
}
