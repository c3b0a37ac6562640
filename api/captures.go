package api

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

const mediaCapture = "application/x-pcapng"

func (s *server) captureRoutes() {
	r := route{
		method: "GET", path: "/v1/exchanges.pcapng", id: "capture-exchanges", tag: "Journal",
		summary: "Export the journal as a capture",
		description: "All Diameter messages that match, in the order of their times, as a pcapng " +
			"file that Wireshark opens. Addresses, ports and sequence numbers are made up, one " +
			"connection for each peer; the octets of messages are those that came and went. " +
			"Comments of packets tell the exchange's number, what was found in the request, the " +
			"reasons, the rule that acted, and the account before and after.",
		example: `"(octets)"`,
	}
	s.export(r, mediaCapture, s.exportCapture)
	schema := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	s.operation(&r).Responses["200"].Content[mediaCapture].Schema = schema
}

// exportCapture writes the capture while it reads the journal. An answer waits until all that came
// before it was written, so that packets stand in the order of their times.
func (s *server) exportCapture(ctx context.Context, in *ExportInput, h huma.Context) error {
	h.SetHeader("Content-Disposition", `attachment; filename="ocs-sim.pcapng"`)
	in.Raw, in.Trees, in.Found = true, false, true
	out, err := capture.NewWriter(h.BodyWriter(), "ocs-sim "+s.Version, s.OriginHost)
	if err != nil {
		return err
	}
	e := captureExport{server: s, out: out}
	err = s.eachExchange(ctx, in, e.add)
	if err != nil {
		return err
	}
	return e.until(time.Time{})
}

// A captureExport is a capture that is being written.
type captureExport struct {
	server *server
	out    *capture.Writer
	late   []capture.Message // answers, by time
	last   string            // the client of the last message
}

// add writes the messages of an exchange; those of doors without a wire are none.
func (e *captureExport) add(x *scenarios.Exchange) error {
	if x.Door != "gy" && x.Door != "rf" {
		return nil
	}
	asked, err := hex.DecodeString(x.RequestRaw)
	if err != nil {
		return fmt.Errorf("read the request of exchange %d: %w", x.Seq, err)
	}
	sent, err := hex.DecodeString(x.AnswerRaw)
	if err != nil {
		return fmt.Errorf("read the answer of exchange %d: %w", x.Seq, err)
	}
	if err := e.until(x.At); err != nil {
		return err
	}
	question := capture.Message{
		At: x.At, Raw: asked, Comments: requestComments(x), ByServer: e.server.initiates(x),
	}
	question.Client = e.client(x, asked, sent)
	if err := e.out.Write(question); err != nil || x.SentAt == nil {
		return err
	}
	answer := capture.Message{
		At: *x.SentAt, Client: question.Client, Raw: sent, ByServer: !question.ByServer,
		Comments: answerComments(x),
	}
	at, _ := slices.BinarySearchFunc(e.late, answer, func(a, b capture.Message) int {
		return cmp.Or(a.At.Compare(b.At), -1) // behind those of the same time
	})
	e.late = slices.Insert(e.late, at, answer)
	return nil
}

// until writes the answers that went out before a time; zero: all.
func (e *captureExport) until(at time.Time) error {
	for len(e.late) > 0 && (at.IsZero() || !e.late[0].At.After(at)) {
		if err := e.out.Write(e.late[0]); err != nil {
			return err
		}
		e.late = e.late[1:]
	}
	return nil
}

// initiates reports whether the simulator asked and the peer answered, as in a RAR.
func (s *server) initiates(x *scenarios.Exchange) bool {
	return x.Ours || x.Peer != "" && x.Peer == s.OriginHost
}

// client is the name of the peer: of its connection, or, before that has one and where the
// simulator asks, what the messages say. A watchdog request that nobody answered names no peer.
func (e *captureExport) client(x *scenarios.Exchange, asked, sent []byte) string {
	name := x.Peer
	switch {
	case e.server.initiates(x):
		name = cmp.Or(diameter.BriefOf(sent).OriginHost,
			diameter.BriefOf(asked).DestinationHost, e.last)
	case isAddress(x.Peer):
		name = cmp.Or(diameter.BriefOf(asked).OriginHost, x.Peer)
	}
	e.last = name
	return name
}

func isAddress(peer string) bool {
	_, err := netip.ParseAddrPort(peer)
	return err == nil
}

// requestComments say where a request belongs, and why nothing answers it.
func requestComments(x *scenarios.Exchange) []string {
	comments := []string{fmt.Sprintf("exchange %d", x.Seq)}
	if x.Type != "" && x.Number != nil {
		comments = append(comments, fmt.Sprintf("%s %d of session %s", x.Type, *x.Number, x.Session))
	}
	if x.Subscriber != "" {
		comments = append(comments, "subscriber "+x.Subscriber)
	}
	for i := range x.Found {
		comments = append(comments, findingLine(&x.Found[i]))
	}
	if x.SentAt == nil {
		comments = append(comments, "nothing was sent in answer")
		comments = append(comments, outcome(x)...)
	}
	return comments
}

// findingLine says what was found: finding: usage-above-grant (note, RFC 8506 section 8.19): ...
func findingLine(f *scenarios.Finding) string {
	return fmt.Sprintf("finding: %s (%s, %s): %s; expected %s",
		f.Rule, f.Severity, f.Clause, f.Seen, f.Expected)
}

// answerComments say what an exchange came to.
func answerComments(x *scenarios.Exchange) []string {
	return append([]string{fmt.Sprintf("answers exchange %d", x.Seq)}, outcome(x)...)
}

// outcome tells of the rule, the reasons and the account.
func outcome(x *scenarios.Exchange) []string {
	var told []string
	if x.Rule != "" {
		told = append(told, "rule: "+x.Rule)
	}
	for _, why := range x.Why {
		told = append(told, "why: "+why)
	}
	if x.Cost != nil {
		told = append(told, "cost: "+x.Cost.String())
	}
	if x.Before != nil {
		told = append(told, "account "+x.Account+" before: "+x.Before.String())
	}
	if x.After != nil {
		told = append(told, "account "+x.Account+" after: "+x.After.String())
	}
	if x.Repeat {
		told = append(told, "a repeat: answered before, nothing moved")
	}
	return told
}
