package findings

// A Frame is what the course of a session is judged by beside what charging knows: the header of a
// Diameter message, and of the base protocol's a little more.
type Frame struct {
	Command  uint32
	Request  bool
	HopByHop uint32
	Session  string // Session-Id of a CCR, a RAR or an ASR, or of an answer to one of the latter
	// SubSession is CC-Sub-Session-Id of a RAR; answers have none.
	SubSession uint64
	Result     uint32 // Result-Code of an answer to one
}

// The commands that the course of a session knows (RFC 6733 section 3.1, RFC 8506 section 3).
const (
	ReAuth        = 258
	CreditControl = 272
	AbortSession  = 274
)
