package diameter

import (
	"net/netip"
	"strconv"
	"strings"
)

// AVPs of RFC 5777 that filters need.
const (
	avpClassifier         = 511
	avpClassifierID       = 512
	avpProtocol           = 513
	avpDirection          = 514
	avpFromSpec           = 515
	avpToSpec             = 516
	avpNegated            = 517
	avpIPAddress          = 518
	avpIPAddressMask      = 522
	avpIPMaskBitMaskWidth = 523
	avpPort               = 530
	avpPortRange          = 531
	avpPortStart          = 532
	avpPortEnd            = 533
	avpUseAssignedAddress = 534
	avpTreatmentAction    = 572
)

// The values of Treatment-Action and Direction that IPFilterRule has words for.
const (
	treatmentDrop   = 0
	treatmentPermit = 3
	directionIn     = 0
	directionOut    = 1
)

// appendFilterRule writes an IPFilterRule (RFC 6733 section 4.3.1) as a Filter-Rule of RFC 5777.
// The rule's text is the classifier's identifier, so that nothing of it is lost; options behind
// the addresses are found there alone.
func appendFilterRule(dst []byte, rule string) []byte {
	words := strings.Fields(rule)
	word := func(i int) string {
		if i < len(words) {
			return words[i]
		}
		return ""
	}
	start := len(dst)
	dst = beginGroup(dst, avpFilterRule)
	classifier := len(dst)
	dst = beginGroup(dst, avpClassifier)
	dst = appendText(dst, avpClassifierID, rule)
	if protocol, ok := protocolNumber(word(2)); ok {
		dst = appendNumber(dst, avpProtocol, protocol)
	}
	switch word(1) {
	case "in":
		dst = appendNumber(dst, avpDirection, directionIn)
	case "out":
		dst = appendNumber(dst, avpDirection, directionOut)
	}
	dst = appendEnds(dst, words)
	dst = endAVP(dst, classifier)
	treatment := uint32(treatmentPermit)
	if word(0) == "deny" {
		treatment = treatmentDrop
	}
	dst = appendNumber(dst, avpTreatmentAction, treatment)
	return endAVP(dst, start)
}

// protocolNumber knows the protocols that have names in filters; ip is all of them.
func protocolNumber(name string) (uint32, bool) {
	switch name {
	case "icmp":
		return 1, true
	case "tcp":
		return 6, true
	case "udp":
		return 17, true
	}
	number, err := strconv.ParseUint(name, 10, 8)
	return uint32(number), err == nil
}

// appendEnds finds what follows "from" and "to".
func appendEnds(dst []byte, words []string) []byte {
	for i, word := range words {
		if i+1 == len(words) || word != "from" && word != "to" {
			continue
		}
		id := uint64(avpFromSpec)
		if word == "to" {
			id = avpToSpec
		}
		ports := ""
		if i+2 < len(words) && words[i+2] != "to" && strings.Trim(words[i+2], "0123456789,-") == "" {
			ports = words[i+2]
		}
		dst = appendEnd(dst, id, words[i+1], ports)
	}
	return dst
}

// appendEnd appends From-Spec or To-Spec; one that allows every address says nothing.
func appendEnd(dst []byte, id uint64, address, ports string) []byte {
	if address == "any" && ports == "" {
		return dst
	}
	start := len(dst)
	dst = beginGroup(dst, id)
	bare, negated := strings.CutPrefix(address, "!")
	if bare == "assigned" {
		dst = appendNumber(dst, avpUseAssignedAddress, 1)
	} else if prefix, err := netip.ParsePrefix(bare); err == nil {
		mask := len(dst)
		dst = beginGroup(dst, avpIPAddressMask)
		dst = appendAddress(dst, avpIPAddress, prefix.Addr(), flagMandatory)
		dst = appendNumber(dst, avpIPMaskBitMaskWidth, uint32(prefix.Bits()))
		dst = endAVP(dst, mask)
	} else if ip, err := netip.ParseAddr(bare); err == nil {
		dst = appendAddress(dst, avpIPAddress, ip, flagMandatory)
	}
	if ports != "" {
		dst = appendPorts(dst, ports)
	}
	if negated {
		dst = appendNumber(dst, avpNegated, 1)
	}
	return endAVP(dst, start)
}

func appendPorts(dst []byte, ports string) []byte {
	for part := range strings.SplitSeq(ports, ",") {
		from, to, isRange := strings.Cut(part, "-")
		first, _ := strconv.ParseUint(from, 10, 16)
		if !isRange {
			dst = appendNumber(dst, avpPort, uint32(first))
			continue
		}
		last, _ := strconv.ParseUint(to, 10, 16)
		start := len(dst)
		dst = beginGroup(dst, avpPortRange)
		dst = appendNumber(dst, avpPortStart, uint32(first))
		dst = appendNumber(dst, avpPortEnd, uint32(last))
		dst = endAVP(dst, start)
	}
	return dst
}
