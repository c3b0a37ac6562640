// Package capture writes messages as files that packet analysers open, and reads such files of
// other people.
//
// A Writer takes whole Diameter messages, which have no packets any more, and makes packets for
// them: one TCP connection for each client, with addresses that stand for names. A Reader finds the
// streams of TCP in the packets of a pcap or pcapng file, and in these the messages again. The
// package knows of Diameter only where a message ends, and nothing of charging.
package capture
