package recording_test

import (
	"slices"
	"strings"
	"testing"
)

// What no line can say stands as a comment, and costs nothing of the rest.
func TestImportLeavesOddMessagesAside(t *testing.T) {
	t.Parallel()
	const service = "Multiple-Services-Credit-Control."
	r := newReel(t)
	r.exchange("1", "0")
	odd := r.ccr("2", "1", service+"Trigger.Trigger-Type=-1")
	r.fromClient(odd)
	r.fromServer(r.cca(odd))
	r.exchange("2", "2", service+"G-S-U-Pool-Reference.Unit-Value.Value-Digits=-3")
	r.exchange("2", "3")
	got := r.imported()
	text := string(got.Text)
	for _, want := range []string{
		"# packet 3 is not played: > update s1 ", "# not played: < 2001 rg=100 ",
		"> update s1 number=2 ", "< any  # packet 6\n", "> update s1 rg=100 ",
		"  # packet 7\n< 2001 rg=100 2001 grant=300s",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	var packets []int
	for _, one := range got.Unproved {
		if strings.Contains(one.Why, "trigger=4294967295") || strings.Contains(one.Why, "pool=0*-3e0") {
			packets = append(packets, one.Packet)
		}
	}
	if want := []int{3, 5}; !slices.Equal(packets, want) {
		t.Errorf("unproved in packets %v, want %v of %+v", packets, want, got.Unproved)
	}
}
