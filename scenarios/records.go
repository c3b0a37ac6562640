package scenarios

import (
	"context"
	"errors"
	"sync"
	"syscall"

	"github.com/ocs-sim/ocs-sim/charging"
)

// RecordOptions say where records go and what they hold.
type RecordOptions struct {
	// Path is the file that records are appended to, made if it is not there. Empty: records are
	// acknowledged and kept nowhere but in the journal.
	Path string
	// Script may answer on purpose; nil: nothing does.
	Script charging.Script
	// ServiceInformation makes a tree of a request's Service-Information; nil: records have none.
	ServiceInformation func(charging.Attributes) map[string]any
	// Remembered is how many records are known, so that none is kept twice; 0: 100,000. Of sessions
	// as many are known, to tell when one reports out of order.
	Remembered int
	// MaxWaiting is how many records may wait for the disk before Charge blocks; 0: 4,096.
	MaxWaiting int
}

// Records keeps what clients report for offline charging, one line of JSON for each accounting
// request (see docs/reference/cdr.md). It is a charging.Charger for requests that have a Record,
// and touches no account. One writer puts all that waits into the file and has it synced before
// anybody is told, so that what is acknowledged survives.
type Records struct {
	options RecordOptions
	file    *recordFile // nil: there is none
	queue   chan *recording
	done    chan struct{} // closed when the writer has returned

	closing sync.RWMutex // read while one is queued
	closed  bool

	remembering sync.Mutex // guards what is known
	known       *recordMemory
}

// A recording is one accounting request on its way into the file.
type recording struct {
	request *charging.Request
	reply   func(*charging.Answer)
	answer  *charging.Answer
	key     digest
	waits   bool // its fate is that of what is written now
}

// maxRecordsAtOnce bounds what one write takes.
const maxRecordsAtOnce = 1024

// OpenRecords opens the file, cuts off a record that a crash left half written, and reads its end,
// so that what is there is known. notice says what was cut, if anything was.
func OpenRecords(o RecordOptions) (r *Records, notice string, err error) {
	if o.Remembered <= 0 {
		o.Remembered = 100_000
	}
	if o.MaxWaiting <= 0 {
		o.MaxWaiting = 4096
	}
	r = &Records{
		options: o, known: newRecordMemory(o.Remembered),
		queue: make(chan *recording, o.MaxWaiting), done: make(chan struct{}),
	}
	if o.Path != "" {
		if r.file, notice, err = openRecordFile(o.Path, r.known); err != nil {
			return nil, "", err
		}
	}
	go r.write()
	return r, notice, nil
}

// Charge keeps a record and acknowledges it; see charging.Charger. A record that is known already
// is acknowledged again and not kept twice. Where the disk is full the answer is 4002, and the
// client is to try again (RFC 6733 section 7.1.4); what was written in part is taken back.
func (r *Records) Charge(
	ctx context.Context, request *charging.Request, reply func(*charging.Answer),
) {
	x := &recording{
		request: request, reply: reply, key: recordKey(request),
		answer: &charging.Answer{Key: request.Key, Type: request.Type, Result: charging.Success},
	}
	r.closing.RLock()
	defer r.closing.RUnlock()
	if r.closed {
		x.fail(charging.UnableToComply, "the file of records is closed")
		x.reply(x.answer)
		return
	}
	select {
	case r.queue <- x:
	case <-ctx.Done():
		x.fail(charging.UnableToComply, "the server stops")
		x.reply(x.answer)
	}
}

// Forget forgets which records are known, so that a test can use its Session-Ids again. The file
// stays as it is.
func (r *Records) Forget() {
	r.remembering.Lock()
	defer r.remembering.Unlock()
	r.known = newRecordMemory(r.options.Remembered)
}

// Close keeps what waits, and closes the file.
func (r *Records) Close() error {
	r.closing.Lock()
	first := !r.closed
	r.closed = true
	if first {
		close(r.queue)
	}
	r.closing.Unlock()
	<-r.done
	if first && r.file != nil {
		return r.file.close()
	}
	return nil
}

func (r *Records) write() {
	defer close(r.done)
	var batch []*recording
	for x := range r.queue {
		batch = r.gather(append(batch[:0], x))
		r.remembering.Lock()
		r.keep(batch)
		r.remembering.Unlock()
		for _, x := range batch {
			x.reply(x.answer)
		}
		clear(batch)
	}
}

// gather adds what waits besides.
func (r *Records) gather(batch []*recording) []*recording {
	for len(batch) < maxRecordsAtOnce {
		select {
		case x, more := <-r.queue:
			if !more {
				return batch
			}
			batch = append(batch, x)
		default:
			return batch
		}
	}
	return batch
}

// keep writes what is new of a batch, and only then knows it. What is reported twice within the
// batch is written once, and both are told the same.
func (r *Records) keep(batch []*recording) {
	news := r.known.begin()
	var lines []byte
	for _, x := range batch {
		switch {
		case r.known.has(x.key):
			x.answer.Repeat = true
			x.because(charging.BecauseRepeat, "recorded before: nothing is written")
		case news.has(x.key):
			x.answer.Repeat, x.waits = true, true
		case r.accepted(x):
			x.waits = true
			order := news.note(x.request, x.key)
			lines = r.appendLine(lines, x.request, order)
		}
	}
	if err := r.append(lines); err != nil {
		for _, x := range batch {
			x.failed(err)
		}
		return
	}
	news.commit()
}

// accepted asks the script. A record that is refused on purpose is not kept.
func (r *Records) accepted(x *recording) bool {
	if r.options.Script == nil {
		return true
	}
	decision := r.options.Script.Decide(&charging.Situation{Request: x.request, Now: x.request.At})
	if decision.Rule == "" {
		return true
	}
	x.answer.Why = append(x.answer.Why,
		charging.Reason{Code: charging.BecauseScript, Rule: decision.Rule})
	x.answer.Edits, x.answer.Delivery = decision.Edits, decision.Delivery
	if decision.Instead != nil && decision.Instead.Result != 0 {
		x.answer.Result = decision.Instead.Result
	}
	return x.answer.Result.Success()
}

func (r *Records) append(lines []byte) error {
	if r.file == nil || len(lines) == 0 {
		return nil
	}
	return r.file.append(lines)
}

func (x *recording) because(code, detail string) {
	x.answer.Why = append(x.answer.Why, charging.Reason{Code: code, Detail: detail})
}

func (x *recording) fail(result charging.Result, message string) {
	x.answer.Result, x.answer.Message, x.answer.Repeat = result, message, false
	x.because(charging.BecauseDenied, message)
}

// failed tells a recording that the file did not take it. Only a lack of space is 4002: it passes.
func (x *recording) failed(err error) {
	if !x.waits {
		return
	}
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, full) {
			x.fail(charging.OutOfSpace, "the record could not be kept: "+err.Error())
			return
		}
	}
	x.fail(charging.UnableToComply, "the record could not be kept: "+err.Error())
}
