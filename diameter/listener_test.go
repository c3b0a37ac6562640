package diameter

import (
	"bytes"
	"context"
	"net"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

// checkOrigin checks who an answer or a request comes from.
func checkOrigin(t *testing.T, tree *Tree, host, realm string) {
	t.Helper()
	got := append(tree.values("Origin-Host"), tree.values("Origin-Realm")...)
	if diff := cmp.Diff([]string{host, realm}, got); diff != "" {
		t.Errorf("origin of %s (-want +got):\n%s", tree.Name, diff)
	}
}

func TestEachListenerHasItsOwnIdentityInAllThatItSays(t *testing.T) {
	t.Parallel()
	first := openDoor(t, Options{})
	second := first.listenAs(t, "ocs2.example.com", "example.com")
	for _, side := range []struct {
		door        *door
		host, realm string
		loop        string
	}{
		{first, testSelf.host, testSelf.realm, "OCS.example.net"},
		{second, "ocs2.example.com", "example.com", "OCS2.example.com"},
	} {
		p := side.door.dial(t)
		for _, request := range []struct {
			frame  []byte
			result charging.Result
		}{
			{cerWithout(avpProductName), charging.MissingAVP},
			{cer(), charging.Success},
			{dwr(), charging.Success},
			{ccr(1, 0), charging.Success},
			{ccr(1, 0, words(avpRouteRecord, side.loop)), resultLoopDetected},
			{with(dwr(), func(b []byte) { b[0] = 2 }), resultUnsupportedVersion},
			{message(header{flags: flagRequest, command: 275, application: 4}), resultCommandUnsupported},
			{dpr(), charging.Success},
		} {
			p.send(request.frame)
			checkOrigin(t, p.expect(p.receive(), request.result), side.host, side.realm)
		}
	}
}

func TestARouteRecordOfTheOtherListenerIsNoLoop(t *testing.T) {
	t.Parallel()
	d := openDoor(t, Options{}).listenAs(t, "ocs2.example.com", "example.com")
	p := d.connect(t)
	p.send(ccr(1, 0, words(avpRouteRecord, testSelf.host)))
	p.expect(p.receive(), charging.Success)
}

func TestARequestOfOursCarriesTheIdentityOfThePeersListener(t *testing.T) {
	t.Parallel()
	d := openDoor(t, Options{}).listenAs(t, "ocs2.example.com", "example.com")
	p := d.connect(t)
	done := make(chan error, 1)
	go func() {
		_, err := d.Reauthorize(context.Background(), charging.SessionID{ID: "s"},
			charging.Origin{Host: "client.example.org", Realm: "example.org"})
		done <- err
	}()
	checkOrigin(t, p.answerNext(2001), "ocs2.example.com", "example.com")
	if err := <-done; err != nil {
		t.Errorf("Reauthorize() = %v, want nil", err)
	}
}

func TestARepeatByTheOtherListenerDiffersInItsOriginOnly(t *testing.T) {
	t.Parallel()
	first := openDoor(t, Options{})
	second := first.listenAs(t, "ocs2.example.com", "example.com")
	var answers [][]byte
	for _, d := range []*door{first, second} {
		p := d.connect(t)
		p.send(ccr(1, 0))
		answers = append(answers, p.receive())
	}
	there := slices.Concat(
		appendString(nil, 0, avpOriginHost, "ocs2.example.com"),
		appendString(nil, 0, avpOriginRealm, "example.com"))
	here := slices.Concat(
		appendString(nil, 0, avpOriginHost, testSelf.host),
		appendString(nil, 0, avpOriginRealm, testSelf.realm))
	translated := endMessage(bytes.Replace(answers[1], there, here, 1), 0)
	if diff := cmp.Diff(Render(answers[0]).String(), Render(translated).String()); diff != "" {
		t.Errorf("beside the origin the answers differ (-first +second):\n%s", diff)
	}
}

func TestIPv6(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ listen, dial, address string }{
		"loopback":              {"[::1]:0", "::1", "::1"},
		"dual stack, by IPv6":   {":0", "::1", "::1"},
		"dual stack, by IPv4":   {":0", "127.0.0.1", "127.0.0.1"},
		"IPv4 alone, as before": {"127.0.0.1:0", "127.0.0.1", "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := Listen(TCP, c.listen, nil)
			if err != nil {
				t.Skipf("no IPv6 here: %v", err)
			}
			_, port, _ := net.SplitHostPort(l.Addr().String())
			d := openDoorOn(t, Options{}, l)
			d.address = net.JoinHostPort(c.dial, port)
			p := d.dial(t)
			p.send(cer())
			tree := p.expect(p.receive(), charging.Success)
			if diff := cmp.Diff([]string{c.address}, tree.values("Host-IP-Address")); diff != "" {
				t.Errorf("Host-IP-Address (-want +got):\n%s", diff)
			}
			client, err := Dial(context.Background(), d.address, ClientOptions{
				OriginHost: "six.example.org", OriginRealm: "example.org",
			})
			if err != nil {
				t.Fatalf("Dial(%s) = %v, want a client", d.address, err)
			}
			if err := client.Close(); err != nil {
				t.Errorf("Close() = %v, want nil", err)
			}
		})
	}
}

// An address of IPv6 is family 2 and 16 octets (RFC 6733 section 4.3.1).
func TestHostIPAddressOfIPv6(t *testing.T) {
	t.Parallel()
	got := appendHostAddress(nil, avpHostIPAddress, net.ParseIP("2001:db8::7"))
	want := []byte{
		0, 0, 1, 1, 0x40, 0, 0, 26, 0, 2, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Host-IP-Address (-want +got):\n%s", diff)
	}
}

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		transport Transport
		address   string
	}{
		":3868":                        {TCP, ":3868"},
		"tcp://127.0.0.1:0":            {TCP, "127.0.0.1:0"},
		"TLS://[::1]:5658":             {TLS, "[::1]:5658"},
		"sctp://10.0.0.1/10.0.0.2:386": {SCTP, "10.0.0.1/10.0.0.2:386"},
		"sctp://[::1]/[fe80::1]:3868":  {SCTP, "[::1]/[fe80::1]:3868"},
	} {
		transport, address, err := ParseAddress(text)
		if err != nil || transport != want.transport || address != want.address {
			t.Errorf("ParseAddress(%q) = %s, %s, %v, want %v", text, transport, address, err, want)
		}
	}
	for _, text := range []string{
		"", "3868", "udp://127.0.0.1:0", "tls://", "tls://host", "::1:3868",
		"10.0.0.1/10.0.0.2", "sctp://10.0.0.1:1/10.0.0.2", "sctp://",
	} {
		if _, _, err := ParseAddress(text); err == nil {
			t.Errorf("ParseAddress(%q) = nil, want an error", text)
		}
	}
}

// strictAbout are settings that want every client strict.
func strictAbout(charging.Origin) *charging.Settings {
	return &charging.Settings{Strictness: charging.Strict}
}

// RFC 6733 section 6.1.4: a request for another host is another's, be it the other listener.
func TestAStrictServerIsWhoItsListenerSays(t *testing.T) {
	t.Parallel()
	first := openDoor(t, Options{Settings: strictAbout, Realms: []string{"ims.example.net"}})
	second := first.listenAs(t, "ocs2.example.com", "example.com")
	to := func(host, realm string) []byte {
		frame := appendTo(without(avpDestinationRealm, 1), words(avpDestinationHost, host))
		return appendTo(frame, words(avpDestinationRealm, realm))
	}
	for _, c := range []struct {
		door        *door
		host, realm string
		want        charging.Result
	}{
		{first, testSelf.host, testSelf.realm, charging.Success},
		{first, testSelf.host, "ims.example.net", charging.Success},
		{first, "ocs2.example.com", testSelf.realm, charging.UnableToDeliver},
		{first, testSelf.host, "example.com", resultRealmNotServed},
		{second, "OCS2.example.com", "example.com", charging.Success},
		{second, testSelf.host, "example.com", charging.UnableToDeliver},
		{second, "ocs2.example.com", testSelf.realm, resultRealmNotServed},
	} {
		p := c.door.connect(t)
		p.send(to(c.host, c.realm))
		p.expect(p.receive(), c.want)
	}
}

// To a client of a failover pair the two listeners are two servers.
func TestAConnectionToEachListenerIsNoSecondOne(t *testing.T) {
	t.Parallel()
	for _, setting := range []DuplicatePeer{RejectDuplicate, ReplaceDuplicate} {
		first := openDoor(t, Options{DuplicatePeer: setting})
		second := first.listenAs(t, "ocs2.example.com", "example.com")
		here, there := first.connect(t), second.connect(t)
		here.expectAlive()
		there.expectAlive()
		again := second.dial(t)
		again.send(cer())
		if setting == RejectDuplicate {
			again.expect(again.receive(), resultElectionLost)
			there.expectAlive()
		} else {
			again.expect(again.receive(), charging.Success)
			there.expectClosed()
		}
		here.expectAlive()
	}
}

func TestOfManyConnectionsAtOnceOneIsTheFirst(t *testing.T) {
	t.Parallel()
	d := openDoor(t, Options{DuplicatePeer: RejectDuplicate})
	results := make(chan uint32, 16)
	for range cap(results) {
		p := d.dial(t)
		go func() {
			_, _ = p.Write(cer())
			result := uint32(0)
			if answer, err := p.read(); err == nil {
				result, _ = resultOf(answer)
			}
			results <- result
		}()
	}
	seen := make(map[uint32]int)
	for range cap(results) {
		seen[<-results]++
	}
	want := map[uint32]int{2001: 1, uint32(resultElectionLost): cap(results) - 1}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("results of the CEAs (-want +got):\n%s", diff)
	}
}

func TestASecondConnectionByThePeersOwnSettings(t *testing.T) {
	t.Parallel()
	d := openDoor(t, Options{Settings: func(o charging.Origin) *charging.Settings {
		if o.Host == "client.example.org" {
			return &charging.Settings{DuplicatePeer: charging.DuplicateReject}
		}
		return nil
	}})
	d.connect(t)
	second := d.dial(t)
	second.send(cer())
	second.expect(second.receive(), resultElectionLost)
	second.expectClosed()
	for range 2 {
		other := d.dial(t)
		other.send(cerFrom("other.example.org", number(avpAuthApplicationID, 4)))
		other.expect(other.receive(), charging.Success)
	}
}
