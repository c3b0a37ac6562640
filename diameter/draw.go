package diameter

import (
	"fmt"
	"strconv"
	"strings"
)

// String draws the tree as indented lines, an AVP each.
func (t *Tree) String() string {
	var b strings.Builder
	t.writeHeader(&b)
	writeNodes(&b, t.AVPs, 1, func(n *Node) string { return n.Name })
	return b.String()
}

// Draw is String with the code, the vendor and the flags of every AVP.
func (t *Tree) Draw() string {
	var b strings.Builder
	t.writeHeader(&b)
	writeNodes(&b, t.AVPs, 1, (*Node).title)
	return b.String()
}

func (t *Tree) writeHeader(b *strings.Builder) {
	fmt.Fprintf(b, "%s application=%d flags=%s hop-by-hop=%#08x end-to-end=%#08x length=%d",
		t.Name, t.Application, t.Flags, t.HopByHop, t.EndToEnd, t.Length)
	writeFault(b, t.Fault)
}

func writeNodes(b *strings.Builder, nodes []*Node, depth int, title func(*Node) string) {
	for _, n := range nodes {
		b.WriteString(strings.Repeat("  ", depth))
		b.WriteString(title(n))
		if n.Value != "" {
			b.WriteString(": " + strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(n.Value))
		}
		writeFault(b, n.Fault)
		writeNodes(b, n.Children, depth+1, title)
	}
}

// title is the name, and by which vendor and code the AVP goes on the wire, with its flags.
func (n *Node) title() string {
	id := strconv.FormatUint(uint64(n.Code), 10)
	if n.Vendor != 0 {
		id = strconv.FormatUint(uint64(n.Vendor), 10) + ":" + id
	}
	title := n.Name + " (" + id + ")"
	if n.Flags != "" {
		title += " [" + n.Flags + "]"
	}
	return title
}

func writeFault(b *strings.Builder, fault string) {
	if fault != "" {
		b.WriteString(" (fault: " + fault + ")")
	}
	b.WriteString("\n")
}
