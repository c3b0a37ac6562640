package resource

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Read says the answer in the words of charging. Reasons come back as their sentences, in Detail.
func (a *Answer) Read() (*charging.Answer, error) {
	read := &charging.Answer{
		Key: charging.Key{
			Session: charging.SessionID{ID: a.Session, Sub: a.SubSession}, Number: a.Number,
		},
		Result: charging.Result(a.Result), Message: a.Message,
		Account: a.Account, Entry: a.Entry, Repeat: a.Repeat,
		LowOnes: indication(a.LowBalance, 1, 0), Enough: indication(a.Enough, 0, 1),
	}
	for kind := charging.Initial; kind <= charging.Event; kind++ {
		if kind.String() == a.Type {
			read.Type = kind
		}
	}
	for i := range a.Services {
		service, err := a.Services[i].read()
		if err != nil {
			return nil, fmt.Errorf("read services[%d] of an answer: %w", i, err)
		}
		read.Services = append(read.Services, service)
	}
	for _, edit := range a.Edits {
		read.Edits = append(read.Edits, charging.Edit(edit))
	}
	for _, sentence := range a.Why {
		read.Why = append(read.Why, charging.Reason{Detail: sentence})
	}
	if err := a.readRest(read); err != nil {
		return nil, fmt.Errorf("read an answer: %w", err)
	}
	return read, nil
}

func (a *Answer) readRest(read *charging.Answer) (err error) {
	if read.Cost, err = readQuantity(a.Cost); err != nil {
		return err
	}
	if read.Balance, err = readQuantity(a.Balance); err != nil {
		return err
	}
	if read.Refund, err = readHex(a.Refund); err != nil {
		return err
	}
	for _, failed := range a.Failed {
		raw, err := readHex(failed.Raw)
		if err != nil {
			return err
		}
		read.Failed = append(read.Failed,
			charging.FailedAVP{Path: failed.Path, Value: failed.Value, Raw: raw})
	}
	if read.Before, err = a.Before.read(); err != nil {
		return err
	}
	if read.After, err = a.After.read(); err != nil {
		return err
	}
	r := reader{}
	read.Failure, read.Expires, read.Unit = r.failure(a.Failure), a.Expiration, a.CostUnit
	return r.err
}

// indication is the number for yes or no; nil is unknown.
func indication(value *bool, yes, no int64) charging.Number {
	switch {
	case value == nil:
		return charging.Number{}
	case *value:
		return charging.Known(yes)
	}
	return charging.Known(no)
}

func readQuantity(text string) (charging.Quantity, error) {
	if text == "" {
		return charging.Quantity{}, nil
	}
	return parseTold(text)
}

func readHex(text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	return hex.DecodeString(text)
}

func (f *Funds) read() (read charging.Funds, err error) {
	if f == nil {
		return read, nil
	}
	if read.Money, err = charging.ParseQuantity(f.Balance); err != nil {
		return read, err
	}
	reserved, err := charging.ParseQuantity(f.Reserved)
	if err != nil {
		return read, err
	}
	available, err := charging.ParseQuantity(f.Available)
	read.Reserved, read.Usable = reserved.Amount, available.Amount
	return read, err
}

func (s *AnswerService) read() (charging.ServiceAnswer, error) {
	read := charging.ServiceAnswer{
		Key:    charging.ServiceKey{Group: number(s.RatingGroup), IDs: serviceSet(s.Service)},
		Result: charging.Result(s.Result), Final: (*charging.FinalUnit)(s.Final),
		TariffChange: s.TariffChange, Single: s.Single,
	}
	r := reader{}
	read.Tariff = r.named(s.Tariff, charging.TariffSides())
	read.Quota, read.Announcements = r.quota(s.Quota), r.announcements(s.Announcements)
	if r.err != nil {
		return read, r.err
	}
	if s.Granted != nil {
		read.Granted = *s.Granted
	}
	var err error
	if read.Threshold, err = readQuantity(s.Threshold); err != nil {
		return read, err
	}
	if s.ValidFor != "" {
		seconds, err := readSeconds(s.ValidFor)
		if err != nil {
			return read, err
		}
		read.ValidFor = time.Duration(seconds) * time.Second
	}
	if s.HoldingTime != "" {
		seconds, err := readSeconds(s.HoldingTime)
		if err != nil {
			return read, err
		}
		read.HoldingTime = charging.Known(seconds)
	}
	for _, word := range s.Triggers {
		trigger, err := readNamed(word, charging.TriggerTypes())
		if err != nil {
			return read, err
		}
		read.Triggers = append(read.Triggers, uint32(trigger.Value))
	}
	return read, nil
}
