package ocssim_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A grammar is what the dictionaries in testdata/peers say of messages. They are written from the
// standards and not from the product, and Erlang's diameter is compiled from the same files.
type grammar struct {
	avps     map[name]*avpRule
	named    map[string]*avpRule
	messages map[messageKind]*production
	failed   *production // that of protocol errors
	groups   map[string]*production
}

type messageKind struct {
	command uint32
	request bool
}

// An avpRule is a line of @avp_types, and the values of an enumeration.
type avpRule struct {
	name
	word, format string
	mandatory    bool
	values       map[uint32]bool
}

// A production is what a message or a group may hold.
type production struct {
	word      string
	proxiable bool
	members   []member
	open      bool // holds a "* [ AVP ]"
}

// A member of a production; most is 0 where there is no limit.
type member struct {
	word        string
	first       bool // has a fixed place
	least, most int
}

func (p *production) member(word string) *member {
	for i := range p.members {
		if p.members[i].word == word {
			return &p.members[i]
		}
	}
	return nil
}

// standards are read once for all tests, which only look at them.
var standards = sync.OnceValues(func() (*grammar, error) {
	g := &grammar{
		avps: map[name]*avpRule{}, named: map[string]*avpRule{},
		messages: map[messageKind]*production{}, groups: map[string]*production{},
	}
	for _, file := range []string{"ocs_base.dia", "ocs_credit_control.dia"} {
		text, err := os.ReadFile("testdata/peers/" + file)
		if err != nil {
			return nil, err
		}
		if err := g.read(string(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return g, nil
})

func theGrammar(t testing.TB) *grammar {
	t.Helper()
	g, err := standards()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// read takes in one dictionary, section by section.
func (g *grammar) read(text string) error {
	var bare strings.Builder
	for line := range strings.Lines(text) {
		said, _, _ := strings.Cut(line, ";")
		bare.WriteString(strings.TrimRight(said, "\n") + "\n")
	}
	for _, section := range strings.Split(bare.String(), "\n@")[1:] {
		title, body, _ := strings.Cut(section, "\n")
		if err := g.section(strings.Fields(title), body); err != nil {
			return fmt.Errorf("@%s: %w", title, err)
		}
	}
	return nil
}

func (g *grammar) section(title []string, body string) error {
	switch title[0] {
	case "avp_types":
		return g.types(body)
	case "avp_vendor_id":
		return g.vendors(title[1], body)
	case "enum":
		return g.enumeration(title[1], body)
	case "messages", "grouped":
		for _, text := range strings.Split(body, "\n\n") {
			if err := g.definition(strings.Fields(text)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *grammar) types(body string) error {
	words := strings.Fields(body)
	for ; len(words) >= 4; words = words[4:] {
		code, err := strconv.ParseUint(words[1], 10, 32)
		if err != nil {
			return err
		}
		rule := &avpRule{
			name: name{0, uint32(code)}, word: words[0], format: words[2],
			mandatory: strings.Contains(words[3], "M"),
		}
		g.named[rule.word] = rule
		g.avps[rule.name] = rule
	}
	return nil
}

func (g *grammar) vendors(id, body string) error {
	vendor, err := strconv.ParseUint(id, 10, 32)
	if err != nil {
		return err
	}
	for _, word := range strings.Fields(body) {
		rule := g.named[word]
		delete(g.avps, rule.name)
		rule.vendor = uint32(vendor)
		g.avps[rule.name] = rule
	}
	return nil
}

func (g *grammar) enumeration(word, body string) error {
	rule, words := g.named[word], strings.Fields(body)
	rule.values = map[uint32]bool{}
	for ; len(words) >= 2; words = words[2:] {
		value, err := strconv.ParseUint(words[1], 10, 32)
		if err != nil {
			return err
		}
		rule.values[uint32(value)] = true
	}
	return nil
}

// definition reads `NAME ::= < Diameter Header: 272, PXY > MEMBERS`, cut into words.
func (g *grammar) definition(words []string) error {
	if len(words) == 0 {
		return nil
	}
	p := &production{word: words[0]}
	end := 3
	for words[end] != ">" {
		end++
	}
	head := words[3:end]
	p.proxiable = strings.Contains(strings.Join(head, " "), "PXY")
	p.read(words[end+1:])
	if head[0] == "AVP" {
		g.groups[p.word] = p
		return nil
	}
	if p.word == "answer-message" {
		g.failed = p
		return nil
	}
	command, err := strconv.ParseUint(strings.TrimSuffix(head[2], ","), 10, 32)
	kind := messageKind{uint32(command), strings.Contains(strings.Join(head, " "), "REQ")}
	g.messages[kind] = p
	return err
}

// read takes the members: `{ X }` once, `[ X ]` at most once, `* [ X ]` any number, `1* { X }` at
// least one, `< X >` once and in its place.
func (p *production) read(words []string) {
	for i := 0; i < len(words); i++ {
		count := ""
		if strings.Contains(words[i], "*") {
			count = words[i]
			i++
		}
		m := member{word: words[i+1], most: 1, first: words[i] == "<"}
		if words[i] != "[" && count != "0*1" {
			m.least = 1
		}
		if strings.HasSuffix(count, "*") {
			m.most = 0
		}
		i += 2
		if m.word == "AVP" {
			p.open = true
			continue
		}
		p.members = append(p.members, m)
	}
}
