package ocssim_test

import (
	"strings"
	"testing"
)

// TestGrammarJudges shows the judge one sound answer and many that are wrong in one place.
func TestGrammarJudges(t *testing.T) {
	t.Parallel()
	g := theGrammar(t)
	if wrong := g.judge(soundAnswer(nil)); len(wrong) > 0 {
		t.Errorf("judge of a sound answer = %q, want nothing", wrong)
	}
	for _, test := range []struct {
		claim string
		frame []byte
		want  string
	}{
		{"a second Result-Code", soundAnswer(func(m *message) {
			m.number(resultCode, 2001)
		}), "Result-Code 2 times"},
		{"a Destination-Host", soundAnswer(func(m *message) {
			m.text(destinationHost, "im.example.net")
		}), "Destination-Host, which its grammar does not name"},
		{"an AVP that nobody knows", soundAnswer(func(m *message) {
			m.number(name{vendor3GPP, 65000}, 1)
		}), "AVP 65000 of vendor 10415"},
		{"an enumerated value that nobody defined", soundAnswer(func(m *message) {
			m.number(name{0, 422}, 2)
		}), "Check-Balance-Result has the value 2"},
		{"CC-Time in eight octets", soundAnswer(func(m *message) {
			m.group(mscc, func() { m.group(grantedUnits, func() { m.long(ccTime, 60) }) })
		}), "CC-Time of format Unsigned32"},
		{"two grants for a service", soundAnswer(func(m *message) {
			m.group(mscc, func() {
				m.group(grantedUnits, func() {})
				m.group(grantedUnits, func() {})
			})
		}), "Granted-Service-Unit 2 times"},
		{"Cost-Information without a currency", soundAnswer(func(m *message) {
			m.group(name{0, 423}, func() {
				m.group(name{0, 445}, func() { m.long(name{0, 447}, 5) })
			})
		}), "Cost-Information lacks Currency-Code"},
		{"Error-Message with the M flag", soundAnswer(func(m *message) {
			m.text(name{0, 281}, "no")
		}), "M flag of Error-Message is true"},
		{"padding that is not zero", spoiled(soundAnswer(func(m *message) {
			m.text(name{0, 1}, "abc")
		}), -1, 1), "an AVP does not fit"},
		{"an AVP with the P flag", spoiled(soundAnswer(nil), 20+4, 0x60), "the flags 0x60"},
		{"an AVP without the M flag", spoiled(soundAnswer(nil), 20+4, 0), "M flag of Session-Id"},
		{"2001 with the E flag", spoiled(soundAnswer(nil), 4, 0x60), "2001 comes with the E flag"},
		{"the T flag", spoiled(soundAnswer(nil), 4, 0x50), "T flag"},
		{"nothing as an example of what is missing", missing(), "Origin-Host without data"},
		{"Session-Id behind another", sessionSecond(), "Session-Id at place 1"},
	} {
		t.Run(test.claim, func(t *testing.T) {
			t.Parallel()
			wrong := strings.Join(g.judge(test.frame), "\n")
			if !strings.Contains(wrong, test.want) {
				t.Errorf("judge = %q, want a sentence with %q", wrong, test.want)
			}
		})
	}
}

func soundAnswer(more func(*message)) []byte {
	m := newMessage(creditControl, flagProxiable, creditControlApplication)
	m.text(sessionID, "im;1;1")
	m.number(resultCode, 2001)
	restOfAnswer(m)
	if more != nil {
		more(m)
	}
	return m.frame(1, 2)
}

func restOfAnswer(m *message) {
	m.text(originHost, "ocs.example.net")
	m.text(originRealm, "example.net")
	m.number(authApplicationID, creditControlApplication)
	m.number(ccRequestType, initialRequest)
	m.number(ccRequestNumber, 0)
}

func sessionSecond() []byte {
	m := newMessage(creditControl, flagProxiable, creditControlApplication)
	m.number(resultCode, 2001)
	m.text(sessionID, "im;1;1")
	restOfAnswer(m)
	return m.frame(1, 2)
}

func missing() []byte {
	m := newMessage(creditControl, flagProxiable, creditControlApplication)
	m.text(sessionID, "im;1;1")
	m.number(resultCode, 5005)
	restOfAnswer(m)
	m.group(name{0, 279}, func() { m.text(originHost, "") })
	return m.frame(1, 2)
}

// spoiled changes one octet; a place below zero counts from the end.
func spoiled(frame []byte, place int, octet byte) []byte {
	if place < 0 {
		place += len(frame)
	}
	frame[place] = octet
	return frame
}

// TestGrammarJudgesPairs shows the judge a request and answers that do not belong to it.
func TestGrammarJudgesPairs(t *testing.T) {
	t.Parallel()
	asked := ccr{session: "im;1;1", subscriber: "1", kind: initialRequest, proxy: "state"}
	request := asked.frame(1, 2)
	state, _ := find(request, proxyInfo)
	sound := func() []byte {
		return soundAnswer(func(m *message) {
			m.group(proxyInfo, func() { m.raw(string(state.data)) })
		})
	}
	if wrong := judgePair(request, sound()); len(wrong) > 0 {
		t.Errorf("judgePair of a sound answer = %q, want nothing", wrong)
	}
	for _, test := range []struct {
		claim  string
		answer []byte
		want   string
	}{
		{"no Proxy-Info", soundAnswer(nil), "Proxy-Info is"},
		{"another End-to-End-Id", spoiled(sound(), 19, 3), "End-to-End-Id"},
		{"no P flag", spoiled(sound(), 4, 0), "P flag of the answer"},
		{"another Session-Id", spoiled(sound(), 28, 'x'), "Session-Id is"},
	} {
		wrong := strings.Join(judgePair(request, test.answer), "\n")
		if !strings.Contains(wrong, test.want) {
			t.Errorf("%s: judgePair = %q, want a sentence with %q", test.claim, wrong, test.want)
		}
	}
}
