package diameter_test

import (
	"encoding/binary"
	"runtime/debug"
	"testing"

	"github.com/ocs-sim/ocs-sim/diameter"
)

// nested is a message with so many groups, one in the other.
func nested(groups int) []byte {
	frame := sampleFrame()[:20:20]
	for left := groups; left > 0; left-- {
		frame = binary.BigEndian.AppendUint32(frame, 456)
		frame = binary.BigEndian.AppendUint32(frame, 0x40<<24|uint32(8*left))
	}
	binary.BigEndian.PutUint32(frame, 1<<24|uint32(len(frame)))
	return frame
}

// Whoever writes a capture may put a group into a group as often as a message is long (RFC 6733
// section 4.4 says nothing of how deep).
func TestGroupsMayBeAsDeepAsAMessageIsLong(t *testing.T) {
	t.Parallel()
	debug.SetMaxStack(250 << 20) // as where a word has 32 bits
	deep, flat := nested(2_000_000), sampleFrame()
	d := diameter.SharedDictionary()
	like := diameter.Likeness{Flags: true, Raw: true}
	if !d.Alike(deep, deep, like) || d.Alike(flat, deep, like) {
		t.Error("Alike takes deep groups for something else")
	}
	same := d.Rewrite(deep, func(_ string, data []byte) []byte { return data })
	if !d.Alike(same, deep, like) {
		t.Error("Rewrite changes deep groups that it is told to leave")
	}
}
