package resource

import (
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// An Answer is the answer to a charge.
type Answer struct {
	Session    string `json:"session"`
	SubSession uint64 `json:"sub_session,omitempty"`
	Number     uint32 `json:"number"`
	Type       string `json:"type"`
	Account    string `json:"account,omitempty"`
	Entry      int64  `json:"entry"`
	Repeat     bool   `json:"repeat"`
	Result     uint32 `json:"result" example:"2001"`
	Name       string `json:"name" example:"DIAMETER_SUCCESS"`
	Message    string `json:"message,omitempty"`

	Services []AnswerService `json:"services"`

	Cost       string      `json:"cost,omitempty" example:"0.14 EUR"`
	CostUnit   string      `json:"cost_unit,omitempty"`
	Balance    string      `json:"balance,omitempty"`
	LowBalance *bool       `json:"low_balance,omitempty"`
	Enough     *bool       `json:"enough,omitempty"`
	Refund     string      `json:"refund,omitempty"`
	Failed     []FailedAVP `json:"failed,omitempty"`
	Edits      []Edit      `json:"edits,omitempty"`

	Failure    *Failure  `json:"failure,omitempty"`
	Expiration time.Time `json:"expiration,omitzero"`

	Why    []string `json:"why,omitempty"`
	Before *Funds   `json:"before,omitempty"`
	After  *Funds   `json:"after,omitempty"`
}

// An AnswerService is one Multiple-Services-Credit-Control of an answer.
type AnswerService struct {
	RatingGroup  *int64     `json:"rating_group,omitempty"`
	Service      ServiceIDs `json:"service,omitempty"`
	Result       uint32     `json:"result,omitempty" example:"2001"`
	Granted      *Granted   `json:"granted,omitempty"`
	ValidFor     string     `json:"valid_for,omitempty" example:"3600s"`
	Final        *Final     `json:"final,omitempty"`
	Threshold    string     `json:"threshold,omitempty"`
	HoldingTime  string     `json:"holding_time,omitempty"`
	TariffChange time.Time  `json:"tariff_change,omitzero"`
	Triggers     []string   `json:"triggers,omitempty"`

	Single        bool           `json:"single,omitempty"`
	Tariff        string         `json:"tariff,omitempty"`
	Quota         *Quota         `json:"quota,omitempty"`
	Announcements []Announcement `json:"announcements,omitempty"`
}

// A FailedAVP says which AVP of a request was wrong or missing.
type FailedAVP struct {
	Path  string `json:"path,omitempty"`
	Value string `json:"value,omitempty"`
	Raw   string `json:"raw,omitempty"`
}

// An Edit is a change that a scenario makes to one AVP of the answer.
type Edit struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value string `json:"value,omitempty"`
}

// Funds are an account's money at one moment.
type Funds struct {
	Balance   string `json:"balance" example:"10.00 EUR"`
	Reserved  string `json:"reserved" example:"0.35 EUR"`
	Available string `json:"available" example:"9.65 EUR"`
}

// Granted are the quantities of a grant: one text where that says the unit.
type Granted []charging.Quantity

// MarshalJSON writes a text, or texts by unit.
func (g Granted) MarshalJSON() ([]byte, error) {
	if len(g) == 1 && g[0].Unit != charging.Input && g[0].Unit != charging.Output {
		return json.Marshal(g[0].String())
	}
	return json.Marshal(WriteUnits(g))
}

// UnmarshalJSON reads either form.
func (g *Granted) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		quantity, err := charging.ParseTold(text)
		*g = Granted{quantity}
		return err
	}
	var units Units
	err := json.Unmarshal(data, &units)
	*g = units.Quantities()
	return err
}

// WriteAnswer writes an answer.
func WriteAnswer(a *charging.Answer) *Answer {
	written := &Answer{
		Session: a.Key.Session.ID, SubSession: a.Key.Session.Sub, Number: a.Key.Number,
		Type: a.Type.String(), Account: a.Account, Entry: a.Entry, Repeat: a.Repeat,
		Result: uint32(a.Result), Name: a.Result.Name(), Message: a.Message,
		Services: []AnswerService{},
		Cost:     WriteQuantity(a.Cost), Balance: WriteQuantity(a.Balance),
		Refund: hex.EncodeToString(a.Refund), CostUnit: a.Unit,
		Failure: writeFailure(a.Failure), Expiration: a.Expires,
		Before: writeFunds(&a.Before), After: writeFunds(&a.After),
	}
	if a.LowOnes.Known {
		low := a.LowOnes.Value == 1
		written.LowBalance = &low
	}
	if a.Enough.Known {
		enough := a.Enough.Value == 0
		written.Enough = &enough
	}
	for i := range a.Services {
		written.Services = append(written.Services, writeAnswerService(&a.Services[i]))
	}
	for _, failed := range a.Failed {
		raw := hex.EncodeToString(failed.Raw)
		written.Failed = append(written.Failed, FailedAVP{failed.Path, failed.Value, raw})
	}
	for _, edit := range a.Edits {
		written.Edits = append(written.Edits, Edit(edit))
	}
	for i := range a.Why {
		written.Why = append(written.Why, a.Why[i].String())
	}
	return written
}

func writeAnswerService(s *charging.ServiceAnswer) AnswerService {
	written := AnswerService{
		RatingGroup: pointer(s.Key.Group), Service: s.Key.IDs, Result: uint32(s.Result),
		Final: (*Final)(s.Final), Threshold: WriteQuantity(s.Threshold),
		TariffChange: s.TariffChange, Triggers: writeTriggers(s.Triggers),
		Single: s.Single, Tariff: writeNamed(s.Tariff, charging.TariffSides()),
		Quota: writeQuota(s.Quota), Announcements: writeAnnouncements(s.Announcements),
	}
	if len(s.Granted) > 0 {
		granted := Granted(s.Granted)
		written.Granted = &granted
	}
	if s.ValidFor > 0 {
		written.ValidFor = writeSeconds(int64(s.ValidFor / time.Second))
	}
	if s.HoldingTime.Known {
		written.HoldingTime = writeSeconds(s.HoldingTime.Value)
	}
	return written
}

func writeSeconds(seconds int64) string { return strconv.FormatInt(seconds, 10) + "s" }

func readSeconds(text string) (int64, error) {
	quantity, err := readAmount(text, charging.Time)
	return quantity.Amount, err
}

// WriteQuantity writes a quantity; one without a unit is left out.
func WriteQuantity(q charging.Quantity) string {
	if q.Unit == "" {
		return ""
	}
	return q.String()
}

func writeFunds(f *charging.Funds) *Funds {
	if f.Money.Unit == "" {
		return nil
	}
	of := func(amount int64) string {
		return charging.Quantity{Amount: amount, Unit: f.Money.Unit}.String()
	}
	return &Funds{Balance: f.Money.String(), Reserved: of(f.Reserved), Available: of(f.Usable)}
}
