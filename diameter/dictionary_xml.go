package diameter

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// ReadXML reads the AVPs of a dictionary in XML: the form of go-diameter's dictionaries, or that of
// Wireshark's and freeDiameter's. Commands, rules of commands and what else such files tell of are
// passed over. The faults are all that cannot be read, with line and column.
func ReadXML(data []byte) ([]Definition, []charging.Fault) {
	r := xmlReader{
		decoder: xml.NewDecoder(bytes.NewReader(data)), data: data,
		vendors: map[string]uint32{"None": 0, "": 0}, parents: map[string]string{},
	}
	r.decoder.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	r.decoder.Entity = map[string]string{}
	if fault := r.read(); fault != nil {
		return nil, append(r.faults, *fault)
	}
	return r.finish(), r.faults
}

// An xmlReader goes through a dictionary from top to bottom.
type xmlReader struct {
	decoder      *xml.Decoder
	data         []byte
	path         []string // the elements around
	line, column int      // of the element at hand
	vendors      map[string]uint32
	parents      map[string]string // of Wireshark's types
	written      []writtenAVP
	inside       bool // an AVP
	faults       []charging.Fault
}

// A writtenAVP is a definition whose vendor and type may be names that come later in the file.
type writtenAVP struct {
	Definition
	vendor string
}

func (r *xmlReader) fault(format string, args ...any) {
	r.faults = append(r.faults, charging.Fault{
		Line: r.line, Column: r.column, Message: fmt.Sprintf(format, args...),
	})
}

// read goes through all elements. What is no XML ends it.
func (r *xmlReader) read() *charging.Fault {
	for {
		r.line, r.column = r.decoder.InputPos()
		token, err := r.decoder.Token()
		switch {
		case errors.Is(err, io.EOF):
			return r.missing()
		case err != nil:
			return r.unreadable(err)
		}
		switch element := token.(type) {
		case xml.StartElement:
			r.path = append(r.path, element.Name.Local)
			if fault := r.begin(element); fault != nil {
				return fault
			}
		case xml.EndElement:
			r.inside = r.inside && element.Name.Local != "avp"
			r.path = r.path[:len(r.path)-1]
		}
	}
}

// missing is the fault of a file without a dictionary.
func (r *xmlReader) missing() *charging.Fault {
	if len(r.written) > 0 || len(r.faults) > 0 {
		return nil
	}
	return &charging.Fault{
		Line: 1, Column: 1, Message: "no AVP is defined here; write <diameter><application ...>" +
			"<avp name=... code=... vendor-id=...><data type=.../></avp>",
	}
}

func (r *xmlReader) unreadable(err error) *charging.Fault {
	line, column := r.decoder.InputPos()
	message := err.Error()
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		line, message = syntax.Line, syntax.Msg
	}
	return &charging.Fault{Line: line, Column: column, Message: "this is no XML: " + message}
}

// begin reads the beginning of an element.
func (r *xmlReader) begin(e xml.StartElement) *charging.Fault {
	name := e.Name.Local
	if len(r.path) == 1 && name != "diameter" && name != "dictionary" {
		return &charging.Fault{
			Line: r.line, Column: r.column,
			Message: fmt.Sprintf("<%s> is no dictionary; one begins with <diameter>", name),
		}
	}
	switch {
	case name == "vendor":
		r.vendor(e)
	case name == "typedefn":
		r.parents[attribute(e, "type-name")] = attribute(e, "type-parent")
	case name == "avp" && !slices.Contains(r.path[:len(r.path)-1], "command"):
		r.avp(e)
	case r.inside:
		r.ofAVP(e)
	}
	return nil
}

// attribute returns an attribute of an element; empty, where it has none of the name.
func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

// vendor reads <vendor id="10415" name="3GPP"/> or <vendor vendor-id="TGPP" code="10415" .../>.
func (r *xmlReader) vendor(e xml.StartElement) {
	digits := attribute(e, "id")
	if code := attribute(e, "code"); code != "" {
		digits = code
	}
	number, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		r.fault("a vendor has an enterprise number, as id=\"10415\", not %q", digits)
		return
	}
	r.vendors[attribute(e, "name")] = uint32(number)
	r.vendors[attribute(e, "vendor-id")] = uint32(number)
	r.vendors[""] = 0
}

// avp begins a definition.
func (r *xmlReader) avp(e xml.StartElement) {
	code, err := strconv.ParseUint(attribute(e, "code"), 10, 32)
	if err != nil {
		r.fault("AVP %s: the code is a number, not %q", attribute(e, "name"), attribute(e, "code"))
	}
	mandatory := attribute(e, "mandatory") == "must"
	for flag := range strings.SplitSeq(attribute(e, "must"), ",") {
		mandatory = mandatory || strings.TrimSpace(flag) == "M"
	}
	r.inside = true
	r.written = append(r.written, writtenAVP{
		Definition: Definition{
			Name: attribute(e, "name"), Code: max(uint32(code), boundary(err)),
			Mandatory: mandatory, Line: r.line, Column: r.column,
		},
		vendor: attribute(e, "vendor-id"),
	})
}

// boundary stands for a code that could not be read, and was told already.
func boundary(err error) uint32 {
	if err != nil {
		return 1
	}
	return 0
}

// ofAVP reads what stands in a definition.
func (r *xmlReader) ofAVP(e xml.StartElement) {
	d := &r.written[len(r.written)-1].Definition
	switch e.Name.Local {
	case "data":
		d.Type = attribute(e, "type")
	case "type":
		d.Type = attribute(e, "type-name")
	case "grouped":
		d.Type = "Grouped"
	case "rule":
		d.Members = append(d.Members, attribute(e, "avp"))
	case "gavp":
		d.Members = append(d.Members, attribute(e, "name"))
	case "item", "enum":
		r.value(d, attribute(e, "name"), attribute(e, "code"))
	}
}

// value reads a named value. Numbers from 2^31 on are written so, and as negative ones.
func (r *xmlReader) value(d *Definition, name, digits string) {
	number, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || number < -1<<31 || number >= 1<<32 {
		r.fault("value %s of AVP %s: the code is a number of 32 bits, not %q", name, d.Name, digits)
		return
	}
	if d.Values == nil {
		d.Values = map[string]int32{}
	}
	d.Values[name] = int32(uint32(number))
}

// finish finds out the vendors and types that are names.
func (r *xmlReader) finish() []Definition {
	out := make([]Definition, 0, len(r.written))
	for i := range r.written {
		w := &r.written[i]
		r.line, r.column = w.Line, w.Column
		number, err := strconv.ParseUint(w.vendor, 10, 32)
		w.Vendor = uint32(number)
		if known, named := r.vendors[w.vendor]; named {
			w.Vendor = known
		} else if err != nil {
			r.fault("AVP %s: no vendor is called %q; write its enterprise number", w.Name, w.vendor)
		}
		w.Type = r.standard(w.Type)
		if format, known := kindNamed(w.Type); known && len(w.Values) > 0 && !format.counts() {
			// Wireshark names values of texts and octets too, for people only.
			w.Values = nil
		}
		out = append(out, w.Definition)
	}
	return out
}

// standard follows a type of the file to one of the standards.
func (r *xmlReader) standard(name string) string {
	for range len(r.parents) + 1 {
		if _, known := kindNamed(name); known {
			return name
		}
		switch name {
		case "IPAddress":
			return "Address"
		case "AppId", "VendorId":
			return "Unsigned32"
		case "OctetStringOrUTF8":
			return "OctetString"
		}
		parent := r.parents[name]
		if parent == "" {
			return name
		}
		name = parent
	}
	return name
}
