package charging

import (
	"strconv"
	"strings"
)

// A Word is what people write for a number of the protocol.
type Word struct {
	Text   string
	Number int64
}

// Words are the words for numbers that follow one another, from first on.
func Words(first int64, texts ...string) []Word {
	words := make([]Word, len(texts))
	for i, text := range texts {
		words[i] = Word{text, first + int64(i)}
	}
	return words
}

// Roles are the words for Role-Of-Node (TS 32.299).
func Roles() []Word { return Words(0, "originating", "terminating", "forwarding") }

// ServiceTypes are the words for Application-Service-Type (OMA DDS section 6.2.4).
func ServiceTypes() []Word {
	return Words(100, "sending", "receiving", "retrieval", "inviting", "leaving", "joining")
}

// TriggerTypes are the words for those Trigger-Types that instant messaging needs.
func TriggerTypes() []Word {
	return []Word{
		{"media", TriggerMedia},
		{"participants", TriggerParticipants},
		{"disarmed", TriggersDisarmed},
	}
}

// TariffSides are the words for Tariff-Change-Usage (RFC 8506 section 8.27).
func TariffSides() []Word { return Words(0, "before", "after", "straddling") }

// NumberOf reads one of the words, in any case of letters, or a number of at most 31 bits.
func NumberOf(text string, words []Word) (number int64, ok bool) {
	for _, word := range words {
		if strings.EqualFold(text, word.Text) {
			return word.Number, true
		}
	}
	value, err := strconv.ParseUint(text, 10, 31)
	return int64(value), err == nil
}

// Listed are all the words, for people who wrote another.
func Listed(words []Word) string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = word.Text
	}
	return strings.Join(texts, ", ")
}
