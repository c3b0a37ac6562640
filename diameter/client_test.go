package diameter_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
)

const patience = 20 * time.Second

func clientOptions() diameter.ClientOptions {
	return diameter.ClientOptions{
		OriginHost: "im.example.net", OriginRealm: "example.net",
		DestinationRealm: "example.net", Timeout: patience,
	}
}

type chargerFunc func(context.Context, *charging.Request, func(*charging.Answer))

func (f chargerFunc) Charge(
	ctx context.Context, r *charging.Request, reply func(*charging.Answer),
) {
	f(ctx, r, reply)
}

// serve starts our own server and returns its address.
func serve(t *testing.T, charger charging.Charger) (*diameter.Server, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := diameter.NewServer(diameter.Options{
		OriginHost: "ocs.example.net", OriginRealm: "example.net", Charger: charger,
	})
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown() = %v, want nil", err)
		}
		if err := <-served; err != nil {
			t.Errorf("Serve() = %v, want nil", err)
		}
	})
	return s, l.Addr().String()
}

func dial(t *testing.T, address string, o diameter.ClientOptions) *diameter.Client {
	t.Helper()
	c, err := diameter.Dial(context.Background(), address, o)
	if err != nil {
		t.Fatalf("Dial() = %v", err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func initial(session string) *charging.Request {
	return &charging.Request{
		Key:     charging.Key{Session: charging.SessionID{ID: session}},
		Type:    charging.Initial,
		Context: "32260@3gpp.org",
	}
}

func TestAClientIsACharger(t *testing.T) {
	t.Parallel()
	got := make(chan *charging.Request, 1)
	want := &charging.Answer{
		Result: charging.Success,
		Services: []charging.ServiceAnswer{{
			Key: charging.ServiceKey{Group: charging.Known(100)}, Result: charging.Success,
			Granted: []charging.Quantity{{Amount: 300, Unit: charging.Time}}, ValidFor: time.Hour,
		}},
		Cost: charging.Quantity{Amount: 140_000, Unit: "EUR"},
	}
	_, address := serve(t, chargerFunc(
		func(_ context.Context, r *charging.Request, reply func(*charging.Answer)) {
			got <- r
			a := *want
			a.Key, a.Type = r.Key, r.Type
			reply(&a)
		}))
	c := dial(t, address, clientOptions())
	request := initial("s;1")
	request.Subscribers = []charging.Identity{{Type: charging.SIP, Data: "sip:alice@example.com"}}
	answer, err := charging.Ask(context.Background(), c, request)
	if err != nil {
		t.Fatal(err)
	}
	want.Key, want.Type = request.Key, request.Type
	if diff := cmp.Diff(want, answer); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	if r := <-got; r.Origin.Host != "im.example.net" || r.Subscribers[0] != request.Subscribers[0] {
		t.Errorf("the server heard of %v from %v, want what was asked", r.Subscribers, r.Origin)
	}
}

func TestAnswersMayComeInAnyOrder(t *testing.T) {
	t.Parallel()
	const requests = 50
	var mu sync.Mutex
	var replies []func()
	_, address := serve(t, chargerFunc(
		func(_ context.Context, r *charging.Request, reply func(*charging.Answer)) {
			mu.Lock()
			defer mu.Unlock()
			replies = append(replies, func() {
				reply(&charging.Answer{Key: r.Key, Type: r.Type, Result: charging.Success})
			})
			if len(replies) == requests {
				for i := range replies {
					replies[len(replies)-1-i]()
				}
			}
		}))
	c := dial(t, address, clientOptions())
	answers := make(chan *charging.Answer, requests)
	var asked sync.WaitGroup
	for n := range requests {
		asked.Go(func() {
			r := initial("s;1")
			r.Key.Number = uint32(n)
			a, err := charging.Ask(context.Background(), c, r)
			if err != nil || a.Key.Number != uint32(n) {
				t.Errorf("request %d got answer %+v, %v", n, a, err)
			}
			answers <- a
		})
	}
	asked.Wait()
	if len(answers) != requests {
		t.Errorf("%d answers, want %d", len(answers), requests)
	}
}

// A server is one end of a connection of which the test plays the server.
type server struct {
	testing.TB
	net.Conn
	from *bufio.Reader
}

// accept listens, lets a client dial, and answers its CER.
func accept(t *testing.T, o diameter.ClientOptions) (*diameter.Client, *server) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan *server, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		s := &server{t, conn, bufio.NewReader(conn)}
		s.answer(s.read(), 2001)
		accepted <- s
	}()
	c := dial(t, l.Addr().String(), o)
	s := <-accepted
	t.Cleanup(func() { _ = s.Close() })
	return c, s
}

func (s *server) read() []byte {
	_ = s.SetReadDeadline(time.Now().Add(patience))
	frame := make([]byte, 20)
	if _, err := io.ReadFull(s.from, frame); err != nil {
		s.Errorf("the server reads: %v", err)
		return frame
	}
	length := binary.BigEndian.Uint32(frame) & 0xffffff
	frame = append(frame, make([]byte, length-20)...)
	if _, err := io.ReadFull(s.from, frame[20:]); err != nil {
		s.Errorf("the server reads: %v", err)
	}
	return frame
}

func (s *server) send(frame []byte) {
	s.Helper()
	if _, err := s.Write(frame); err != nil {
		s.Errorf("the server writes: %v", err)
	}
}

// answer answers a request with a Result-Code and nothing else.
func (s *server) answer(request []byte, result uint32) {
	s.send(message(request[4]&0x40, binary.BigEndian.Uint32(request[4:])&0xffffff,
		binary.BigEndian.Uint32(request[12:]), resultCode(result)))
}

func resultCode(result uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{0, 0, 1, 12, 0x40, 0, 0, 12}, result)
}

func sessionID(id string) []byte {
	b := append([]byte{0, 0, 1, 7, 0x40, 0, 0, byte(8 + len(id))}, id...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func message(flags byte, command, hopByHop uint32, avps ...[]byte) []byte {
	b := []byte{1, 0, 0, 0}
	b = binary.BigEndian.AppendUint32(b, uint32(flags)<<24|command)
	b = append(b, 0, 0, 0, 4)
	b = binary.BigEndian.AppendUint32(b, hopByHop)
	b = append(b, 0, 0, 0, 0)
	for _, a := range avps {
		b = append(b, a...)
	}
	b[2], b[3] = byte(len(b)>>8), byte(len(b))
	return b
}

func TestAClientAnswersRequestsOfTheServer(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 2)
	o := clientOptions()
	o.ReAuthorize = func(session string) charging.Result {
		asked <- session
		return 2002
	}
	_, s := accept(t, o)
	for _, test := range []struct {
		claim  string
		frame  []byte
		result uint32
		flags  byte
	}{
		{"DWR", message(0x80, 280, 1), 2001, 0},
		{"RAR", message(0xc0, 258, 2, sessionID("s;1")), 2002, 0x40},
		{"ASR", message(0xc0, 274, 3, sessionID("s;2")), 2001, 0x40},
		{"STR", message(0xc0, 275, 4, sessionID("s;3")), 3001, 0x60},
		{"DPR", message(0x80, 282, 5), 2001, 0},
	} {
		s.send(test.frame)
		answer := s.read()
		if string(answer[5:8]) != string(test.frame[5:8]) ||
			string(answer[12:16]) != string(test.frame[12:16]) {
			t.Errorf(
				"%s is answered by % x, want its command and Hop-by-Hop",
				test.claim,
				answer[:20],
			)
		}
		if answer[4] != test.flags {
			t.Errorf("%s: flags of the answer = %#x, want %#x", test.claim, answer[4], test.flags)
		}
		if !strings.Contains(string(answer), string(resultCode(test.result))) {
			t.Errorf("%s: no Result-Code %d in % x", test.claim, test.result, answer)
		}
	}
	if got := <-asked; got != "s;1" {
		t.Errorf("re-authorisation of session %q, want s;1", got)
	}
}

func TestAnAnswerAlwaysComes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		claim  string
		server func(s *server, request []byte)
		want   string
	}{
		{"when the server closes", func(s *server, _ []byte) { _ = s.Close() }, "EOF"},
		{"when it says goodbye", func(s *server, _ []byte) {
			s.send(message(0x80, 282, 5))
			s.read()
			_ = s.Close()
		}, "the server disconnected"},
		{
			"when what it sends is no Diameter",
			func(s *server, _ []byte) { s.send([]byte("HTTP/1.1 400\r\n")) },
			"cannot be read",
		},
		{
			"when a length is impossible",
			func(s *server, _ []byte) { s.send([]byte{1, 0, 0, 3}) },
			"cannot be read",
		},
		{
			"when a length is unbearable",
			func(s *server, _ []byte) { s.send([]byte{1, 255, 255, 252}) },
			"cannot be read",
		},
		{"when an AVP leaves the message", func(s *server, r []byte) {
			s.send(message(0x40, 272, binary.BigEndian.Uint32(r[12:]), []byte{0, 0, 1, 7, 0x40, 0, 1, 0}))
		}, "bad message"},
		{"when the answer is to something else", func(s *server, r []byte) {
			s.send(message(0, 280, binary.BigEndian.Uint32(r[12:]), resultCode(2001)))
		}, "no answer to a CCR"},
	} {
		t.Run(test.claim, func(t *testing.T) {
			t.Parallel()
			c, s := accept(t, clientOptions())
			got := make(chan *charging.Answer, 2)
			request := initial("s;9")
			c.Charge(context.Background(), request, func(a *charging.Answer) { got <- a })
			test.server(s, s.read())
			a := <-got
			if a.Result != 0 || a.Key != request.Key || !strings.Contains(a.Message, test.want) {
				t.Errorf("answer = result %d, key %v, %q; want no result, the request's key, %q",
					a.Result, a.Key, a.Message, test.want)
			}
		})
	}
}

func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	c, s := accept(t, clientOptions())
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		s.read()
		cancel()
	}()
	got := make(chan *charging.Answer, 1)
	c.Charge(ctx, initial("s;1"), func(a *charging.Answer) { got <- a })
	if a := <-got; a.Message != context.Canceled.Error() {
		t.Errorf("answer after the context ended = %q, want %q", a.Message, context.Canceled)
	}

	o := clientOptions()
	o.Timeout = 50 * time.Millisecond
	c, _ = accept(t, o)
	c.Charge(context.Background(), initial("s;1"), func(a *charging.Answer) { got <- a })
	if a := <-got; a.Message != diameter.ErrNoAnswer.Error() {
		t.Errorf("answer after the time = %q, want %q", a.Message, diameter.ErrNoAnswer)
	}
	if err := c.Err(); err != nil {
		t.Errorf("a late answer ends the connection with %v, want it to live", err)
	}
}

func TestExchangeLeavesFramesAlone(t *testing.T) {
	t.Parallel()
	c, s := accept(t, clientOptions())
	frame := message(0xff, 9999, 0xcafe, []byte("rubbish!"))
	got := make(chan []byte, 1)
	go func() {
		answer, err := c.Exchange(context.Background(), frame)
		if err != nil {
			t.Errorf("Exchange() = %v", err)
		}
		got <- answer
	}()
	if seen := s.read(); string(seen) != string(frame) {
		t.Errorf("the server sees % x, want % x", seen, frame)
	}
	if _, err := c.Exchange(context.Background(), frame); err == nil {
		t.Error("a second exchange with the same identifier is let through, want an error")
	}
	want := message(0x20, 9999, 0xcafe, resultCode(3001))
	s.send(want)
	if answer := <-got; string(answer) != string(want) {
		t.Errorf("Exchange() = % x, want % x", answer, want)
	}
}

func TestCloseTakesLeave(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var sent, received []uint32
	o := clientOptions()
	o.Tap = func(out bool, frame []byte) {
		mu.Lock()
		defer mu.Unlock()
		command := binary.BigEndian.Uint32(frame[4:]) & 0xffffff
		if out {
			sent = append(sent, command)
		} else {
			received = append(received, command)
		}
	}
	_, address := serve(t, chargerFunc(
		func(context.Context, *charging.Request, func(*charging.Answer)) {}))
	c := dial(t, address, o)
	if err := c.Close(); err != nil {
		t.Errorf("Close() = %v, want nil", err)
	}
	<-c.Done()
	if !errors.Is(c.Err(), diameter.ErrClosed) {
		t.Errorf("Err() = %v, want ErrClosed", c.Err())
	}
	a, err := charging.Ask(context.Background(), c, initial("s;1"))
	if err != nil || a.Message != diameter.ErrClosed.Error() {
		t.Errorf("a request after Close gets %+v, %v, want ErrClosed", a, err)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, seen := range [][]uint32{sent, received} {
		if diff := cmp.Diff([]uint32{257, 282}, seen); diff != "" {
			t.Errorf("commands seen by the tap (-want +got):\n%s", diff)
		}
	}
}

func TestDialFailsWhereCapabilitiesAreRefused(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		s := &server{t, conn, bufio.NewReader(conn)}
		s.answer(s.read(), 5010)
	}()
	_, err = diameter.Dial(context.Background(), l.Addr().String(), clientOptions())
	if err == nil || !strings.Contains(err.Error(), "DIAMETER_NO_COMMON_APPLICATION") {
		t.Errorf("Dial() = %v, want DIAMETER_NO_COMMON_APPLICATION", err)
	}
}
