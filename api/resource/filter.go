package resource

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// A Scalar is a text or a number.
type Scalar string

// A Truth is true, false, or empty where either will do.
type Truth string

// An ExchangeFilter picks exchanges; what is empty picks all. It is the same in queries, documents,
// Go and flags of commands, which are made of it; Read checks it.
type ExchangeFilter struct {
	Session     string   `query:"session" json:"session,omitempty" yaml:"session" doc:"Session-Id; * is any part"`
	Subscriber  string   `query:"subscriber" json:"subscriber,omitempty" yaml:"subscriber" doc:"any identity, or the account's id"`
	Account     string   `query:"account" json:"account,omitempty" yaml:"account" doc:"the account's id"`
	Conference  string   `query:"conference" json:"conference,omitempty" yaml:"conference" doc:"the session's conference; * is any part"`
	Type        string   `query:"type" json:"type,omitempty" yaml:"type" enum:"initial,update,termination,event,start,interim,stop" doc:"kind of request"`
	Number      Scalar   `query:"number" json:"number,omitempty" yaml:"number" doc:"CC-Request-Number: 2, 1..3, 2.."`
	Result      Scalar   `query:"result" json:"result,omitempty" yaml:"result" doc:"Result-Code of the command or of a service: 4012, a name, 4xxx, 4010..4012"`
	RatingGroup Scalar   `query:"rating_group" json:"rating_group,omitempty" yaml:"rating_group" doc:"Rating-Group of a service"`
	Service     Scalar   `query:"service" json:"service,omitempty" yaml:"service" doc:"Service-Identifier of a service"`
	Context     string   `query:"context" json:"context,omitempty" yaml:"context" doc:"Service-Context-Id; * is any part"`
	Message     string   `query:"message" json:"message,omitempty" yaml:"message" doc:"as in CCR, CER or RAR" example:"CCR"`
	Door        string   `query:"door" json:"door,omitempty" yaml:"door" enum:"gy,rest,rf,observation" doc:"the way it came in"`
	Peer        string   `query:"peer" json:"peer,omitempty" yaml:"peer" doc:"who asked; * is any part"`
	OriginHost  string   `query:"origin_host" json:"origin_host,omitempty" yaml:"origin_host" doc:"Origin-Host; * is any part"`
	Rule        string   `query:"rule" json:"rule,omitempty" yaml:"rule" doc:"the rule that acted, as in last-minute*; * is any part"`
	Scenario    string   `query:"scenario" json:"scenario,omitempty" yaml:"scenario" doc:"the scenario that acted; * is any part"`
	Tag         string   `query:"tag" json:"tag,omitempty" yaml:"tag" doc:"a tag that the account, or the scenario that acted, has now"`
	Repeat      Truth    `query:"repeat" json:"repeat,omitempty" yaml:"repeat" doc:"whether it had been answered before"`
	Sent        Truth    `query:"sent" json:"sent,omitempty" yaml:"sent" doc:"whether an answer went out"`
	Finding     string   `query:"finding" json:"finding,omitempty" yaml:"finding" doc:"rule of a finding in it; * is any"`
	AVP         []string `query:"avp,explode" json:"avp,omitempty" yaml:"avp" doc:"PATH=VALUE of an AVP of the request, where * is any part of the value and none says that it is not there"`
	AnswerAVP   []string `query:"answer_avp,explode" json:"answer_avp,omitempty" yaml:"answer_avp" doc:"PATH=VALUE of an AVP of the answer"`
	Text        string   `query:"text" json:"text,omitempty" yaml:"text" doc:"text of an observation; * is any part"`
	Since       string   `query:"since" json:"since,omitempty" yaml:"since" format:"date-time" doc:"received then or later"`
	Until       string   `query:"until" json:"until,omitempty" yaml:"until" format:"date-time" doc:"received before"`
	Before      Scalar   `query:"before" json:"before,omitempty" yaml:"before" doc:"exchanges with lower numbers than this"`
}

// Read is the filter as the journal takes it, with what is wrong with it.
func (f *ExchangeFilter) Read() (scenarios.Filter, []charging.Fault) {
	r := filterReader{}
	read := scenarios.Filter{
		Session: f.Session, Subscriber: f.Subscriber, Account: f.Account, Conference: f.Conference,
		Type: f.Type, Context: f.Context, Message: f.Message, Door: f.Door, Peer: f.Peer,
		OriginHost: f.OriginHost, Rule: f.Rule, Scenario: f.Scenario, Finding: f.Finding,
		Text: f.Text, RatingGroup: r.number("rating_group", f.RatingGroup, 32),
		Service: r.number("service", f.Service, 32), Before: r.position("before", f.Before),
		Repeat: r.truth("repeat", f.Repeat), Sent: r.truth("sent", f.Sent),
		Since: r.time("since", f.Since), Until: r.time("until", f.Until),
		AVP: r.avps("avp", f.AVP), AnswerAVP: r.avps("answer_avp", f.AnswerAVP),
	}
	r.text("number", string(f.Number), &read.Number)
	r.text("result", string(f.Result), &read.Result)
	r.word("type", f.Type, reflect.TypeFor[ExchangeFilter]())
	r.word("door", f.Door, reflect.TypeFor[ExchangeFilter]())
	return read, r.faults
}

// Query is the filter as a query of a URL has it.
func (f *ExchangeFilter) Query() url.Values { return filterQuery(reflect.ValueOf(f).Elem()) }

// A FindingFilter picks findings; what is empty picks all. It is in as many places as
// ExchangeFilter.
type FindingFilter struct {
	Session    string `query:"session" doc:"Session-Id; * is any part"`
	Subscriber string `query:"subscriber" doc:"the first identity of the session"`
	Peer       string `query:"peer" doc:"Origin-Host of the client; * is any part"`
	Rule       string `query:"rule" doc:"the rule's name; * is any part"`
	Severity   string `query:"severity" enum:"violation,warning,note" doc:"how bad it is"`
	Verdict    string `query:"verdict" enum:"does-not-conform,would-not-work" doc:"findings that answer one of the two questions with no"`
	Exchange   Scalar `query:"exchange" doc:"number of the exchange"`
	Since      string `query:"since" format:"date-time" doc:"found then or later"`
	Until      string `query:"until" format:"date-time" doc:"found before"`
}

// Read is the filter as the journal takes it, with what is wrong with it.
func (f *FindingFilter) Read() (scenarios.FindingFilter, []charging.Fault) {
	r := filterReader{}
	return scenarios.FindingFilter{
		Session: f.Session, Subscriber: f.Subscriber, Peer: f.Peer, Rule: f.Rule,
		Severity: charging.Severity(f.Severity), Verdict: scenarios.FindingVerdict(f.Verdict),
		Exchange: r.position("exchange", f.Exchange),
		Since:    r.time("since", f.Since), Until: r.time("until", f.Until),
	}, r.faults
}

// Query is the filter as a query of a URL has it.
func (f *FindingFilter) Query() url.Values { return filterQuery(reflect.ValueOf(f).Elem()) }

// filterQuery writes the fields that say something under the names of their tags.
func filterQuery(filter reflect.Value) url.Values {
	query := url.Values{}
	for i := range filter.NumField() {
		name, _, _ := strings.Cut(filter.Type().Field(i).Tag.Get("query"), ",")
		switch field := filter.Field(i); {
		case field.Kind() == reflect.Slice:
			for at := range field.Len() {
				query.Add(name, field.Index(at).String())
			}
		case field.String() != "":
			query.Set(name, field.String())
		}
	}
	return query
}

// A filterReader reads the parts of a filter and collects what is wrong.
type filterReader struct{ faults []charging.Fault }

func (r *filterReader) fault(path, format string, args ...any) {
	r.faults = append(r.faults, charging.Fault{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (r *filterReader) number(path string, text Scalar, bits int) (number charging.Number) {
	if text == "" {
		return number
	}
	value, err := strconv.ParseUint(string(text), 10, bits)
	if err != nil {
		r.fault(path, "%q is no whole number from 0 to %d", text, int64(1)<<bits-1)
		return number
	}
	return charging.Known(int64(value))
}

// position is the number of an exchange; 0, where none is written.
func (r *filterReader) position(path string, text Scalar) int64 {
	number := r.number(path, text, 63)
	if number.Known && number.Value == 0 {
		r.fault(path, "exchanges are numbered from 1 on")
	}
	return number.Value
}

func (r *filterReader) truth(path string, text Truth) *bool {
	switch text {
	case "":
		return nil
	case "true", "false":
		said := text == "true"
		return &said
	}
	r.fault(path, "%q is neither true nor false", text)
	return nil
}

func (r *filterReader) time(path, text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		r.fault(path, "write a time of RFC 3339, like 2026-03-01T12:00:00Z")
	}
	return at
}

func (r *filterReader) avps(path string, written []string) map[string]scenarios.Names {
	if len(written) == 0 {
		return nil
	}
	read := make(map[string]scenarios.Names)
	for _, one := range written {
		name, value, found := strings.Cut(one, "=")
		if name = strings.TrimSpace(name); !found || name == "" || value == "" {
			r.fault(path, "%q is no AVP with a value; write it like CC-Request-Type=2", one)
			continue
		}
		read[name] = append(read[name], value)
	}
	return read
}

// text reads what has a form of its own.
func (r *filterReader) text(path, text string, into interface{ UnmarshalText([]byte) error }) {
	if text == "" {
		return
	}
	if err := into.UnmarshalText([]byte(text)); err != nil {
		r.fault(path, "%s", err.Error())
	}
}

// word checks that a word is one of those that the field's tag has.
func (r *filterReader) word(path, word string, filter reflect.Type) {
	for i := range filter.NumField() {
		tag := filter.Field(i).Tag
		if tag.Get("json") != path+",omitempty" || word == "" {
			continue
		}
		words := strings.Split(tag.Get("enum"), ",")
		if slices.Contains(words, word) {
			return
		}
		r.fault(path, "%q is none of %s", word, strings.Join(words, ", "))
	}
}
