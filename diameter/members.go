package diameter

// members are the AVPs of a group or of a message, for those who look at several of them together.
type members []avp

// membersOf cuts a group as far as it can be followed. What does not fit its type is left out, so
// that all that is there can be read.
func (x *definitionIndex) membersOf(data []byte) (all members) {
	for rest := data; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			break
		}
		rest = next
		if definition := x.find(a.vendor, a.code); definition == nil || definition.kind.fits(a.data) {
			all = append(all, a)
		}
	}
	return all
}

// all are the members of one kind.
func (m members) all(id uint64) (found members) {
	for i := range m {
		if m[i].id() == id {
			found = append(found, m[i])
		}
	}
	return found
}

// first is the first member of a kind; nil: there is none.
func (m members) first(id uint64) *avp {
	for i := range m {
		if m[i].id() == id {
			return &m[i]
		}
	}
	return nil
}

// has reports whether one of these kinds is there.
func (m members) has(ids ...uint64) bool {
	for _, id := range ids {
		if m.first(id) != nil {
			return true
		}
	}
	return false
}

// number is the value of an Unsigned32 or Enumerated; false: it is not there.
func (m members) number(id uint64) (uint32, bool) {
	a := m.first(id)
	if a == nil || len(a.data) != 4 {
		return 0, false
	}
	return a.uint32(), true
}

// text is the value of a member as text, or nothing.
func (m members) text(id uint64) string {
	if a := m.first(id); a != nil {
		return string(a.data)
	}
	return ""
}
