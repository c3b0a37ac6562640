package diameter

import "encoding/binary"

// Rewrite returns the frame with other data in its AVPs: change is called with each AVP that is no
// group, by its name, and returns what it is to hold. Octets that are no AVP stay as they are.
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
			return append(dst, rest...)
		}
		rest = next
		start := len(dst)
		dst = append(dst, a.raw[:len(a.raw)-len(a.data)]...)
		known, found := d.find(a.vendor, a.code)
		switch {
		case found && known.kind == grouped && depth < maxGroups:
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
