package diameter

import (
	"testing"

	"github.com/ocs-sim/ocs-sim/charging"
)

// FuzzDecode feeds the decoder frames of any content: it must not panic, must say something about
// whatever it cannot read, and whatever it makes must be answerable by a frame that is sound.
func FuzzDecode(f *testing.F) {
	f.Add(benchmarkFrame())
	f.Add(ccr(1, 0, requestedMoney(1, 13)))
	f.Add(ccr(4, 0, number(avpRequestedAction, 0), subscriberPart(charging.E164, "1")))
	f.Add(without(avpSessionID, 1))
	f.Add(ccr(2, 1, lengthened(words(avpUserName, "alice"), 400)))
	f.Add([]byte{1, 0, 0, 4})
	f.Add(ccr(1, 0, octetsOf(avpHostIPAddress, nil)))
	d := newDecoder(SharedDictionary(), testSelf)
	f.Fuzz(func(t *testing.T, frame []byte) {
		r, proxies := d.decode(frame, testTime)
		answer := &charging.Answer{Key: r.Key, Type: r.Type, Result: charging.Success}
		if r.Refused != nil {
			answer.Result, answer.Failed = r.Refused.Result, r.Refused.Failed
			answer.Message = r.Refused.Message
		} else if r.Type == 0 || !d.dictionary.shapes.sound(frame[headerLength:], 0) {
			t.Fatalf("decode(% x) finds nothing wrong with a frame that is not sound", frame)
		}
		h := header{command: commandCreditControl}
		if len(frame) >= headerLength {
			h = parseHeader(frame)
		}
		encoded := appendAnswer(nil, answer, h, proxies, testSelf)
		if len(proxies) > 0 {
			return // they come back as they came, sound or not
		}
		if fault := SharedDictionary().inspectFromServer(encoded); fault != nil {
			t.Fatalf("the answer to % x is not sound: %s\n% x", frame, fault.message, encoded)
		}
	})
}

// FuzzParseAnswer feeds the client's side.
func FuzzParseAnswer(f *testing.F) {
	for _, answer := range answersOnRecord() {
		f.Add(appendAnswer(nil, answer, header{command: commandCreditControl}, nil, testSelf))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		if a, err := ParseAnswer(frame); (a == nil) == (err == nil) {
			t.Fatalf("ParseAnswer(% x) = %v, %v, want an answer or an error", frame, a, err)
		}
	})
}

// sound says without the decoder whether all lengths of a CCR fit and no unknown AVP has the M bit.
// Proxy-Info belongs to the relays and goes back as it came, whatever is in it.
func (s *shapes) sound(members []byte, depth int) bool {
	for rest := members; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			return false
		}
		rest = next
		switch shape := s.of(a.vendor, a.code); {
		case shape == unknownShape:
			if a.flags&flagMandatory != 0 {
				return false
			}
		case shape != groupShape:
			if !shape.fits(a.data) {
				return false
			}
		case depth > 0 || a.id() != avpProxyInfo:
			if depth == maxGroups || !s.sound(a.data, depth+1) {
				return false
			}
		}
	}
	return true
}
