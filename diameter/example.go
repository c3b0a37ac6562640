package diameter

// example is the length of the data that Failed-AVP shows, all zeros, for an AVP that is missing or
// whose length is wrong (RFC 6733 sections 7.1.5 and 7.5). No string of the protocol can be empty,
// and readers take an AVP without data for a fault of ours, so strings have one octet.
func (k kind) example() int {
	switch k {
	case octets, text, identityName, uri, filterRule:
		return 1
	}
	return k.minimum()
}

// appendEmpty appends the data of an AVP of which nothing is known but what it is. A
// Subscription-Id that is missing as a whole has its two members, and the type of the identity
// last: who reads it first looks for a telephone number in the zeros.
func (d *definition) appendEmpty(dst []byte) []byte {
	if d.id() == avpSubscriptionID {
		dst = appendText(dst, avpSubscriptionIDData, "\x00")
		return appendNumber(dst, avpSubscriptionIDType, 0)
	}
	return append(dst, make([]byte, d.kind.example())...)
}
