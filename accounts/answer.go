package accounts

import (
	"github.com/ocs-sim/ocs-sim/charging"
)

// answers are the requests answered in a session, so that repeats get the same answer again. The
// last ones are in memory; older ones are found by walking the session's chain of entries.
type answers struct {
	keys  []answered // oldest first, at most limits.requests
	last  []byte     // binary form of the last answer; nil: it is in the database
	older bool       // there are requests before the first of keys,
	low   uint32     // with numbers from low
	high  uint32     // to high
}

// answered is what is known of a request that was answered.
type answered struct {
	number      uint32
	endToEnd    uint32
	fingerprint uint64
	entry       int64
}

// remember adds a request and drops the oldest beyond the limit.
func (a *answers) remember(k answered, answer []byte, limit int) {
	if len(a.keys) >= limit {
		a.age(a.keys[0].number)
		copy(a.keys, a.keys[1:])
		a.keys[len(a.keys)-1] = k
	} else {
		a.keys = append(a.keys, k)
	}
	a.last = answer
}

func (a *answers) age(number uint32) {
	if !a.older {
		a.older, a.low, a.high = true, number, number
		return
	}
	a.low, a.high = min(a.low, number), max(a.high, number)
}

// find looks among the requests in memory. walk says that an older one may have this number.
func (a *answers) find(number uint32) (k answered, found, walk bool) {
	for i := len(a.keys) - 1; i >= 0; i-- {
		if a.keys[i].number == number {
			return a.keys[i], true, false
		}
	}
	return answered{}, false, a.older && number >= a.low && number <= a.high
}

// previous is the entry that holds the last answer, 0 if there is none.
func (a *answers) previous() int64 {
	if len(a.keys) == 0 {
		return 0
	}
	return a.keys[len(a.keys)-1].entry
}

// answer finds the answer given to a request of a session. Ones that are neither in memory nor
// waiting to be written are read from the database, under the lock: that is rare and takes some
// ten microseconds for each entry.
func (l *Ledger) answer(s *session, number uint32) (charging.Prior, bool, error) {
	k, found, walk := s.find(number)
	if found {
		if s.last != nil && k.entry == s.previous() {
			return prior(k, s.last), true, nil
		}
		row, err := l.entryAnswer(k.entry)
		return prior(k, row.answer), err == nil, err
	}
	if !walk {
		return charging.Prior{}, false, nil
	}
	return l.walkAnswers(s.keys[0].entry, number)
}

// walkAnswers follows the chain of a session's answers back from an entry.
func (l *Ledger) walkAnswers(entry int64, number uint32) (charging.Prior, bool, error) {
	for entry != 0 {
		row, err := l.entryAnswer(entry)
		if err != nil {
			return charging.Prior{}, false, err
		}
		if row.number == number {
			return prior(row.answered, row.answer), true, nil
		}
		entry = row.previous
	}
	return charging.Prior{}, false, nil
}

// answerRow is an entry's answer with its key.
type answerRow struct {
	answered
	previous int64
	answer   []byte
}

// entryAnswer reads an entry that waits for the committer, or one on disk.
func (l *Ledger) entryAnswer(entry int64) (answerRow, error) {
	for _, b := range []*batch{l.waiting, l.writing} {
		if r := b.entry(entry); r != nil {
			return answerRow{r.answered(), r.previous, r.answer}, nil
		}
	}
	return l.readers.answer(entry)
}

func prior(k answered, answer []byte) charging.Prior {
	return charging.Prior{
		Fingerprint: k.fingerprint, EndToEnd: k.endToEnd, Entry: k.entry, Answer: answer,
	}
}
