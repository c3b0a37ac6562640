package charging

import "strconv"

// A Result is a Diameter Result-Code; zero means that none is sent.
type Result uint32

// The results that charging gives (RFC 6733 section 7.1, RFC 8506 section 9).
const (
	Success              Result = 2001
	LimitedSuccess       Result = 2002
	UnableToDeliver      Result = 3002
	TooBusy              Result = 3004
	OutOfSpace           Result = 4002
	EndUserServiceDenied Result = 4010
	CreditNotApplicable  Result = 4011
	CreditLimitReached   Result = 4012
	UnknownSessionID     Result = 5002
	AuthorizationDenied  Result = 5003
	InvalidAVPValue      Result = 5004
	MissingAVP           Result = 5005
	ContradictingAVPs    Result = 5007
	UnableToComply       Result = 5012
	UserUnknown          Result = 5030
	RatingFailed         Result = 5031
)

var resultNames = map[Result]string{
	1001: "DIAMETER_MULTI_ROUND_AUTH",
	2001: "DIAMETER_SUCCESS", 2002: "DIAMETER_LIMITED_SUCCESS",
	3001: "DIAMETER_COMMAND_UNSUPPORTED", 3002: "DIAMETER_UNABLE_TO_DELIVER",
	3003: "DIAMETER_REALM_NOT_SERVED", 3004: "DIAMETER_TOO_BUSY",
	3005: "DIAMETER_LOOP_DETECTED", 3006: "DIAMETER_REDIRECT_INDICATION",
	3007: "DIAMETER_APPLICATION_UNSUPPORTED", 3008: "DIAMETER_INVALID_HDR_BITS",
	3009: "DIAMETER_INVALID_AVP_BITS", 3010: "DIAMETER_UNKNOWN_PEER",
	4001: "DIAMETER_AUTHENTICATION_REJECTED", 4002: "DIAMETER_OUT_OF_SPACE",
	4003: "DIAMETER_ELECTION_LOST", 4010: "DIAMETER_END_USER_SERVICE_DENIED",
	4011: "DIAMETER_CREDIT_CONTROL_NOT_APPLICABLE", 4012: "DIAMETER_CREDIT_LIMIT_REACHED",
	5001: "DIAMETER_AVP_UNSUPPORTED", 5002: "DIAMETER_UNKNOWN_SESSION_ID",
	5003: "DIAMETER_AUTHORIZATION_REJECTED", 5004: "DIAMETER_INVALID_AVP_VALUE",
	5005: "DIAMETER_MISSING_AVP", 5006: "DIAMETER_RESOURCES_EXCEEDED",
	5007: "DIAMETER_CONTRADICTING_AVPS", 5008: "DIAMETER_AVP_NOT_ALLOWED",
	5009: "DIAMETER_AVP_OCCURS_TOO_MANY_TIMES", 5010: "DIAMETER_NO_COMMON_APPLICATION",
	5011: "DIAMETER_UNSUPPORTED_VERSION", 5012: "DIAMETER_UNABLE_TO_COMPLY",
	5013: "DIAMETER_INVALID_BIT_IN_HEADER", 5014: "DIAMETER_INVALID_AVP_LENGTH",
	5015: "DIAMETER_INVALID_MESSAGE_LENGTH", 5016: "DIAMETER_INVALID_AVP_BIT_COMBO",
	5017: "DIAMETER_NO_COMMON_SECURITY", 5030: "DIAMETER_USER_UNKNOWN",
	5031: "DIAMETER_RATING_FAILED",
}

// Name returns the standards' name of the code, or its number.
func (r Result) Name() string {
	if name, ok := resultNames[r]; ok {
		return name
	}
	return strconv.FormatUint(uint64(r), 10)
}

// Success reports whether the code is of the success class, 2xxx.
func (r Result) Success() bool { return r/1000 == 2 }

// ProtocolError reports whether the code is a protocol error, 3xxx, which moves no money and is
// sent with the E bit (RFC 6733 section 7.1.3).
func (r Result) ProtocolError() bool { return r/1000 == 3 }
