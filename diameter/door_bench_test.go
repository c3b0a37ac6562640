package diameter

import (
	"bytes"
	"net"
	"testing"
)

// BenchmarkGuardDecodeEncode is the work on one CCR-U of about 800 octets, sockets and charging
// aside: cut it from the stream, read and check it, and encode its answer.
func BenchmarkGuardDecodeEncode(b *testing.B) {
	s := NewServer(Options{OriginHost: testSelf.host, OriginRealm: testSelf.realm})
	stream := benchmarkFrame()
	answer := answersOnRecord()["grant with everything"]
	var out []byte
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		length, found := cut(false, stream, 64<<10)
		if found != wholeFrame {
			b.Fatal("the frame was not cut")
		}
		frame := bytes.Clone(stream[:length])
		request, proxies := s.decoder.decode(frame, testTime)
		if request.Refused != nil {
			b.Fatal(request.Refused.Message)
		}
		out = appendAnswer(out[:0], answer, parseHeader(frame), proxies, s.self)
	}
}

// BenchmarkDoor adds the sockets: one connection, a window of 128 requests, and a Charger that
// answers at once.
func BenchmarkDoor(b *testing.B) {
	const window = 128
	p := openDoor(b, Options{}).connect(b)
	frames := bytes.Repeat(benchmarkFrame(), window)
	b.SetBytes(int64(len(frames)) / window)
	b.ReportAllocs()
	in := make([]byte, 64<<10)
	for sent := 0; b.Loop(); sent++ {
		if sent%window != 0 {
			continue
		}
		if _, err := p.Write(frames); err != nil {
			b.Fatal(err)
		}
		if err := readAnswers(p, in, window); err != nil {
			b.Fatal(err)
		}
	}
}

// readAnswers reads a number of answers of equal length.
func readAnswers(conn net.Conn, buffer []byte, count int) error {
	missing := -1
	for missing != 0 {
		n, err := conn.Read(buffer)
		if err != nil {
			return err
		}
		if missing < 0 {
			missing = count * (int(buffer[2])<<8 | int(buffer[3]))
		}
		missing -= n
	}
	return nil
}
