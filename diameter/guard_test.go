package diameter

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

// with changes octets of a copy of the frame.
func with(frame []byte, change func([]byte)) []byte {
	frame = slices.Clone(frame)
	change(frame)
	return frame
}

func setLength(length int) func([]byte) {
	return func(b []byte) { b[1], b[2], b[3] = byte(length>>16), byte(length>>8), byte(length) }
}

// nestedGroups are groups in one another.
func nestedGroups(depth int) part {
	inner := part(nil)
	for range depth {
		inner = group(avpFailedAVP, inner)
	}
	return inner
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	proxy := group(avpProxyInfo, words(280, "relay.example.org"), words(33, "state1"))
	dwrWith := func(parts ...part) []byte {
		return message(header{flags: flagRequest, command: commandDeviceWatchdog},
			append(peerOrigin("client.example.org"), parts...)...)
	}
	command := func(code, application uint32, flags byte) []byte {
		return message(header{
			flags: flags, command: code, application: application,
			hopByHop: 7, endToEnd: 8,
		}, words(avpOriginHost, "a"), proxy, words(avpSessionID, "s;1"))
	}
	cases := map[string]struct {
		frame  []byte
		result charging.Result
		failed uint64
		closed bool
		bare   bool // the answer has the E bit
	}{
		"length 0":  {frame: with(dwr(), setLength(0)), result: 5015, closed: true},
		"length 19": {frame: with(dwr(), setLength(19)), result: 5015, closed: true},
		"length 16 and no more": {
			frame: with(dwr(), setLength(16))[:16], result: 5015, closed: true,
		},
		"length no multiple of 4": {frame: with(dwr(), setLength(41)), result: 5015, closed: true},
		"length above the limit": {
			frame: with(ccr(1, 0), setLength(65540)), result: 5015, closed: true,
		},
		"length 16 MiB less one": {
			frame: with(ccr(1, 0), setLength(1<<24-1)), result: 5015, closed: true,
		},
		"version 2":          {frame: with(dwr(), func(b []byte) { b[0] = 2 }), result: 5011},
		"version 2 of a CCR": {frame: with(ccr(1, 0), func(b []byte) { b[0] = 2 }), result: 5011},
		"an unknown command": {frame: command(999, 4, flagRequest), result: 3001},
		"an STR":             {frame: command(275, 4, flagRequest|flagProxiable), result: 3001},
		"a RAR to us":        {frame: command(commandReAuth, 4, flagRequest), result: 3001},
		"a command of the base protocol that is none": {
			frame: command(300, 0, flagRequest), result: 3001,
		},
		"another application": {frame: command(272, 16777238, flagRequest), result: 3007},
		"another application's command": {
			frame: command(
				316,
				16777251,
				flagRequest|flagProxiable|flagRetransmitted,
			), result: 3007,
		},
		"credit control in the base application": {
			frame:  command(272, 0, flagRequest),
			result: 3007,
		},
		"a DWR in application 4": {
			frame:  command(280, 4, flagRequest),
			result: 3007,
		},
		"the E bit in a request": {
			frame: command(272, 4, flagRequest|flagError), result: 3008,
		},
		"the E bit in a DWR": {
			frame: with(dwr(), func(b []byte) { b[4] |= flagError }), result: 3008,
		},
		"AVP length 0": {
			frame: dwrWith(lengthened(number(avpOriginStateID, 1), 0)), result: 5014,
			failed: avpOriginStateID,
		},
		"AVP length 7": {
			frame: dwrWith(lengthened(number(avpOriginStateID, 1), 7)), result: 5014,
			failed: avpOriginStateID,
		},
		"AVP length beyond the message": {
			frame: dwrWith(lengthened(number(avpOriginStateID, 1), 13)), result: 5014,
			failed: avpOriginStateID,
		},
		"stray octets": {frame: dwrWith(part{0, 0, 1, 22}), result: 5014, failed: avpOriginStateID},
		"a number of 3 octets": {
			frame: dwrWith(octetsOf(avpOriginStateID, make([]byte, 3))), result: 5014,
			failed: avpOriginStateID,
		},
		"a number of 8 octets": {
			frame: dwrWith(long(avpOriginStateID, 1)), result: 5014, failed: avpOriginStateID,
		},
		"a group that holds none": {
			frame: dwrWith(octetsOf(avpProxyInfo, []byte("junk!"))), result: 5014,
			failed: 0x6a756e6b,
		},
		"an address of 1 octet": {
			frame: dwrWith(octetsOf(avpHostIPAddress, []byte{1})), result: 5014,
			failed: avpHostIPAddress,
		},
		"an address of 2 octets": {
			frame: dwrWith(octetsOf(avpHostIPAddress, []byte{0, 1})), result: 5014,
			failed: avpHostIPAddress,
		},
		"a time of 3 octets": {
			frame: dwrWith(octetsOf(avpEventTimestamp, []byte{1, 2, 3})), result: 5014,
			failed: avpEventTimestamp,
		},
		"a vendor AVP without room for the vendor": {
			frame: dwrWith(part{0, 0, 3, 0x75, 0x80, 0, 0, 8}), result: 5014, failed: 885,
		},
		"groups as deep as may be": {frame: dwrWith(nestedGroups(16)), result: 2001},
		"groups too deep": {
			frame: dwrWith(nestedGroups(18)), result: 5004, failed: avpFailedAVP,
		},
		"groups 4000 deep": {
			frame: dwrWith(nestedGroups(4000)), result: 5004, failed: avpFailedAVP,
		},
		"an unknown AVP with the M bit": {
			frame: dwrWith(number(99999, 1)), result: 5001, failed: 99999,
		},
		"an unknown AVP, and another vendor's of that code": {
			frame: dwrWith(
				flagged(octetsOf(avpID(vendor3GPP, 9999), []byte{1}), flagVendor),
				flagged(
					octetsOf(avpID(999, avpHostIPAddress), []byte{1}),
					flagVendor,
				),
			), result: 2001,
		},
		"a mapped address, which the library misreads": {
			frame: dwrWith(octetsOf(
				avpHostIPAddress,
				[]byte{
					0,
					2,
					0,
					0,
					0,
					0,
					0,
					0,
					0,
					0,
					0,
					0,
					0xff,
					0xff,
					127,
					0,
					0,
					1,
				},
			)), result: 2001,
		},
		"an address of a family with 2 octets": {
			frame: dwrWith(octetsOf(avpHostIPAddress, []byte{0, 8, 1, 2})), result: 2001,
		},
		"reserved bits in the header": {
			frame: with(dwr(), func(b []byte) { b[4] |= 0x0f }), result: 2001,
		},
		"a DWR with nothing in it": {
			frame: message(
				header{flags: flagRequest, command: commandDeviceWatchdog},
			), result: 2001,
		},
	}
	d := openDoor(t, Options{})
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := d.connect(t)
			p.send(c.frame)
			answer := p.receive()
			tree := p.expect(answer, c.result)
			if got := failedCode(answer); got != uint32(c.failed) {
				t.Errorf("Failed-AVP shows %d, want %d:\n%s", got, c.failed, tree)
			}
			sameIdentifiers(t, c.frame, answer)
			if c.closed {
				p.expectClosed()
			} else {
				p.expectAlive()
			}
		})
	}
}

func sameIdentifiers(t *testing.T, request, answer []byte) {
	t.Helper()
	if len(request) < headerLength {
		return
	}
	q, a := parseHeader(request), parseHeader(answer)
	if q.hopByHop != a.hopByHop || q.endToEnd != a.endToEnd || q.command != a.command ||
		q.application != a.application || (q.flags^a.flags)&flagProxiable != 0 {
		t.Errorf("the answer's header is %+v, the request's %+v", a, q)
	}
}

func TestAProtocolErrorHasTheGeneralGrammar(t *testing.T) {
	t.Parallel()
	proxies := []part{
		group(avpProxyInfo, words(280, "relay1.example.org"), words(33, "state1")),
		group(avpProxyInfo, words(280, "relay2.example.org"), words(33, "s")),
	}
	p := openDoor(t, Options{}).connect(t)
	p.send(message(
		header{
			flags: flagRequest | flagProxiable | flagRetransmitted, command: 275,
			application: 4, hopByHop: 9, endToEnd: 10,
		},
		words(
			avpOriginHost,
			"client.example.org",
		),
		words(avpSessionID, "s;1;2"),
		proxies[0],
		proxies[1],
	))
	answer := p.receive()
	tree := p.expect(answer, 3001)
	if tree.Flags != "PE" {
		t.Errorf("flags %q, want PE", tree.Flags)
	}
	var names []string
	for _, n := range tree.AVPs {
		names = append(names, n.Name)
	}
	want := []string{
		"Session-Id", "Result-Code", "Origin-Host", "Origin-Realm", "Error-Message",
		"Proxy-Info", "Proxy-Info",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("AVPs of the answer (-want +got):\n%s", diff)
	}
	if !bytes.HasSuffix(answer, append(slices.Clone(proxies[0]), proxies[1]...)) {
		t.Errorf("Proxy-Info came back changed:\n%s", tree)
	}
}

func TestAVersionThatIsNotKnownHasAnAnswerOfItsCommand(t *testing.T) {
	t.Parallel()
	p := openDoor(t, Options{}).connect(t)
	p.send(with(ccr(2, 7), func(b []byte) { b[0] = 3 }))
	tree := p.expect(p.receive(), 5011)
	if tree.Flags != "P" {
		t.Errorf("flags %q, want P alone: 5011 is no protocol error", tree.Flags)
	}
	if diff := cmp.Diff([]string{"7"}, tree.values("CC-Request-Number")); diff != "" {
		t.Errorf("CC-Request-Number (-want +got):\n%s", diff)
	}
}

func TestAnswersToNothingAreIgnored(t *testing.T) {
	t.Parallel()
	p := openDoor(t, Options{}).connect(t)
	for _, code := range []uint32{257, 258, 271, 272, 274, 280, 282, 999} {
		p.send(message(header{command: code, hopByHop: 99}, number(avpResultCode, 2001)))
		p.send(message(header{command: code}, part{1, 2, 3, 4}))
	}
	p.expectAlive()
}

func TestGarbageAmidMessagesResetsTheConnection(t *testing.T) {
	t.Parallel()
	d := openDoor(t, Options{})
	p := d.connect(t)
	p.send([]byte("what is this, and where does it end?"))
	p.expectClosed()
	d.connect(t).expectAlive()
}

func TestFramesInAnyPiecesAreReadWhole(t *testing.T) {
	t.Parallel()
	p := openDoor(t, Options{}).connect(t)
	stream := slices.Concat(dwr(), ccr(1, 0), dwr(), ccr(2, 1), dwr())
	for _, size := range []int{1, 3, 7, 64, len(stream)} {
		for piece := range slices.Chunk(stream, size) {
			p.send(piece)
		}
		for _, want := range []uint32{280, 272, 280, 272, 280} {
			if got := p.receive(); parseHeader(got).command != want {
				t.Fatalf(
					"in pieces of %d: an answer to %d, want %d",
					size,
					parseHeader(got).command,
					want,
				)
			}
		}
	}
}

func TestTheLargestMessageIsServedAndOneLargerIsNot(t *testing.T) {
	t.Parallel()
	largest := func(total int) []byte {
		frame := ccr(1, 0)
		return ccr(1, 0, flagged(octetsOf(avpCCCorrelationID, make([]byte, total-len(frame)-8)), 0))
	}
	p := openDoor(t, Options{}).connect(t)
	p.send(largest(64<<10), largest(64<<10))
	p.expect(p.receive(), 2001)
	p.expect(p.receive(), 2001)
	p.send(largest(64<<10 + 4))
	p.expect(p.receive(), 5015)
	p.expectClosed()
}

func TestAConnectionOverTheLimitIsClosed(t *testing.T) {
	t.Parallel()
	d := openDoor(t, Options{MaxConnections: 1})
	first := d.connect(t)
	if second, err := net.Dial("tcp", d.address); err == nil {
		(&rawPeer{t, second}).expectClosed()
		_ = second.Close()
	}
	first.expectAlive()
	first.send(dpr())
	first.receive()
	first.expectClosed()
	_ = first.Close()
	waitFor(t, func() bool {
		conn, err := net.Dial("tcp", d.address)
		if err != nil {
			return false
		}
		defer conn.Close()
		p := &rawPeer{t, conn}
		_, _ = p.Write(cer())
		_, err = p.read()
		return err == nil
	})
}

// FuzzGuard looks at any octets as a stream: the guard must cut and check them, and what it hands
// the library must be sound.
func FuzzGuard(f *testing.F) {
	f.Add(cer())
	f.Add(slices.Concat(dwr(), ccr(1, 0), dpr()))
	f.Add(slices.Concat(dwr(), with(dwr(), setLength(0))))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, stream []byte) { swallow(t, stream) })
}

// swallow runs a stream of octets through cutting, checking, charging and the library.
func swallow(t testing.TB, stream []byte) (answers int) {
	dictionary := SharedDictionary()
	for len(stream) > 0 {
		length, found := cut(false, stream, 64<<10)
		if found != wholeFrame {
			return answers
		}
		if length < headerLength || length > len(stream) {
			t.Fatalf("cut %d octets of %d", length, len(stream))
		}
		digest(t, dictionary, stream[:length])
		stream = stream[length:]
		answers++
	}
	return answers
}

// digest takes one frame as the guard does, and checks what comes out.
func digest(t testing.TB, dictionary *Dictionary, frame []byte) {
	h := parseHeader(frame)
	if tree := Render(frame); len(frame)%32 == 0 {
		_ = tree.String()
	}
	broken := dictionary.inspect(frame, h.request())
	fault := broken
	if h.request() {
		if headerFault := new(Server).inspectRequest(h); headerFault != nil {
			fault = headerFault
		} else if h.command == commandCreditControl {
			digestCharged(t, frame, h, broken)
			return
		}
	}
	switch {
	case fault == nil && (h.request() || answerable(h.command)):
		readByLibrary(t, dictionary, dictionary.forLibrary(frame, h))
		readCapabilities(frame)
	case h.request():
		soundAnswer(t, h, appendError(nil, frame, h, fault, testSelf))
	}
}

func digestCharged(t testing.TB, frame []byte, h header, broken *refusal) {
	r, proxies := testServer.decoder.decode(bytes.Clone(frame), testTime)
	if broken != nil && r.Refused == nil && len(proxies) == 0 {
		// Proxy-Info is the relays' own: it goes back as it came, whatever is in it.
		t.Fatalf("decode finds nothing wrong, the guard %q in %x", broken.message, frame)
	}
	soundAnswer(t, h, appendAnswer(nil, plainAnswer(r), h, proxies, testSelf))
	Attributes(frame).Lookup("Service-Information.IMS-Information.Role-Of-Node")
}

var testServer = NewServer(Options{OriginHost: testSelf.host, OriginRealm: testSelf.realm})

// soundAnswer checks that an answer can be read again, and repeats what it must.
func soundAnswer(t testing.TB, h header, answer []byte) {
	a := parseHeader(answer)
	switch {
	case len(answer)%4 != 0 || int(binary.BigEndian.Uint32(answer)&0xffffff) != len(answer):
		t.Fatalf("the answer's length is wrong: %x", answer)
	case a.request() || a.flags&flagRetransmitted != 0 || a.hopByHop != h.hopByHop ||
		a.endToEnd != h.endToEnd || a.command != h.command:
		t.Fatalf("header of the answer %+v, of the request %+v", a, h)
	}
	if _, err := resultOf(answer); err != nil {
		t.Fatalf("the answer has no result: %x", answer)
	}
	for rest := answer[headerLength:]; len(rest) > 0; {
		_, next, ok := nextAVP(rest)
		if !ok {
			t.Fatalf("the answer cannot be read: %x", answer)
		}
		rest = next
	}
}

func TestTheChargerHearsWhatIsRefused(t *testing.T) {
	t.Parallel()
	heard := make(chan *charging.Request, 10)
	charger := chargerFunc(
		func(_ context.Context, r *charging.Request, reply func(*charging.Answer)) {
			heard <- r
			reply(plainAnswer(r))
		},
	)
	p := openDoor(t, Options{Charger: charger}).connect(t)
	p.send(ccr(2, 3, lengthened(number(avpTerminationCause, 1), 13)))
	tree := p.expect(p.receive(), 5014)
	if tree.Flags != "P" {
		t.Errorf("flags of the CCA are %q, want P", tree.Flags)
	}
	r := <-heard
	if r.Refused == nil || r.Refused.Result != 5014 || r.Type != charging.Update ||
		r.Key.Number != 3 {
		t.Errorf("the Charger heard %+v, want update 3 refused with 5014", r)
	}
	p.send(without(avpCCRequestNumber, 2))
	p.expect(p.receive(), charging.MissingAVP)
	if len(heard) != 0 {
		t.Errorf("the Charger heard of a request without a number: %+v", <-heard)
	}
}
