package conversation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// quotaDemand reports whether the word is one of those of a grant that few grants have.
func quotaDemand(key string) bool {
	switch key {
	case "pool", "consumption", "unused", "mechanism", "announce", "tariff":
		return true
	}
	return false
}

// quotaWords writes what few grants have.
func quotaWords(words []string, s *charging.ServiceAnswer) []string {
	if s.Tariff.Known {
		words = append(words, "tariff="+sideWord(s.Tariff))
	}
	if q := s.Quota; q != nil {
		for _, key := range []string{"pool", "consumption", "unused", "mechanism"} {
			if word := quotaWord(key, q); word != "none" {
				words = append(words, key+"="+word)
			}
		}
	}
	if len(s.Announcements) > 0 {
		words = append(words, "announce="+announceWords(s.Announcements))
	}
	return words
}

func sideWord(side charging.Number) string {
	for _, word := range charging.TariffSides() {
		if side.Known && word.Number == side.Value {
			return word.Text
		}
	}
	return "none"
}

// quotaWord is the value of one word of a quota.
func quotaWord(key string, q *charging.Quota) string {
	switch {
	case q == nil:
	case key == "pool" && q.Pool != nil:
		word := strconv.FormatUint(uint64(q.Pool.ID), 10)
		if one := (charging.Decimal{Digits: 1}); q.Pool.Multiplier != one {
			word += "*" + q.Pool.Multiplier.String()
		}
		return word
	case key == "consumption" && q.ConsumptionTime.Known:
		return strconv.FormatInt(q.ConsumptionTime.Value, 10) + "s"
	case key == "unused" && q.UnusedTimer.Known:
		return strconv.FormatInt(q.UnusedTimer.Value, 10) + "s"
	case key == "mechanism" && q.Mechanism != nil:
		kind := strconv.FormatUint(uint64(q.Mechanism.Type), 10)
		for _, word := range charging.TimeMechanisms() {
			if word.Number == int64(q.Mechanism.Type) {
				kind = word.Text
			}
		}
		return kind + "/" + strconv.FormatUint(uint64(q.Mechanism.Interval), 10) + "s"
	}
	return "none"
}

// announceWords are the numbers of announcements, each with what else is said of it.
func announceWords(all []charging.Announcement) string {
	words := make([]string, len(all))
	for i := range all {
		words[i] = announceWord(&all[i])
	}
	return strings.Join(words, ",")
}

func announceWord(a *charging.Announcement) string {
	word := strconv.FormatUint(uint64(a.ID), 10)
	for i := range a.Parts {
		word += "(" + strconv.FormatUint(uint64(a.Parts[i].Type), 10) + ":" + a.Parts[i].Value
		if a.Parts[i].Order.Known {
			word += "@" + strconv.FormatInt(a.Parts[i].Order.Value, 10)
		}
		word += ")"
	}
	for _, part := range []struct {
		name   string
		number charging.Number
	}{
		{"at", a.At},
		{"quota", a.Quota},
		{"order", a.Order},
		{"play", a.Play},
		{"privacy", a.Private},
	} {
		if part.number.Known {
			word += "/" + part.name + ":" + strconv.FormatInt(part.number.Value, 10)
		}
	}
	if a.Language != "" {
		word += "/" + a.Language
	}
	return word
}

// quota compares a word that few grants have. Times may be written in any way; of an announcement
// the number is enough.
func (d *Demand) quota(a *charging.ServiceAnswer) []string {
	var said string
	well := false
	switch d.Key {
	case "tariff":
		said = sideWord(a.Tariff)
	case "announce":
		said = orNone(announceWords(a.Announcements))
		well = len(a.Announcements) > 0 && d.Value == announcementNumbers(a.Announcements)
	default:
		said = quotaWord(d.Key, a.Quota)
		seconds, err := parseSeconds(d.Value)
		well = err == nil && said == strconv.FormatInt(seconds, 10)+"s"
	}
	well = well || said == d.Value || d.Value == "any" && said != "none"
	return unless(well, "%s=%s, want %s", d.Key, said, d.Value)
}

func announcementNumbers(all []charging.Announcement) string {
	numbers := make([]uint32, len(all))
	for i := range all {
		numbers[i] = all[i].ID
	}
	return numberWords(numbers)
}

// failureWords writes what a client is to do without answers, and what else few answers have.
func failureWords(words []string, a *charging.Answer) []string {
	for _, key := range []string{"ccfh", "ddfh", "failover", "expires", "cost-unit"} {
		if word := failureWord(key, a); word != "none" {
			words = append(words, key+"="+word)
		}
	}
	return words
}

func failureWord(key string, a *charging.Answer) string {
	var number charging.Number
	var names []charging.Word
	switch {
	case key == "expires" && !a.Expires.IsZero():
		return a.Expires.UTC().Format(time.RFC3339)
	case key == "cost-unit" && a.Unit != "":
		return a.Unit
	case a.Failure == nil:
	case key == "ccfh":
		number, names = a.Failure.Session, charging.SessionFailures()
	case key == "ddfh":
		number, names = a.Failure.Debit, charging.DebitFailures()
	case key == "failover":
		number, names = a.Failure.Failover, charging.Failovers()
	}
	at := slices.IndexFunc(names, func(w charging.Word) bool { return w.Number == number.Value })
	switch {
	case !number.Known:
		return "none"
	case at < 0:
		return strconv.FormatInt(number.Value, 10)
	}
	return names[at].Text
}

// readPool checks the value of pool=: a number, and a multiplier behind a star.
func readPool(value string) error {
	id, multiplier, given := strings.Cut(value, "*")
	_, err := parseNumber(id, 32)
	if err == nil && given {
		_, err = charging.ParseDecimal(multiplier)
	}
	if err != nil {
		return fmt.Errorf("a pool is written 1 or 1*2.5: %w", err)
	}
	return nil
}
