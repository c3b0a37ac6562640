package diameter

import "github.com/ocs-sim/ocs-sim/charging"

// An identity is a node's Origin-Host and Origin-Realm.
type identity struct{ host, realm string }

// appendOrigin appends the two AVPs.
func (i identity) appendOrigin(dst []byte) []byte {
	dst = appendString(dst, 0, avpOriginHost, i.host)
	return appendString(dst, 0, avpOriginRealm, i.realm)
}

// appendResult appends what every answer begins with, Session-Id aside.
func (i identity) appendResult(dst []byte, result charging.Result) []byte {
	return i.appendOrigin(appendUint32(dst, 0, avpResultCode, uint32(result)))
}
