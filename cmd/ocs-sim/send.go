package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// sendFlags are what send can be told.
type sendFlags struct {
	to                    string
	client                diameter.ClientOptions
	dictionaries          []string
	words                 sendWords
	edits                 []edit
	raw, expect           string
	command               string
	header                [3]uint32 // application, hop-by-hop, end-to-end
	json, request, noCaps bool
	change                diameter.HeaderChange
	secure                clientFlags
}

// sendWords are words of a conversation that may be written as flags.
type sendWords struct {
	session, subscriber, group, want, used, number string
	flags                                          *pflag.FlagSet
}

// An edit is one change to the message, in the order of the command line.
type edit struct{ verb, text string }

// An editFlag is a flag whose values are edits; all of them share one list.
type editFlag struct {
	verb string
	list *[]edit
}

// Set implements pflag.Value.
func (e editFlag) Set(text string) error {
	*e.list = append(*e.list, edit{e.verb, text})
	return nil
}

// String implements pflag.Value.
func (editFlag) String() string { return "" }

// Type implements pflag.Value.
func (e editFlag) Type() string {
	switch e.verb {
	case "remove":
		return "PATH"
	case "flags":
		return "FLAGS"
	}
	return "PATH=VALUE"
}

func newSend(c *console) *cobra.Command {
	var f sendFlags
	cmd := &cobra.Command{
		Use:   "send WORDS... --to ADDRESS",
		Short: "Send one request to a Gy server and show the answer as a tree",
		Long: "send sends one request over Diameter and draws what comes back. The words are those of\n" +
			"a conversation's line: a type, a session, and what is asked for. Instead of a type, the\n" +
			"words may begin with cer, dwr, dpr, ccr, acr, str, rar or asr, or be left out beside\n" +
			"--command or --raw. Then every AVP can be set, added and removed by its path.\n" +
			"It ends with 0 if the Result-Code is 2xxx, or the one that --expect names, else with 1.",
		Example: "  ocs-sim send initial s1 15550100 rg=100 want=300s --to 127.0.0.1:3868\n" +
			"  ocs-sim send initial --session s1 --subscriber 15550100 --rg 100 --want 300s \\\n" +
			"    --avp Service-Information.IMS-Information.Role-Of-Node=1 --expect 4012 \\\n" +
			"    --to 127.0.0.1:3868\n" +
			"  ocs-sim send dwr --to 127.0.0.1:3868 --json",
		RunE: func(cmd *cobra.Command, words []string) error {
			f.words.flags = cmd.Flags()
			f.settleHeader(cmd.Flags())
			return c.send(cmd.Context(), &f, words)
		},
	}
	f.register(cmd.Flags())
	return cmd
}

func (f *sendFlags) register(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.StringVar(&f.to, "to", "",
		"the server's Diameter `ADDRESS`, [tls://|sctp://]host:port (required)")
	f.secure.add(flags)
	flags.StringVar(&f.words.session, "session", "",
		"the session; one with a ; is the whole Session-Id")
	flags.StringVar(&f.words.subscriber, "subscriber", "",
		"who pays, as 15550100 or sip:alice@example.com")
	flags.StringVar(&f.words.number, "number", "",
		"CC-Request-Number (default 0, of an update 1, of a termination 2)")
	flags.StringVar(&f.words.group, "rg", "", "Rating-Group")
	flags.StringVar(&f.words.want, "want", "", "units asked for, as 300s; empty: the server decides")
	flags.StringVar(&f.words.used, "used", "", "units used, as 120s")
	flags.Var(editFlag{"avp", &f.edits}, "avp",
		"set an AVP, as CC-Request-Number=7 or 99999:1=GOLD; may be repeated")
	flags.Var(editFlag{"add", &f.edits}, "add", "add an AVP beside those that are there")
	flags.Var(editFlag{"remove", &f.edits}, "remove", "take AVPs away")
	flags.Var(editFlag{"flags", &f.edits}, "flags",
		"header flags to set, and with - to clear, as T or -P")
	flags.StringVar(&f.command, "command", "", "command of the request, a `CODE`")
	flags.Uint32Var(&f.header[0], "application", 0, "Application-Id in the header")
	flags.Uint32Var(&f.header[1], "hop-by-hop", 0, "Hop-by-Hop Identifier")
	flags.Uint32Var(&f.header[2], "end-to-end", 0, "End-to-End Identifier")
	flags.StringVar(&f.raw, "raw", "", "send these octets as they are: a `FILE` or hexadecimal digits")
	flags.StringVar(&f.expect, "expect", "",
		"`WORDS` of the answer that is wanted, as 4012 or \"2001 rg=100 4012\"; none: no answer")
	flags.BoolVar(&f.request, "request", false, "show the request too")
	flags.BoolVar(&f.json, "json", false, "show trees as JSON")
	flags.BoolVar(&f.noCaps, "no-capabilities", false, "exchange no capabilities first")
	dictionaryFlag(flags, &f.dictionaries)
	flags.StringVar(&f.client.OriginHost, "origin-host", "im.client.example", "own Origin-Host")
	flags.StringVar(&f.client.OriginRealm, "origin-realm", "client.example", "own Origin-Realm")
	flags.StringVar(&f.client.DestinationRealm, "destination-realm", "example.net",
		"Destination-Realm")
	flags.StringVar(&f.client.DestinationHost, "destination-host", "", "Destination-Host")
	flags.DurationVar(&f.client.Timeout, "timeout", 10*time.Second, "how long to wait for an answer")
}

// settleHeader notes which numbers of the header were given.
func (f *sendFlags) settleHeader(flags *pflag.FlagSet) {
	for i, place := range []struct {
		name  string
		value **uint32
	}{
		{"application", &f.change.Application},
		{"hop-by-hop", &f.change.HopByHop},
		{"end-to-end", &f.change.EndToEnd},
	} {
		if flags.Changed(place.name) {
			*place.value = &f.header[i]
		}
	}
}

// send reads everything before it connects, so that misuse is told as such.
func (c *console) send(ctx context.Context, f *sendFlags, words []string) error {
	if err := checkServer("send", f.to); err != nil {
		return err
	}
	known, err := readDictionaries(f.dictionaries)
	if err != nil {
		return err
	}
	f.client.Dictionary = known.Current()
	if f.client.TLS, err = f.secure.client(); err != nil {
		return err
	}
	message, err := f.message(words)
	if err != nil {
		return err
	}
	if err := message.tryEdits(f); err != nil {
		return err
	}
	wanted, err := f.expectation()
	if err != nil {
		return err
	}
	answer, err := c.exchange(ctx, f, message)
	var none *unanswered
	switch {
	case errors.As(err, &none) && f.expect == "none":
		c.say("%v", none)
		return nil
	case err != nil:
		return err
	}
	return no(f.judge(wanted, answer))
}

// unanswered is the error of a request that was sent and got no answer.
type unanswered struct{ reason error }

// Error says why there is none.
func (u *unanswered) Error() string {
	if errors.Is(u.reason, diameter.ErrNoAnswer) {
		return u.reason.Error()
	}
	return "no answer: " + u.reason.Error()
}

// Unwrap returns why there is none.
func (u *unanswered) Unwrap() error { return u.reason }

// exchange sends the message and shows what comes back.
func (c *console) exchange(ctx context.Context, f *sendFlags, m *message) ([]byte, error) {
	heard := make(chan []byte, 16)
	options := f.client
	options.WithoutCapabilities = f.noCaps || m.blank != nil && m.blank.Name == "CER"
	options.Tap = func(sent bool, frame []byte) {
		if !sent {
			select {
			case heard <- append([]byte(nil), frame...):
			default:
			}
		}
	}
	client, err := diameter.Dial(ctx, f.to, options)
	if err != nil {
		return nil, no(err)
	}
	defer client.Close()
	frame, err := m.frame(client, f)
	if err != nil {
		return nil, err
	}
	answer, reason := f.ask(ctx, client, frame, heard)
	shown := answer
	if answer == nil {
		shown = unreadable(heard, frame)
	}
	if err := c.showSent(f, frame, shown); err != nil {
		return nil, err
	}
	if answer == nil {
		return nil, no(&unanswered{reason})
	}
	return answer, nil
}

// unreadable finds what came as an answer to the frame and could not be taken for one, so that it
// can be shown all the same.
func unreadable(heard chan []byte, asked []byte) []byte {
	for len(heard) > 0 {
		got := <-heard
		answers := got[4]&0x80 == 0 && len(asked) >= 16 && bytes.Equal(got[12:16], asked[12:16])
		if answers {
			return got
		}
	}
	return nil
}

// ask sends the frame and waits for the answer. To octets that were given raw any answer is one:
// their identifiers may be anything.
func (f *sendFlags) ask(
	ctx context.Context, client *diameter.Client, frame []byte, heard chan []byte,
) ([]byte, error) {
	if f.raw == "" {
		return client.Exchange(ctx, frame)
	}
	for len(heard) > 0 {
		<-heard
	}
	if err := client.Send(frame); err != nil {
		return nil, err
	}
	late := time.NewTimer(f.client.Timeout)
	defer late.Stop()
	for {
		select {
		case got := <-heard:
			if got[4]&0x80 == 0 {
				return got, nil
			}
		case <-client.Done():
			select {
			case got := <-heard:
				return got, nil
			default:
				return nil, client.Err()
			}
		case <-late.C:
			return nil, diameter.ErrNoAnswer
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// showSent draws the answer, and with --request what was asked.
func (c *console) showSent(f *sendFlags, asked, answer []byte) error {
	dictionary := f.client.Dictionary
	var trees struct {
		Request *diameter.Tree `json:"request,omitempty"`
		Answer  *diameter.Tree `json:"answer"`
	}
	if f.request {
		trees.Request = dictionary.Render(asked)
	}
	if answer != nil {
		trees.Answer = dictionary.Render(answer)
	}
	if f.json {
		var shown any = trees.Answer
		if f.request {
			shown = trees
		}
		return c.answerJSON(shown, "  ")
	}
	for _, tree := range []*diameter.Tree{trees.Request, trees.Answer} {
		if tree != nil {
			fmt.Fprint(c.out, tree.Draw())
		}
	}
	return nil
}

// judge compares the answer with what is wanted of it; without that, a result of 2xxx will do.
func (f *sendFlags) judge(wanted *conversation.Expect, answer []byte) error {
	if f.expect == "none" {
		return errors.New("an answer came, want none")
	}
	attributes := f.client.Dictionary.Attributes(answer)
	said, err := f.client.Dictionary.ParseAnswer(answer)
	if err != nil {
		said = plainAnswer(attributes)
	}
	if wanted != nil {
		misses := append(wanted.Misses(said, nil), wanted.WireMisses(attributes)...)
		if len(misses) == 0 {
			return nil
		}
		return errors.New(strings.Join(misses, "\n"))
	}
	if said.Result < 2000 || said.Result > 2999 {
		return fmt.Errorf("the answer is %s (%d)", said.Result.Name(), said.Result)
	}
	return nil
}

// octets reads --raw: hexadecimal digits, white space among them or not, or a file of those, or of
// the octets themselves.
func (f *sendFlags) octets() ([]byte, error) {
	if octets, ok := fromHexadecimal(f.raw); ok {
		return octets, nil
	}
	data, err := os.ReadFile(f.raw)
	if err != nil {
		return nil, fmt.Errorf("--raw is neither hexadecimal digits nor a file: %w", err)
	}
	if octets, ok := fromHexadecimal(string(data)); ok {
		return octets, nil
	}
	return data, nil
}

func fromHexadecimal(text string) ([]byte, bool) {
	digits := strings.TrimPrefix(strings.Join(strings.Fields(text), ""), "0x")
	octets, err := hex.DecodeString(digits)
	return octets, err == nil && len(octets) > 0
}

// parseCommand reads --command: a code, or the name of a request.
func parseCommand(text string) (diameter.Blank, error) {
	for _, blank := range diameter.Blanks() {
		if strings.EqualFold(text, blank.Name) || text == strconv.Itoa(int(blank.Command)) {
			return blank, nil
		}
	}
	code, err := strconv.ParseUint(text, 10, 24)
	if err != nil {
		return diameter.Blank{}, fmt.Errorf("--command %q is no code of 24 bits", text)
	}
	return diameter.Blank{Command: uint32(code), Session: true}, nil
}
