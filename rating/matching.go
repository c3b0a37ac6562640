package rating

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// match compiles what a rule is for.
func (c *compiler) match(path string, doc *Match) match {
	m := match{
		contexts:     c.globs(path+".context", doc.Context),
		groups:       c.numbers(path+".rating_group", doc.RatingGroup, names{}),
		services:     c.numbers(path+".service", doc.Service, names{}),
		kind:         kind(c.word(path+".kind", doc.Kind, "any", "session", "event")),
		methods:      c.texts(path+".method", doc.Method),
		types:        c.numbers(path+".application_service_type", doc.Type, serviceTypes()),
		roles:        c.numbers(path+".role", doc.Role, roles()),
		participants: c.numbers(path+".participants", doc.Participants, names{}),
		destinations: c.globs(path+".destination", doc.Destination),
	}
	for _, medium := range c.texts(path+".media", doc.Media) {
		m.media = append(m.media, strings.ToLower(medium))
	}
	for i, name := range doc.Unit {
		if unit := c.unitName(element(path+".unit", i, len(doc.Unit)), name); unit != "" {
			m.units = append(m.units, unit)
		}
	}
	for i, text := range doc.Window {
		w, err := parseWindow(string(text))
		if err != nil {
			c.fault(element(path+".window", i, len(doc.Window)), "%s", err)
			continue
		}
		m.windows = append(m.windows, w)
	}
	m.windows = joinWindows(m.windows)
	for _, avp := range slices.Sorted(maps.Keys(doc.AVP)) {
		m.attributes = append(m.attributes, attribute{avp, c.globs(path+".avp."+avp, doc.AVP[avp])})
	}
	return m
}

// element is the path of an entry of a list; a single entry may stand without brackets.
func element(path string, index, length int) string {
	if length == 1 {
		return path
	}
	return path + "[" + strconv.Itoa(index) + "]"
}

func (c *compiler) texts(path string, list List) []string {
	var got []string
	for i, text := range list {
		if text == "" {
			c.fault(element(path, i, len(list)), "an empty text; leave the key out to match all")
			continue
		}
		got = append(got, string(text))
	}
	return got
}

func (c *compiler) globs(path string, list List) []glob {
	var got []glob
	for _, text := range c.texts(path, list) {
		got = append(got, newGlob(text))
	}
	return got
}

func (c *compiler) numbers(path string, list List, known names) numbers {
	var got numbers
	for i, text := range list {
		s, err := parseSpan(string(text), known)
		if err != nil {
			c.fault(element(path, i, len(list)), "%s", err)
			continue
		}
		got = append(got, s)
	}
	return got
}

// serviceTypes are the names of Application-Service-Type in the context of SIMPLE IM (OMA DDS
// section 6.2.4).
func serviceTypes() names {
	return names{100, []string{
		"SENDING", "RECEIVING", "RETRIEVAL", "INVITING", "LEAVING", "JOINING",
	}}
}

// roles are the names of Role-Of-Node (3GPP TS 32.299).
func roles() names {
	return names{0, []string{"originating", "terminating", "forwarding"}}
}
