package scenarios

import (
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A view is what an expression sees of a situation. What is not known is -1, an empty text or an
// empty list.
type view struct {
	Type                string        `expr:"type"`
	Number              int           `expr:"number"`
	Session             string        `expr:"session"`
	Subscriber          string        `expr:"subscriber"`
	Account             string        `expr:"account"`
	Context             string        `expr:"context"`
	OriginHost          string        `expr:"origin_host"`
	OriginRealm         string        `expr:"origin_realm"`
	Retransmitted       bool          `expr:"retransmitted"`
	Open                bool          `expr:"open"` // the session is
	Participants        int           `expr:"participants"`
	ParticipantsBefore  int           `expr:"participants_before"` // as they price so far
	Media               []string      `expr:"media"`
	ParticipantsChanged bool          `expr:"participants_changed"`
	MediaChanged        bool          `expr:"media_changed"`
	Method              string        `expr:"method"`
	Destination         string        `expr:"destination"`
	Conference          string        `expr:"conference"`
	Role                int           `expr:"role"`
	ServiceType         int           `expr:"service_type"`
	Size                int           `expr:"size"`
	Recipients          int           `expr:"recipients"`
	Hour                int           `expr:"hour"` // of the charging clock, UTC
	Services            []serviceView `expr:"services"`

	Available func(unit string) int          `expr:"available"`
	Quantity  func(text string) (int, error) `expr:"quantity"`
	AVP       func(path string) []string     `expr:"avp"`
}

// A serviceView is one service of the request. Requested and Used are by unit; a unit that was not
// told is 0 there.
type serviceView struct {
	RatingGroup int            `expr:"rating_group"`
	Services    []int          `expr:"services"`
	Asked       bool           `expr:"asked"`
	Requested   map[string]int `expr:"requested"`
	Used        map[string]int `expr:"used"`
	Reason      int            `expr:"reason"`
}

// allowedBuiltins are the functions of the expression language that cost no more than what they
// look at.
func allowedBuiltins() []string {
	return []string{
		"all", "any", "none", "one", "count", "filter", "map", "len", "first", "last", "min", "max",
		"sum", "abs", "lower", "upper", "trim", "split", "int", "string", "hasPrefix", "hasSuffix",
	}
}

// An Expression is a condition in the language of expr: participants > 3 && "audio" in media.
type Expression struct {
	Text    string
	program *vm.Program
}

// MaxExpression is how many octets an expression has at most. What is nested in brackets has no
// nodes of its own, and the parser goes down one by one.
const MaxExpression = 8192

// UnmarshalText compiles. An expression has at most 200 nodes, no ranges and no function within
// another's predicate, so that none can take long.
func (e *Expression) UnmarshalText(text []byte) error {
	if len(text) > MaxExpression {
		return fmt.Errorf("if: the expression has %d octets; at most %d", len(text), MaxExpression)
	}
	judge := new(frugal)
	options := []expr.Option{
		expr.Env(view{}), expr.AsBool(), expr.MaxNodes(200), expr.DisableAllBuiltins(),
		expr.Patch(judge),
	}
	for _, name := range allowedBuiltins() {
		options = append(options, expr.EnableBuiltin(name))
	}
	program, err := expr.Compile(string(text), options...)
	if err == nil {
		err = judge.err
	}
	if err != nil {
		said, _, _ := strings.Cut(err.Error(), "\n") // what follows is a drawing
		return fmt.Errorf("if: %s", said)
	}
	*e = Expression{string(text), program}
	return nil
}

// MarshalText writes the expression.
func (e Expression) MarshalText() ([]byte, error) { return []byte(e.Text), nil }

// IsZero reports whether there is none.
func (e Expression) IsZero() bool { return e.Text == "" }

// Equal reports whether both say the same.
func (e Expression) Equal(other Expression) bool { return e.Text == other.Text }

// A frugal visitor refuses what can take long.
type frugal struct{ err error }

// Visit looks at a node.
func (f *frugal) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		if n.Operator == ".." {
			f.err = errors.New("ranges are not allowed")
		}
	case *ast.PredicateNode:
		if ast.Find(n.Node, func(inner ast.Node) bool {
			_, nested := inner.(*ast.PredicateNode)
			return nested
		}) != nil {
			f.err = errors.New("a predicate within a predicate is not allowed")
		}
	}
}

// holds evaluates the expression; what fails does not hold.
func (e *Expression) holds(s *charging.Situation) bool {
	result, err := expr.Run(e.program, newView(s))
	held, _ := result.(bool)
	return err == nil && held
}

// seen is what became of it.
func (e *Expression) seen(s *charging.Situation) string {
	result, err := expr.Run(e.program, newView(s))
	if err != nil {
		return "an error: " + err.Error()
	}
	return fmt.Sprint(result)
}

func newView(s *charging.Situation) view {
	r := s.Request
	v := view{
		Type: r.Type.String(), Number: int(r.Key.Number), Session: r.Key.Session.ID,
		Context: r.Context, OriginHost: r.Origin.Host, OriginRealm: r.Origin.Realm,
		Retransmitted: r.Retransmitted, Open: s.Session.Open(),
		Participants: int(s.Participants.Or(-1)), Media: s.Media,
		ParticipantsChanged: s.ParticipantsChanged, MediaChanged: s.MediaChanged,
		Method: r.Information.Method, Destination: r.Information.Destination,
		Conference: r.Information.Conference, Role: int(r.Information.Role.Or(-1)),
		ServiceType: int(r.Information.ServiceType.Or(-1)), Size: int(r.Information.Size.Or(-1)),
		Recipients: int(r.Information.Recipients.Or(-1)), Hour: s.Now.UTC().Hour(),
		Available: func(unit string) int { return int(s.Holds(charging.Unit(unit)).Or(0)) },
		Quantity:  quantityOf,
		AVP:       func(path string) []string { return lookup(s, path) },
	}
	v.ParticipantsBefore = -1
	if s.Session.Open() {
		v.ParticipantsBefore = int(s.Session.Info.Participants.Or(-1))
	}
	if len(r.Subscribers) > 0 {
		v.Subscriber = r.Subscribers[0].Data
	}
	if s.Account != nil {
		v.Account = s.Account.ID
	}
	for i := range r.Services {
		v.Services = append(v.Services, newServiceView(&r.Services[i]))
	}
	return v
}

// quantityOf is a quantity in its smallest unit: seconds, octets, events, or 10^-6 of a currency.
func quantityOf(text string) (int, error) {
	q, err := charging.ParseQuantity(text)
	return int(q.Amount), err
}

func newServiceView(s *charging.Service) serviceView {
	v := serviceView{
		RatingGroup: int(s.Key.Group.Or(-1)), Asked: s.Asked, Reason: int(s.Reason.Or(-1)),
		Requested: byUnit(s.Requested),
	}
	for _, id := range s.Key.IDs {
		v.Services = append(v.Services, int(id))
	}
	var units []charging.Quantity
	for i := range s.Used {
		units = append(units, s.Used[i].Units...)
	}
	v.Used = byUnit(units)
	return v
}

// byUnit adds quantities up; octets of both directions count as total where no total is told.
func byUnit(quantities []charging.Quantity) map[string]int {
	sums := make(map[string]int)
	for _, q := range quantities {
		sums[string(q.Unit)] += int(q.Amount)
	}
	if total := amountOf(quantities, charging.Total); total.Known {
		sums[string(charging.Total)] = int(total.Value)
	}
	return sums
}
