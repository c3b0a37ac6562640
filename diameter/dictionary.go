package diameter

import (
	"embed"
	"fmt"
	"io/fs"
	"sync"

	"github.com/fiorix/go-diameter/v4/diam/dict"
)

//go:embed dictionary/*.xml
var dictionaryFiles embed.FS

// A definition is what the dictionary knows of one AVP.
type definition struct {
	name         string
	code, vendor uint32
	kind         kind
	mandatory    bool             // the M flag is set where we send it
	base         bool             // of the base protocol, so valid in every application
	origin       string           // the dictionary that tells of it; empty: the standards
	values       map[int32]string // of enumerations; some are octets, since clients send text too
	numbers      map[string]int32 // the other way round
}

// id is what tells the AVP apart: see avp.id.
func (d *definition) id() uint64 { return avpID(d.vendor, d.code) }

// closed reports whether only the values that are named may be sent with the M flag: those of
// vendors' enumerations. What the standards name is judged where it is used.
func (d *definition) closed() bool {
	return d.origin != "" && d.kind == enumerated && len(d.values) > 0
}

// has reports whether an AVP of the definition has a value that may be sent.
func (d *definition) has(a *avp) bool {
	if !d.closed() || a.flags&flagMandatory == 0 {
		return true
	}
	_, named := d.values[int32(a.uint32())]
	return named
}

// A Dictionary knows the AVPs of the base protocol, of credit control and of the service
// information carried there, and what With added. It is read only and shared: see SharedDictionary.
type Dictionary struct {
	parser *dict.Parser
	byID   map[uint64]*definition
	byName map[string]*definition
	shapes *shapes
	// vendors are those of dictionaries that were added, which capabilities tell of (RFC 6733
	// section 5.3.6). They are sorted.
	vendors []uint32
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
	d.shapes = newShapes(d)
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

// allows reports whether an AVP that is known has a value that may be sent.
func (d *Dictionary) allows(a *avp) bool {
	definition, known := d.find(a.vendor, a.code)
	return !known || definition.has(a)
}
