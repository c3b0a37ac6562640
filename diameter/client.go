package diameter

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// ClientOptions say who a client is and whom it talks to.
type ClientOptions struct {
	OriginHost, OriginRealm string
	DestinationHost         string // not sent where it is empty
	DestinationRealm        string // OriginRealm where it is empty
	ProductName             string // ocs-sim where it is empty
	// Timeout is how long an answer is waited for, also those to CER and DPR; 0: 10 seconds, which
	// is what RFC 8506 section 13 suggests for Tx.
	Timeout time.Duration
	// Tap is shown every frame, in the order of the wire for each direction. It must not keep or
	// change the frame, and must not block. nil: nobody looks.
	Tap func(sent bool, frame []byte)
	// ReAuthorize is asked for the result of a RAA: 2002 promises a CCR-U, which the caller then
	// sends. Abort is the same for ASA and CCR-T. Neither may block. nil: 2001.
	ReAuthorize, Abort func(session string) charging.Result
	// Summoned is given every RAR and ASR instead, if it is not nil; they are answered with its
	// Reply, now, later or never. It must not block.
	Summoned func(*ServerRequest)
	// TLS is for addresses that begin with tls://. nil: the system's authorities are trusted, and
	// the client shows no certificate. Without ServerName it is the host of the address.
	TLS *tls.Config
	// Dictionary knows the AVPs; nil: SharedDictionary.
	Dictionary *Dictionary
	// WithoutCapabilities leaves the CER to the caller, who may send another or none.
	WithoutCapabilities bool
}

func (o ClientOptions) withDefaults() ClientOptions {
	if o.DestinationRealm == "" {
		o.DestinationRealm = o.OriginRealm
	}
	if o.ProductName == "" {
		o.ProductName = "ocs-sim"
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Dictionary == nil {
		o.Dictionary = SharedDictionary()
	}
	return o
}

// ErrNoAnswer is returned by Exchange where the time for an answer is over.
var ErrNoAnswer = errors.New("no answer came in time")

// ErrClosed is why a client ended that was closed by its owner.
var ErrClosed = errors.New("the Gy client is closed")

// A Client is a credit-control client on one connection. It is a charging.Charger: any number of
// requests may be under way at once, and answers may come in any order. It answers watchdogs,
// re-authorisations, aborts and disconnections by itself.
type Client struct {
	options ClientOptions
	conn    net.Conn
	answers answerReader
	done    chan struct{} // closed when the connection is at its end

	farewell bool // the server said that it will close; only read knows it

	writing sync.Mutex // one frame at a time on the wire, and at the tap

	mu      sync.Mutex
	waiting map[uint32]*waiter // by Hop-by-Hop
	last    uint32             // Hop-by-Hop given last
	leaving bool               // Close was called: however the connection ends, that is why
	err     error              // why the connection ended
}

// A waiter waits for one answer. Its deliver is called once, by whoever takes it off the map.
type waiter struct {
	deliver func(frame []byte, err error)
	timer   *time.Timer
	unwatch func() bool // nil: the context cannot end
}

func (w *waiter) rest() {
	w.timer.Stop()
	if w.unwatch != nil {
		w.unwatch()
	}
}

// Dial connects to a Gy server and exchanges capabilities with it. The address is host:port, with
// tls:// or sctp:// before it where that is what the server speaks. It fails where that does not
// end with 2001 in time; the context counts for dialling and for this exchange only.
func Dial(ctx context.Context, address string, o ClientOptions) (*Client, error) {
	o = o.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	conn, err := dial(ctx, address, o.TLS)
	if err != nil {
		return nil, fmt.Errorf("connect to Gy server: %w", err)
	}
	c := &Client{
		options: o,
		conn:    conn,
		answers: answerDecoder(o.Dictionary),
		done:    make(chan struct{}),
		waiting: make(map[uint32]*waiter),
		// The low bits are by chance, as RFC 6733 section 3 wants it: a client that starts again
		// within the second does not repeat itself.
		last: firstEndToEnd(time.Now()) | rand.Uint32N(1<<20),
	}
	go c.read()
	if o.WithoutCapabilities {
		return c, nil
	}
	if err := c.exchangeCapabilities(ctx); err != nil {
		c.end(err)
		return nil, fmt.Errorf("exchange capabilities with %s: %w", address, err)
	}
	return c, nil
}

func (c *Client) exchangeCapabilities(ctx context.Context) error {
	id := c.identifier()
	answer, err := c.Exchange(ctx, appendCapabilities(nil, c.options, c.conn.LocalAddr(), id))
	if err != nil {
		return err
	}
	result, err := resultOf(answer)
	if err == nil && charging.Result(result) != charging.Success {
		err = fmt.Errorf("the server answers %s", charging.Result(result).Name())
	}
	return err
}

// Charge sends the request as a CCR. reply gets what the CCA says; where none comes, because time
// is over, the context ended or the connection broke, it gets an answer whose Result is zero and
// whose Message says why. It blocks only while the connection takes no more.
func (c *Client) Charge(ctx context.Context, r *charging.Request, reply func(*charging.Answer)) {
	key, kind := r.Key, r.Type
	c.Begin(ctx, c.Frame(r), func(frame []byte, err error) {
		reply(c.answer(key, kind, frame, err))
	})
}

// answer makes the answer out of a frame, or out of the error that came in its place.
func (c *Client) answer(
	key charging.Key, kind charging.RequestType, frame []byte, err error,
) *charging.Answer {
	if err == nil {
		var a *charging.Answer
		if a, err = c.answers.parse(frame); err == nil {
			return completed(a, key, kind)
		}
	}
	return &charging.Answer{Key: key, Type: kind, Message: err.Error()}
}

// completed fills in what an answer of the error grammar leaves out.
func completed(a *charging.Answer, key charging.Key, kind charging.RequestType) *charging.Answer {
	if a.Type == 0 {
		a.Type, a.Key = kind, key
	}
	return a
}

// Frame is the CCR that Charge would send, with identifiers of its own.
func (c *Client) Frame(r *charging.Request) []byte {
	hopByHop := c.identifier()
	endToEnd := r.EndToEnd
	if endToEnd == 0 {
		endToEnd = hopByHop
	}
	return appendRequest(make([]byte, 0, 1024), r, c.options, hopByHop, endToEnd)
}

// Exchange sends a frame as it is, sound or not, and returns the answer with the same Hop-by-Hop
// identifier. It fails with ErrNoAnswer, with the context's error, or with why the connection
// ended; and where another request with that identifier is under way.
func (c *Client) Exchange(ctx context.Context, frame []byte) ([]byte, error) {
	type outcome struct {
		frame []byte
		err   error
	}
	got := make(chan outcome, 1)
	c.Begin(ctx, frame, func(frame []byte, err error) { got <- outcome{frame, err} })
	o := <-got
	return o.frame, o.err
}

// Begin is Exchange without waiting for the answer: done is called once, with what Exchange
// returns. Like reply of Charge it must not block.
func (c *Client) Begin(ctx context.Context, frame []byte, done func(answer []byte, err error)) {
	if len(frame) < headerLength {
		done(nil, errors.New("exchange frames: the frame is shorter than a header"))
		return
	}
	if err := c.enlist(ctx, parseHeader(frame).hopByHop, done); err != nil {
		done(nil, err)
		return
	}
	// What breaks here ends the connection, and with it the wait.
	_ = c.write(frame)
}

// Send writes octets as they are and waits for nothing.
func (c *Client) Send(octets []byte) error { return c.write(octets) }

// Done is closed when the connection is at its end; Err then says why.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err says why the connection ended: ErrClosed after Close. It is nil as long as it lives.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close takes leave of the server with a DPR, waits for its answer, and closes the connection.
// Requests under way are answered as lost. It is nil also where the connection was gone already.
func (c *Client) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), min(c.options.Timeout, closePatience))
	defer cancel()
	_ = c.conn.SetWriteDeadline(time.Now().Add(closePatience))
	if c.leave() {
		// What the server answers, if anything, changes nothing.
		_, _ = c.Exchange(ctx, appendDisconnect(nil, c.options, c.identifier()))
	}
	c.end(ErrClosed)
	return nil
}

// leave notes that the owner wants to go, and reports whether there is something to leave.
func (c *Client) leave() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leaving = true
	return c.err == nil
}

// closePatience is how long Close waits for a server that says nothing.
const closePatience = 2 * time.Second

// identifier gives a Hop-by-Hop identifier that no request under way has.
func (c *Client) identifier() uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		c.last++
		if _, taken := c.waiting[c.last]; !taken {
			return c.last
		}
	}
}

func (c *Client) enlist(
	ctx context.Context, hopByHop uint32, deliver func([]byte, error),
) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	if _, taken := c.waiting[hopByHop]; taken {
		return fmt.Errorf("a request with Hop-by-Hop identifier %#x is under way", hopByHop)
	}
	w := &waiter{deliver: deliver}
	w.timer = time.AfterFunc(c.options.Timeout, func() { c.giveUp(hopByHop, w, ErrNoAnswer) })
	if ctx.Done() != nil {
		w.unwatch = context.AfterFunc(ctx, func() { c.giveUp(hopByHop, w, context.Cause(ctx)) })
	}
	c.waiting[hopByHop] = w
	return nil
}

func (c *Client) giveUp(hopByHop uint32, w *waiter, err error) {
	if c.take(hopByHop, w) != nil {
		w.deliver(nil, err)
	}
}

// take takes the waiter for an identifier off the map: only that one, if one is given. Whoever
// gets it calls its deliver.
func (c *Client) take(hopByHop uint32, only *waiter) *waiter {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.waiting[hopByHop]
	if w == nil || only != nil && w != only {
		return nil
	}
	delete(c.waiting, hopByHop)
	w.rest()
	return w
}

// end closes the connection and tells everyone who waits. The first reason stays.
func (c *Client) end(reason error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	if c.leaving {
		reason = ErrClosed
	}
	c.err = reason
	lost := c.waiting
	c.waiting = nil
	c.mu.Unlock()
	_ = c.conn.Close()
	for _, hopByHop := range slices.Sorted(maps.Keys(lost)) {
		lost[hopByHop].rest()
		lost[hopByHop].deliver(
			nil,
			fmt.Errorf("the connection ended before the answer: %w", reason),
		)
	}
	close(c.done)
}

// write puts a frame on the wire. A server that does not read for as long as an answer may take
// is given up.
func (c *Client) write(frame []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.Err(); err != nil {
		return err
	}
	if c.options.Tap != nil {
		c.options.Tap(true, frame)
	}
	err := c.conn.SetWriteDeadline(time.Now().Add(c.options.Timeout))
	if err == nil {
		_, err = c.conn.Write(frame)
	}
	if err != nil {
		err = fmt.Errorf("write to Gy server: %w", err)
		c.end(err)
	}
	return err
}
