package diameter

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Preset is a way in which an answer can be wrong on purpose.
type Preset struct {
	Name string
	Does string // one sentence
	make func(frame []byte) []byte
}

// Presets are all ways, by name.
func Presets() []Preset {
	all := []Preset{
		{"wrong-session-id", "Session-Id is another one than the request's.", wrongSessionID},
		{"wrong-hop-by-hop", "The Hop-by-Hop Identifier is one that nobody waits for.", inHeader(
			func(f []byte) { f[12] ^= 0xff })},
		{
			"wrong-end-to-end",
			"The End-to-End Identifier is another one than the request's.",
			inHeader(
				func(f []byte) { f[16] ^= 0xff }),
		},
		{"wrong-number", "CC-Request-Number is one more than the request's.", wrongNumber},
		{
			"wrong-type",
			"CC-Request-Type is EVENT_REQUEST, or UPDATE_REQUEST for an event.",
			wrongType,
		},
		{"wrong-command", "The command is Re-Auth in place of Credit-Control.", inHeader(
			func(f []byte) { binary.BigEndian.PutUint32(f[4:], flagsAndCommand(f)&^0xffffff|commandReAuth) },
		)},
		{"wrong-application", "The header's application is 16777238 (Gx).", inHeader(
			func(f []byte) { binary.BigEndian.PutUint32(f[8:], 16777238) })},
		{"wrong-version", "The header's version is 2.", inHeader(func(f []byte) { f[0] = 2 })},
		{"no-origin-host", "Origin-Host is missing.", lacking("Origin-Host")},
		{"no-origin-realm", "Origin-Realm is missing.", lacking("Origin-Realm")},
		{"no-session-id", "Session-Id is missing.", lacking("Session-Id")},
		{"no-result-code", "Result-Code is missing at command level.", lacking("Result-Code")},
		{"no-request-number", "CC-Request-Number is missing.", lacking("CC-Request-Number")},
		{"session-id-last", "Session-Id is the last AVP, not the first.", edited(
			charging.Edit{Op: EditMove, Path: "Session-Id", Value: "last"})},
		{
			"experimental-result",
			"Experimental-Result of vendor 10415 stands in place of Result-Code.",
			experimentalOnly,
		},
		{"result-twice", "Result-Code stands there twice.", edited(
			charging.Edit{Op: EditDuplicate, Path: "Result-Code"})},
		{
			"unknown-mandatory-avp",
			"AVP 65535 of vendor 99999 with the M flag comes last.",
			unknownAVP,
		},
		{"t-flag", "The T flag is set, which no answer may have.", headerFlagged("T")},
		{"e-flag", "The E flag is set although the result is no protocol error.", headerFlagged("E")},
		{"r-flag", "The R flag is set, so that the answer looks like a request.", headerFlagged("R")},
		{"bad-avp-length", "The last AVP's length reaches 8 octets beyond the message.", inHeader(
			func(f []byte) { stretchLast(f, 8) })},
		{"short-avp-length", "The first AVP's length is 7, less than its header.", inHeader(
			shortenFirst)},
		{"bad-length", "The message's length is no multiple of 4: one less than it is.", inHeader(
			func(f []byte) { writeLength(f, len(f)-1) })},
		{"short-length", "The message's length is 4 less than there is.", inHeader(
			func(f []byte) { writeLength(f, len(f)-4) })},
		{
			"giant-length",
			"The message's length is 16777212, the most its 24 bits can say.",
			inHeader(
				func(f []byte) { writeLength(f, 0xfffffc) }),
		},
		{
			"giant-avp-length",
			"The last AVP's length is 16777215, the most its 24 bits can say.",
			inHeader(
				func(f []byte) { stretchLast(f, 0xffffff) }),
		},
		{"cut-off", "The second half of the message never comes.", halved},
		{"dirty-padding", "The octets of padding are not zero.", inHeader(dirtyPadding)},
		{"garbage", "As many octets as the answer has, none of them Diameter.", inHeader(
			func(f []byte) { copy(f, strings.Repeat("HTTP/1.1 200 OK\r\n\r\n", len(f)/19+1)) })},
	}
	slices.SortFunc(all, func(a, b Preset) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// CheckPreset says that there is no preset of a name, and which there are.
func CheckPreset(name string) error {
	var names []string
	for _, p := range Presets() {
		if p.Name == name {
			return nil
		}
		names = append(names, p.Name)
	}
	return fmt.Errorf("no preset %q; there are %s", name, strings.Join(names, ", "))
}

// malformed returns the answer made wrong; a name that is none leaves it as it is.
func malformed(frame []byte, name string) []byte {
	for _, p := range Presets() {
		if p.Name == name {
			return p.make(frame)
		}
	}
	return frame
}

// inHeader makes a preset of a change of octets in a copy.
func inHeader(change func(frame []byte)) func([]byte) []byte {
	return func(frame []byte) []byte {
		out := slices.Clone(frame)
		change(out)
		return out
	}
}

func edited(edits ...charging.Edit) func([]byte) []byte {
	return func(frame []byte) []byte {
		wrong, _ := SharedDictionary().amend(frame, edits)
		return wrong
	}
}

func lacking(path string) func([]byte) []byte {
	return edited(charging.Edit{Op: EditRemove, Path: path})
}

func headerFlagged(letters string) func([]byte) []byte {
	return edited(charging.Edit{Op: EditFlags, Value: letters})
}

func flagsAndCommand(frame []byte) uint32 { return binary.BigEndian.Uint32(frame[4:]) }

func writeLength(frame []byte, length int) {
	frame[1], frame[2], frame[3] = byte(length>>16), byte(length>>8), byte(length)
}

func wrongSessionID(frame []byte) []byte {
	id := "nobody"
	if a, _, ok := nextAVP(frame[headerLength:]); ok && a.id() == avpSessionID {
		id = string(a.data)
	}
	return edited(charging.Edit{Op: EditSet, Path: "Session-Id", Value: id + ";wrong"})(frame)
}

func wrongNumber(frame []byte) []byte {
	return replaced(frame, avpCCRequestNumber, func(number uint32) uint32 { return number + 1 })
}

func wrongType(frame []byte) []byte {
	return replaced(frame, avpCCRequestType, func(kind uint32) uint32 {
		if kind == uint32(charging.Event) {
			return uint32(charging.Update)
		}
		return uint32(charging.Event)
	})
}

// replaced gives a number at command level another value.
func replaced(frame []byte, id uint64, change func(uint32) uint32) []byte {
	out := slices.Clone(frame)
	for rest := out[headerLength:]; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			break
		}
		if a.id() == id && len(a.data) == 4 {
			binary.BigEndian.PutUint32(a.data, change(a.uint32()))
		}
		rest = next
	}
	return out
}

func experimentalOnly(frame []byte) []byte {
	result, err := resultOf(frame)
	if err != nil {
		return frame
	}
	return edited(
		charging.Edit{Op: EditRemove, Path: "Result-Code"},
		charging.Edit{Op: EditSet, Path: "Experimental-Result.Vendor-Id", Value: "10415"},
		charging.Edit{
			Op: EditSet, Path: "Experimental-Result.Experimental-Result-Code",
			Value: fmt.Sprint(result),
		},
	)(frame)
}

func unknownAVP(frame []byte) []byte {
	return endMessage(appendUint32(slices.Clone(frame), 99999, 65535, 0), 0)
}

// stretchLast has the last AVP at command level claim so many octets more than it has, or the most
// there can be.
func stretchLast(frame []byte, by int) {
	last := -1
	for at := headerLength; at < len(frame); {
		_, rest, ok := nextAVP(frame[at:])
		if !ok {
			break
		}
		last, at = at, len(frame)-len(rest)
	}
	if last < 0 {
		return
	}
	length := min(avpLength(frame[last:])+by, 0xffffff)
	frame[last+5], frame[last+6], frame[last+7] = byte(length>>16), byte(length>>8), byte(length)
}

// avpLength is what an AVP's header tells of its length, padding aside.
func avpLength(raw []byte) int { return int(raw[5])<<16 | int(raw[6])<<8 | int(raw[7]) }

// shortenFirst gives the first AVP a length that its own header has not.
func shortenFirst(frame []byte) {
	if len(frame) >= headerLength+8 {
		copy(frame[headerLength+5:], []byte{0, 0, 7})
	}
}

func halved(frame []byte) []byte { return slices.Clone(frame[:len(frame)/2]) }

// dirtyPadding fills the padding at command level, which has to be zero (RFC 6733 section 4).
func dirtyPadding(frame []byte) {
	for at := headerLength; at < len(frame); {
		a, rest, ok := nextAVP(frame[at:])
		if !ok {
			return
		}
		end := len(frame) - len(rest)
		for pad := at + len(a.raw); pad < end; pad++ {
			frame[pad] = 0xff
		}
		at = end
	}
}
