package diameter

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

// An answeredCase is an answer that breaks one rule, and one that nearly does.
type answeredCase struct {
	raises    string
	asked     []byte // nil: a CCR-U that asks for Rating-Group 100
	bad, fine []byte // nil: a sound answer
	also      []string
}

// answeredAt is when servers answer in these tests.
func answeredAt() time.Time { return testTime }

func judgedRules(found []charging.Finding) []string {
	rules := []string{}
	for _, f := range found {
		rules = append(rules, f.Rule)
	}
	slices.Sort(rules)
	return rules
}

func testAnswered(t *testing.T, cases []answeredCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.raises, func(t *testing.T) {
			t.Parallel()
			i := NewServerInspector(SharedDictionary)
			asked, fine := c.asked, c.fine
			if asked == nil {
				asked = asking(2)
			}
			if fine == nil {
				fine = ccaTo(2, 2001)
			}
			want := append([]string{c.raises}, c.also...)
			slices.Sort(want)
			got := judgedRules(i.Answer(asked, c.bad, answeredAt()))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Answer that breaks it (-want +got):\n%s", diff)
			}
			if got := judgedRules(i.Answer(asked, fine, answeredAt())); slices.Contains(got, c.raises) {
				t.Errorf("Answer that nearly breaks it = %v, want none of it", got)
			}
		})
	}
}

// asking is a CCR that asks for units of Rating-Group 100, with more at its end.
func asking(requestType uint32, more ...part) []byte {
	return ccr(requestType, 1, append([]part{mscc(group(avpRequestedServiceUnit))}, more...)...)
}

// ccaTo is a CCA to that: a grant of 300 s, unless it is refused; with more at its end.
func ccaTo(requestType, result uint32, more ...part) []byte {
	parts := answerHead(requestType, result)
	if result == 2001 && requestType != 3 {
		parts = append(parts, serving(time300(), number(avpValidityTime, 3600)))
	}
	return frameOf(flagProxiable, append(parts, more...)...)
}

func answerHead(requestType, result uint32) []part {
	return []part{
		words(avpSessionID, "im.example.net;1;2"),
		number(avpResultCode, result),
		words(avpOriginHost, "ocs.example.net"),
		words(avpOriginRealm, "example.net"),
		number(avpAuthApplicationID, 4),
		number(avpCCRequestType, requestType),
		number(avpCCRequestNumber, 1),
	}
}

// ccaServing is a CCA with 2001 whose one service holds these.
func ccaServing(members ...part) []byte {
	return frameOf(flagProxiable, append(answerHead(2, 2001), serving(members...))...)
}

// serving is a service of an answer that is served.
func serving(members ...part) part {
	return mscc(append([]part{number(avpResultCode, 2001)}, members...)...)
}

func gsu(units ...part) part { return group(avpGrantedServiceUnit, units...) }

func time300() part { return gsu(number(avpCCTime, 300)) }

// ccaLacking is the sound answer without one AVP at command level.
func ccaLacking(id uint64) []byte {
	var kept []part
	for _, p := range append(answerHead(2, 2001), serving(time300(), number(avpValidityTime, 3600))) {
		if uint64(binary.BigEndian.Uint32(p)) != id {
			kept = append(kept, p)
		}
	}
	return frameOf(flagProxiable, kept...)
}

// replacing is the sound answer with one AVP at command level in place of another of its kind.
func replacing(with part) []byte {
	frame := ccaLacking(uint64(binary.BigEndian.Uint32(with)))
	return appendTo(frame, with)
}

func TestServerInspectorFindsNothingInSoundAnswers(t *testing.T) {
	t.Parallel()
	i := NewServerInspector(SharedDictionary)
	for _, c := range []struct{ asked, answer []byte }{
		{asking(1), ccaTo(1, 2001)},
		{asking(2), ccaTo(2, 2001)},
		{ccr(3, 1), ccaTo(3, 2001)},
		{asking(2), ccaTo(2, 4012)},
		{asking(2), frameOf(flagProxiable|flagError, answerHead(2, 3004)[:4]...)},
		{nil, ccaTo(2, 2001)},
		{ccr(2, 1), withOctets(ccaTo(2, 5030), 4, 0x60)},
	} {
		if got := i.Answer(c.asked, c.answer, answeredAt()); len(got) > 0 {
			t.Errorf("Answer = %v, want nothing", got)
		}
	}
}

func TestServerInspectorJudgesHeaders(t *testing.T) {
	t.Parallel()
	sound := func() []byte { return ccaTo(2, 2001) }
	testAnswered(t, []answeredCase{
		{raises: "header-version", bad: withOctets(sound(), 0, 2)},
		{raises: "header-reserved-bits", bad: withOctets(sound(), 4, 0x41)},
		{
			raises: "header-length-wrong",
			bad:    withOctets(sound(), 3, 41),
		},
		{raises: "answer-request-bit", bad: withOctets(sound(), 4, 0xc0)},
		{raises: "answer-command-wrong", bad: withOctets(sound(), 5, 0, 1, 2)},
		{raises: "answer-application-wrong", bad: withOctets(sound(), 8, 1, 0, 0, 22)},
		{raises: "answer-end-to-end-wrong", bad: withOctets(sound(), 16, 9)},
		{raises: "answer-proxiable-bit-changed", bad: withOctets(sound(), 4, 0)},
		{raises: "answer-retransmission-bit", bad: withOctets(sound(), 4, 0x50)},
		{
			raises: "answer-error-bit-missing",
			bad:    frameOf(flagProxiable, answerHead(2, 3004)...),
			fine:   frameOf(flagProxiable|flagError, answerHead(2, 3004)...),
		},
		{
			raises: "answer-error-bit-misplaced", bad: withOctets(sound(), 4, 0x60),
			fine: frameOf(flagProxiable|flagError, answerHead(2, 5005)...),
		},
		{
			raises: "avp-padding-not-zero",
			bad: ccaTo(2, 2001, withOctets(
				flagged(words(avpErrorMessage, "no"), 0), 10, 0xff)),
			fine: ccaTo(2, 2001, flagged(words(avpErrorMessage, "no"), 0)),
		},
		{
			raises: "avp-mandatory-unknown", bad: ccaTo(2, 2001, words(60000, "new")),
			fine: ccaTo(2, 2001, flagged(words(60000, "new"), 0)),
		},
		{
			raises: "enumeration-out-of-range",
			bad:    ccaTo(2, 2001, number(avpCCSessionFailover, 7)),
			fine:   ccaTo(2, 2001, number(avpCCSessionFailover, 1)),
		},
	})
}

func TestServerInspectorJudgesWhatIsGivenBack(t *testing.T) {
	t.Parallel()
	proxy := func(host string) part { return group(avpProxyInfo, words(280, host), words(33, "x")) }
	late := answerHead(2, 4012)
	late[0], late[1] = late[1], late[0]
	sub := func(id uint64) part { return long(avpCCSubSessionID, id) }
	testAnswered(t, []answeredCase{
		{raises: "session-id-missing", bad: ccaLacking(avpSessionID)},
		{raises: "session-id-not-first", bad: frameOf(flagProxiable, late...)},
		{
			raises: "answer-session-id-wrong",
			bad: frameOf(flagProxiable, append([]part{words(avpSessionID, "im.example.net;1;3")},
				answerHead(2, 4012)[1:]...)...),
		},
		{raises: "origin-missing", bad: ccaLacking(avpOriginRealm)},
		{raises: "answer-request-type-wrong", bad: replacing(number(avpCCRequestType, 3))},
		{raises: "answer-request-number-wrong", bad: ccaLacking(avpCCRequestNumber)},
		{
			raises: "answer-sub-session-wrong", asked: asking(2, sub(1)), bad: ccaTo(2, 2001),
			fine: ccaTo(2, 2001, sub(1)),
		},
		{raises: "answer-auth-application-wrong", bad: replacing(number(avpAuthApplicationID, 16777238))},
		{
			raises: "answer-proxy-info-missing", asked: asking(2, proxy("a")),
			bad: ccaTo(2, 2001, proxy("b")), fine: ccaTo(2, 2001, proxy("a")),
		},
		{
			raises: "answer-proxy-info-order", asked: asking(2, proxy("a"), proxy("b")),
			bad:  ccaTo(2, 2001, proxy("b"), proxy("a")),
			fine: ccaTo(2, 2001, proxy("a"), proxy("b")),
		},
		{
			raises: "answer-avp-too-often", bad: ccaTo(2, 2001, number(avpResultCode, 2001)),
			fine: ccaTo(2, 2001, words(avpRouteRecord, "a"), words(avpRouteRecord, "b")),
		},
		{
			raises: "answer-avp-of-requests",
			bad:    ccaTo(2, 2001, words(avpDestinationRealm, "example.net")),
		},
	})
}

func TestServerInspectorJudgesResults(t *testing.T) {
	t.Parallel()
	experimental := func(code uint32) part {
		return group(avpExperimentalResult, number(avpVendorID, 10415),
			number(avpExperimentalResultCode, code))
	}
	failed := group(avpFailedAVP, words(avpOriginHost, "x"))
	testAnswered(t, []answeredCase{
		{raises: "answer-without-result", bad: ccaLacking(avpResultCode)},
		{
			raises: "experimental-result-alone",
			bad:    appendTo(ccaLacking(avpResultCode), experimental(2001)),
		},
		{raises: "two-results", bad: ccaTo(2, 4012, experimental(4012))},
		{raises: "result-class-unknown", bad: ccaTo(2, 6001), fine: ccaTo(2, 4012)},
		{raises: "result-of-other-application", bad: ccaTo(2, 5065), fine: ccaTo(2, 5031)},
		{
			raises: "failed-avp-missing", bad: ccaTo(2, 5005), fine: ccaTo(2, 5005, failed),
		},
		{
			raises: "redirect-host-missing",
			bad:    frameOf(flagProxiable|flagError, answerHead(2, 3006)...),
			fine: frameOf(flagProxiable|flagError,
				append(answerHead(2, 3006), words(avpRedirectHost, "aaa://b.example.net"))...),
		},
		{
			raises: "result-of-service-wrong",
			bad: frameOf(flagProxiable,
				append(answerHead(2, 2001), mscc(number(avpResultCode, 5002)))...),
			fine: frameOf(flagProxiable,
				append(answerHead(2, 2001), mscc(number(avpResultCode, 5031)))...),
		},
		{
			raises: "served-beside-refusal",
			bad:    ccaTo(2, 4012, serving(time300(), number(avpValidityTime, 3600))),
			fine:   ccaTo(2, 4012),
		},
		{
			raises: "refused-at-both-levels",
			bad:    ccaTo(2, 4012, mscc(number(avpResultCode, 4012))),
			fine: frameOf(flagProxiable,
				append(answerHead(2, 2001), mscc(number(avpResultCode, 4012)))...),
		},
	})
}

// cea is a sound answer to cer, with an application at its end.
func cea(without uint64, application part) []byte {
	h := header{command: commandCapabilitiesExchange}
	var kept []part
	for _, p := range []part{
		number(avpResultCode, 2001), words(avpOriginHost, "ocs.example.net"),
		words(avpOriginRealm, "example.net"),
		octetsOf(avpHostIPAddress, []byte{0, 1, 192, 0, 2, 1}), number(avpVendorID, 0),
		flagged(words(avpProductName, "ocs"), 0), application,
	} {
		if uint64(binary.BigEndian.Uint32(p)) != without {
			kept = append(kept, p)
		}
	}
	return message(h, kept...)
}

func TestServerInspectorJudgesPeers(t *testing.T) {
	t.Parallel()
	four := number(avpAuthApplicationID, 4)
	pair := group(avpVendorSpecificApplicationID, number(avpVendorID, vendor3GPP), four)
	asked := cerFrom("im.example.net", pair)
	for i := range 8 {
		asked[12+i] = 0
	}
	testAnswered(t, []answeredCase{
		{
			raises: "capabilities-answer-incomplete", asked: asked, bad: cea(avpHostIPAddress, pair),
			fine: cea(0, pair),
		},
		{
			raises: "capabilities-answer-without-credit-control", asked: asked,
			bad: cea(0, number(avpAuthApplicationID, 16777238)), fine: cea(0, pair),
		},
		{
			raises: "capabilities-vendor-application-missing", asked: asked, bad: cea(0, four),
			fine: cea(0, number(avpAuthApplicationID, relayApplication)),
		},
	})
}

func TestServerInspectorJudgesRequests(t *testing.T) {
	t.Parallel()
	type summoned struct {
		raises    string
		bad, fine []byte
	}
	parts := func(without uint64, kind part) (kept []part) {
		for _, p := range []part{
			words(avpSessionID, "im.example.net;1;2"), words(avpOriginHost, "ocs.example.net"),
			words(avpOriginRealm, "example.net"), words(avpDestinationRealm, "example.net"),
			words(avpDestinationHost, "im.example.net"), number(avpAuthApplicationID, 4), kind,
		} {
			if len(p) > 0 && uint64(binary.BigEndian.Uint32(p)) != without {
				kept = append(kept, p)
			}
		}
		return kept
	}
	h := header{flags: flagRequest | flagProxiable, command: commandReAuth, application: 4}
	authorize := func() part { return number(avpReAuthRequestType, 0) }
	rar := func(without uint64) []byte { return message(h, parts(without, authorize())...) }
	asr := header{flags: flagRequest | flagProxiable, command: commandAbortSession, application: 4}
	for _, c := range []summoned{
		{raises: "reauthorization-type-wrong", bad: rar(avpReAuthRequestType), fine: rar(0)},
		{
			raises: "reauthorization-type-wrong",
			bad:    message(h, parts(0, number(avpReAuthRequestType, 1))...),
			fine:   message(asr, parts(0, nil)...),
		},
		{raises: "server-request-misrouted", bad: rar(avpDestinationHost), fine: rar(0)},
		{raises: "server-request-application-wrong", bad: rar(avpAuthApplicationID), fine: rar(0)},
		{
			raises: "server-request-application-wrong", bad: withOctets(rar(0), 8, 0, 0, 0, 0),
			fine: rar(0),
		},
		{raises: "session-id-missing", bad: rar(avpSessionID), fine: rar(0)},
		{raises: "origin-missing", bad: rar(avpOriginHost), fine: rar(0)},
		{raises: "request-not-proxiable", bad: withOctets(rar(0), 4, 0x80), fine: rar(0)},
		{raises: "error-bit-in-request", bad: withOctets(rar(0), 4, 0xe0), fine: rar(0)},
		{raises: "base-request-proxiable", bad: withOctets(dwr(), 4, 0xc0), fine: dwr()},
		{
			raises: "disconnect-cause-missing", fine: dpr(),
			bad: message(header{flags: flagRequest, command: commandDisconnectPeer},
				peerOrigin("ocs.example.net")...),
		},
	} {
		i := NewServerInspector(SharedDictionary)
		if diff := cmp.Diff([]string{c.raises}, judgedRules(i.Request(c.bad))); diff != "" {
			t.Errorf("Request that breaks %s (-want +got):\n%s", c.raises, diff)
		}
		if got := judgedRules(i.Request(c.fine)); len(got) > 0 {
			t.Errorf("Request beside %s = %v, want nothing", c.raises, got)
		}
	}
}

// Each way of making an answer wrong is found, whatever else it is.
func TestServerInspectorFindsEveryPreset(t *testing.T) {
	t.Parallel()
	for preset, rule := range map[string]string{
		"wrong-session-id": "answer-session-id-wrong", "wrong-end-to-end": "answer-end-to-end-wrong",
		"wrong-number": "answer-request-number-wrong", "wrong-type": "answer-request-type-wrong",
		"wrong-command": "answer-command-wrong", "wrong-application": "answer-application-wrong",
		"wrong-version": "header-version", "no-origin-host": "origin-missing",
		"no-origin-realm": "origin-missing", "no-session-id": "session-id-missing",
		"no-result-code": "answer-without-result", "no-request-number": "answer-request-number-wrong",
		"session-id-last": "session-id-not-first", "experimental-result": "experimental-result-alone",
		"result-twice": "answer-avp-too-often", "unknown-mandatory-avp": "avp-mandatory-unknown",
		"t-flag": "answer-retransmission-bit", "e-flag": "answer-error-bit-misplaced",
		"r-flag": "answer-request-bit", "bad-avp-length": "avp-length-wrong",
		"short-avp-length": "avp-length-wrong", "bad-length": "header-length-wrong",
		"short-length": "header-length-wrong", "giant-length": "header-length-wrong",
		"giant-avp-length": "avp-length-wrong", "cut-off": "header-length-wrong",
		"dirty-padding": "avp-padding-not-zero", "garbage": "header-version",
		// What its Hop-by-Hop Identifier should be is known only on its connection.
		"wrong-hop-by-hop": "",
	} {
		if err := CheckPreset(preset); err != nil {
			t.Error(err)
		}
		got := judgedRules(NewServerInspector(SharedDictionary).Answer(
			asking(2), malformed(ccaTo(2, 2001), preset), answeredAt()))
		if rule != "" && !slices.Contains(got, rule) {
			t.Errorf("Answer with the preset %s = %v, want %s", preset, got, rule)
		}
	}
	if len(Presets()) != 29 {
		t.Errorf("%d presets, of which this test knows 29", len(Presets()))
	}
}

func TestServerInspectorTakesAnyOctets(t *testing.T) {
	t.Parallel()
	i := NewServerInspector(SharedDictionary)
	whole := ccaTo(2, 2001, group(avpFailedAVP, words(avpOriginHost, "x")))
	for length := range whole {
		i.Answer(asking(2), whole[:length], answeredAt())
		i.Answer(bytes.Clone(whole), withOctets(whole, length, 0xff), answeredAt())
		i.Request(withOctets(whole, length, 0xff))
	}
}
