package charging

// RecordType is Accounting-Record-Type (RFC 6733 section 9.8.1); zero: the request is one of credit
// control. An accounting request is a Request that names one: its number is
// Accounting-Record-Number, its sub-session Accounting-Sub-Session-Id, and it has no Type.
type RecordType uint8

// The record types, with their numbers on the wire.
const (
	NoRecord      RecordType = 0
	EventRecord   RecordType = 1
	StartRecord   RecordType = 2
	InterimRecord RecordType = 3
	StopRecord    RecordType = 4
)

// String returns the type's plain word, or nothing for NoRecord.
func (t RecordType) String() string {
	switch t {
	case EventRecord:
		return "event"
	case StartRecord:
		return "start"
	case InterimRecord:
		return "interim"
	case StopRecord:
		return "stop"
	}
	return ""
}

// Kind is the plain word for what the request is: its record type, else its type.
func (r *Request) Kind() string {
	if r.Record != NoRecord {
		return r.Record.String()
	}
	return r.Type.String()
}
