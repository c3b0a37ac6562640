package diameter

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/fiorix/go-diameter/v4/diam"
)

// readByLibrary has go-diameter decode a frame that the guard let through: it must neither panic,
// nor complain, nor understand another length.
func readByLibrary(t testing.TB, dictionary *Dictionary, frame []byte) {
	m, err := diam.ReadMessage(bytes.NewReader(frame), dictionary.parser)
	if err != nil {
		t.Fatalf("the library cannot read what the guard lets through: %v\n%x", err, frame)
	}
	if m.Len() != len(frame) {
		t.Fatalf("the library reads %d octets of %d: %x", m.Len(), len(frame), frame)
	}
}

// mutantCount is how many mutants are tried; OCS_SIM_MUTANTS sets another number.
func mutantCount(t testing.TB, standard int) int {
	text := os.Getenv("OCS_SIM_MUTANTS")
	if text == "" {
		return standard
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("OCS_SIM_MUTANTS: %v", err)
	}
	return n
}

// originals are sound frames to make mutants of.
func originals() [][]byte {
	information := group(
		avpServiceInformation,
		group(
			avpIMSInformation,
			group(avpEventType, words(avpSIPMethod, "INVITE")),
			number(avpRoleOfNode, 0),
			group(
				avpSDPMediaComponent,
				words(avpSDPMediaName, "audio 5004"),
				number(avpSDPType, 0),
			),
			group(
				avpMessageBody,
				words(avpContentType, "text/plain"),
				number(avpContentLength, 9),
			),
		),
		group(
			avpIMInformation,
			number(avpTotalMessagesSent, 2),
		),
		number(avpNumberOfParticipants, 3),
	)
	service := group(avpMultipleServices, number(avpRatingGroup, 100),
		group(avpRequestedServiceUnit, number(avpCCTime, 60)),
		group(avpUsedServiceUnit, number(avpReportingReason, 6), long(avpCCTotalOctets, 100)))
	raa := header{command: commandReAuth, application: creditControlApplication}
	return [][]byte{
		cer(), dwr(), dpr(),
		ccr(2, 1, subscriberPart(charging164, "15550100"), service, information,
			group(avpProxyInfo, words(280, "relay.example.org"), words(33, "state"))),
		message(raa, words(avpSessionID, "s;1"), number(avpResultCode, 2001),
			group(avpFailedAVP, service), group(avpExperimentalResult, number(avpVendorID, 1))),
		cerFrom("a.example.org", vendorSpecific(avpAuthApplicationID, 4)),
		acr(3, 1, long(avpAccountingSubSessionID, 7), service, information),
	}
}

const charging164 = 0 // Subscription-Id-Type

// A mutator spoils frames.
type mutator struct {
	*rand.Rand
	originals [][]byte
}

func newMutator(t testing.TB, worker int) *mutator {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("OCS_SIM_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("OCS_SIM_SEED=%d", seed)
	return &mutator{rand.New(rand.NewPCG(seed, uint64(worker))), originals()}
}

// mutant spoils a frame in one to four ways. Its length in the header mostly fits.
func (m *mutator) mutant() []byte {
	frame := slices.Clone(m.originals[m.IntN(len(m.originals))])
	for range 1 + m.IntN(4) {
		frame = m.spoil(frame)
	}
	if len(frame) >= headerLength && m.IntN(10) > 0 {
		for len(frame)%4 != 0 {
			frame = append(frame, byte(m.Uint32()))
		}
		setLength(len(frame))(frame)
	}
	return frame
}

func (m *mutator) spoil(frame []byte) []byte {
	if len(frame) < headerLength+8 {
		return append(frame, cer()...)
	}
	at := m.IntN(len(frame))
	word := headerLength + m.IntN((len(frame)-headerLength)/4)*4
	switch m.IntN(9) {
	case 0:
		frame[at] ^= 1 << m.IntN(8)
	case 1:
		frame[at] = byte(m.Uint32())
	case 2: // as if it were a length
		frame[min(word+7, len(frame)-1)] = byte(m.IntN(32))
	case 3:
		binary.BigEndian.PutUint32(frame[word:], m.Uint32N(1024))
	case 4:
		return slices.Delete(frame, word, word+4)
	case 5:
		return slices.Insert(frame, word, frame[word:min(len(frame), word+4*m.IntN(12))]...)
	case 6:
		return frame[:max(headerLength, word)]
	case 7:
		other := m.originals[m.IntN(len(m.originals))]
		return slices.Insert(frame, word, other[headerLength:]...)
	case 8:
		frame[4+m.IntN(2)*4] = byte(m.Uint32())
	}
	return frame
}

// TestMutantsDoNoHarm runs before its parallel neighbours, since it looks at the heap.
func TestMutantsDoNoHarm(t *testing.T) {
	count, workers := mutantCount(t, 100_000), runtime.GOMAXPROCS(0)
	before := heap()
	t.Run("decoded", func(t *testing.T) {
		for worker := range workers {
			t.Run(strconv.Itoa(worker), func(t *testing.T) {
				t.Parallel()
				m := newMutator(t, worker)
				for range count / workers {
					swallow(t, m.mutant())
				}
			})
		}
	})
	if after := heap(); after > before+64<<20 {
		t.Errorf("the heap grew from %d to %d octets over %d mutants", before, after, count)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestMutantsOverSockets sends mutants to a server. It must answer each, or close the connection,
// and serve the next peer as if nothing had been.
func TestMutantsOverSockets(t *testing.T) {
	t.Parallel()
	m := newMutator(t, 0)
	d := openDoor(t, Options{
		CloseTimeout: 50 * time.Millisecond, CapabilitiesTimeout: time.Second, Accounting: yes,
	})
	for range min(mutantCount(t, 3000)/10, 100_000) {
		p := d.dial(t)
		p.send(cer())
		var stream []byte
		for range 10 {
			stream = append(stream, m.mutant()...)
		}
		_, _ = p.Write(stream)
		_ = p.Conn.(*net.TCPConn).CloseWrite()
		if err := readAll(p); err != nil {
			t.Fatalf("%v after %x", err, stream)
		}
		_ = p.Conn.Close()
	}
	d.connect(t).expectAlive()
}

// readAll reads messages to the end of the connection, which must come in time.
func readAll(p *rawPeer) error {
	for {
		frame, err := p.read()
		var timeout net.Error
		switch {
		case errors.As(err, &timeout) && timeout.Timeout():
			return errors.New("neither an answer nor the end came")
		case err != nil:
			return nil
		case Render(frame).Fault != "":
			return fmt.Errorf("the server sent %x", frame)
		}
	}
}
