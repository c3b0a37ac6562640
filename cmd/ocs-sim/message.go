package main

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// A message is what send is told to send: octets, a blank to fill in, or a request of charging.
type message struct {
	octets  []byte
	blank   *diameter.Blank
	session string
	request *charging.Request
	wire    []conversation.Word
}

// checkServer wants the address of a server.
func checkServer(command, address string) error {
	if _, _, err := diameter.ParseAddress(address); err != nil {
		return fmt.Errorf("%s needs --to ADDRESS, the server's Diameter address as host:port, "+
			"and not %q", command, address)
	}
	return nil
}

// message reads the words and the flags that stand for words.
func (f *sendFlags) message(words []string) (*message, error) {
	if f.raw != "" {
		if len(words) > 0 {
			return nil, fmt.Errorf("--raw is the whole message; leave out %q", words[0])
		}
		if len(f.edits) > 0 {
			return nil, fmt.Errorf("--raw is the whole message; leave out --%s", f.edits[0].verb)
		}
		octets, err := f.octets()
		return &message{octets: octets}, err
	}
	words = strings.Fields(strings.TrimPrefix(strings.TrimSpace(strings.Join(words, " ")), ">"))
	if len(words) > 0 {
		if blank, err := parseCommand(words[0]); err == nil && blank.Name != "" {
			return f.blank(blank, words[1:])
		}
	}
	if len(words) == 0 && f.command != "" {
		blank, err := parseCommand(f.command)
		if err != nil {
			return nil, err
		}
		return f.blank(blank, nil)
	}
	if f.command != "" {
		blank, err := parseCommand(f.command)
		if err != nil {
			return nil, err
		}
		f.change.Command = &blank.Command
	}
	return f.charge(words)
}

// blank reads the words behind the name of a command: a session, and words of the wire.
func (f *sendFlags) blank(blank diameter.Blank, words []string) (*message, error) {
	out := &message{blank: &blank, session: "s1"}
	if f.words.session != "" {
		out.session = f.words.session
	} else if blank.Session && len(words) > 0 && !strings.ContainsAny(words[0], ":=") {
		out.session, words = words[0], words[1:]
	}
	send, err := parseSend("event s " + strings.Join(words, " "))
	if err != nil {
		return nil, err
	}
	if len(send.Request.Subscribers) > 0 || len(send.Request.Services) > 0 {
		return nil, fmt.Errorf("%s takes avp:, flags: and raw: only", strings.ToLower(blank.Name))
	}
	out.wire = send.Wire
	return out, nil
}

// charge reads a request as a conversation has it.
func (f *sendFlags) charge(words []string) (*message, error) {
	if len(words) == 0 {
		return nil, errors.New("nothing to send; write a request, as initial s1 15550100 rg=100 want")
	}
	send, err := parseSend(f.words.line(words))
	switch {
	case err != nil:
		return nil, err
	case send.RefundLast:
		return nil, errors.New("refund=last: there is no answer before; write its hexadecimal digits")
	case send.Connection != "":
		return nil, errors.New("conn=: there is one connection; leave it out")
	}
	return &message{
		request: &send.Request, session: send.Request.Key.Session.ID, wire: send.Wire,
	}, nil
}

// line writes the words of flags where they belong: who pays behind the session, what is asked for
// at the end.
func (w *sendWords) line(words []string) string {
	line := []string{words[0]}
	rest := words[1:]
	switch {
	case w.session != "":
		line = append(line, w.session)
	case len(rest) > 0:
		line, rest = append(line, rest[0]), rest[1:]
	default:
		line = append(line, "s1")
	}
	if w.subscriber != "" {
		line = append(line, w.subscriber)
	}
	line = append(line, rest...)
	usual := map[string]string{"u": "1", "t": "2"}[strings.ToLower(words[0][:1])]
	if w.number != "" {
		usual = w.number
	}
	if usual != "" && !strings.Contains(strings.Join(rest, " "), "number=") {
		line = append(line, "number="+usual)
	}
	for _, one := range []struct{ flag, key, value string }{
		{"rg", "rg", w.group}, {"used", "used", w.used}, {"want", "want", w.want},
	} {
		switch {
		case one.value != "":
			line = append(line, one.key+"="+one.value)
		case w.flags.Changed(one.flag) && one.flag == "want":
			line = append(line, one.key)
		}
	}
	return strings.Join(line, " ")
}

// parseSend reads the line of a request.
func parseSend(line string) (*conversation.Send, error) {
	talk, err := conversation.Parse("send", []byte("> "+line+"\n"))
	if err != nil {
		var faults *charging.Error
		if errors.As(err, &faults) && len(faults.Faults) > 0 {
			return nil, fmt.Errorf("> %s: %s", line, faults.Faults[0].Message)
		}
		return nil, err
	}
	return talk.Steps[0].Send, nil
}

// expectation reads --expect; nil: it says nothing of an answer.
func (f *sendFlags) expectation() (*conversation.Expect, error) {
	if f.expect == "" || f.expect == "none" {
		return nil, nil
	}
	talk, err := conversation.Parse("--expect", []byte("> event s\n< "+f.expect+"\n"))
	if err != nil {
		return nil, err
	}
	return talk.Steps[1].Expect, nil
}

// sessionID is the Session-Id of a session's name, the same every time, so that the next request
// belongs to it too.
func (f *sendFlags) sessionID(name string) string {
	if strings.Contains(name, ";") {
		return name
	}
	return f.client.OriginHost + ";0;0;" + name
}

// frame makes the octets, with all edits done.
func (m *message) frame(client *diameter.Client, f *sendFlags) ([]byte, error) {
	frame := m.octets
	switch {
	case m.blank != nil:
		frame = client.Blank(*m.blank, f.sessionID(m.session))
	case m.request != nil:
		request := *m.request
		request.Key.Session.ID, request.EndToEnd = f.sessionID(m.session), 0
		frame = client.Frame(&request)
	}
	var err error
	for _, word := range m.wire {
		if frame, err = ocssim.Reword(f.client.Dictionary, frame, word); err != nil {
			return nil, err
		}
	}
	for _, change := range f.edits {
		if frame, err = change.apply(f.client.Dictionary, frame); err != nil {
			return nil, err
		}
	}
	return diameter.SetHeader(frame, f.change), nil
}

// tryEdits finds what no message can have, before there is a connection.
func (m *message) tryEdits(f *sendFlags) error {
	for _, word := range m.wire {
		if err := ocssim.CheckReword(f.client.Dictionary, word); err != nil {
			return fmt.Errorf("%s:%s: %w", word.Name, cmp.Or(word.Path, word.Value), err)
		}
	}
	for _, change := range f.edits {
		made, err := change.edit()
		if err != nil {
			return err
		}
		if err := f.client.Dictionary.CheckEdit(made); err != nil {
			return fmt.Errorf("--%s %s: %w", change.verb, change.text, err)
		}
	}
	return nil
}

// edit is what a flag says.
func (e edit) edit() (charging.Edit, error) {
	path, value, given := strings.Cut(e.text, "=")
	switch {
	case e.verb == diameter.EditFlags:
		return charging.Edit{Op: diameter.EditFlags, Value: e.text}, nil
	case e.verb == diameter.EditRemove:
		return charging.Edit{Op: diameter.EditSet, Path: e.text, Value: "none"}, nil
	case !given:
		return charging.Edit{}, fmt.Errorf(
			"--%s %s: write PATH=VALUE, as CC-Request-Number=7", e.verb, e.text)
	case e.verb == diameter.EditAdd:
		return charging.Edit{Op: diameter.EditAdd, Path: path, Value: value}, nil
	}
	return charging.Edit{Op: diameter.EditSet, Path: path, Value: value}, nil
}

// apply does what a flag says to a frame.
func (e edit) apply(dictionary *diameter.Dictionary, frame []byte) ([]byte, error) {
	made, err := e.edit()
	switch {
	case err != nil:
		return nil, err
	case made.Op == diameter.EditSet:
		return dictionary.SetAVP(frame, made.Path, made.Value)
	}
	return dictionary.Edit(frame, made)
}

// plainAnswer is what any answer says, whatever its command: a result.
func plainAnswer(attributes charging.Attributes) *charging.Answer {
	for _, path := range []string{"Result-Code", "Experimental-Result.Experimental-Result-Code"} {
		for _, value := range attributes.Lookup(path) {
			if code, err := strconv.ParseUint(value, 10, 32); err == nil {
				return &charging.Answer{Result: charging.Result(code)}
			}
		}
	}
	return &charging.Answer{}
}
