package diameter

import "encoding/binary"

// Torn is what Rewrite calls octets that are no whole AVP.
const Torn = "octets of no AVP"

// Rewrite returns the frame with other data in its AVPs: change is called with each AVP that is no
// group, by its name, and returns what it is to hold. An AVP that is not known has no name, and is
// a group where it holds nothing but AVPs. Octets that are no AVP are called Torn.
func (d *Dictionary) Rewrite(frame []byte, change func(name string, data []byte) []byte) []byte {
	if len(frame) < headerLength {
		return frame
	}
	out := append(make([]byte, 0, len(frame)), frame[:headerLength]...)
	out = d.rewrite(out, frame[headerLength:], change, 0)
	length := binary.BigEndian.Uint32(frame)&0xffffff + uint32(len(out)) - uint32(len(frame))
	binary.BigEndian.PutUint32(out, uint32(frame[0])<<24|length&0xffffff)
	return out
}

func (d *Dictionary) rewrite(
	dst, members []byte, change func(string, []byte) []byte, depth int,
) []byte {
	for rest := members; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			return append(dst, change(Torn, rest)...)
		}
		rest = next
		start := len(dst)
		dst = append(dst, a.raw[:len(a.raw)-len(a.data)]...)
		known, found := d.find(a.vendor, a.code)
		switch {
		case depth < maxGroups && (found && known.kind == grouped || !found && HoldsAVPs(a.data)):
			dst = d.rewrite(dst, a.data, change, depth+1)
			// What is torn inside may have any length.
			dst = endAVP(dst, start)
		case found:
			dst = endAVP(append(dst, change(known.name, a.data)...), start)
		default:
			dst = endAVP(append(dst, change("", a.data)...), start)
		}
	}
	return dst
}

// HoldsAVPs reports whether octets are nothing but AVPs.
func HoldsAVPs(data []byte) bool {
	for rest := data; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok || a.code == 0 {
			return false
		}
		rest = next
	}
	return len(data) > 0
}
