package ocf

import "github.com/ocs-sim/ocs-sim/charging"

// fingerprint tells whether a request with a known key has the same content: type, action and
// the units of its services. The T flag, routing and time do not count: a repeat may differ in
// them. It is kept on disk, so it must not change.
func fingerprint(r *charging.Request) uint64 {
	h := hash(offset64)
	h.number(int64(r.Type))
	h.number(int64(r.Action))
	for i := range r.Services {
		s := &r.Services[i]
		h.number(s.Key.Group.Or(-1))
		for _, id := range s.Key.IDs {
			h.number(int64(id))
		}
		h.flag(s.Asked)
		h.quantities(s.Requested)
		for _, used := range s.Used {
			h.number(used.Tariff.Or(-1))
			h.quantities(used.Units)
		}
	}
	return uint64(h)
}

// hash is FNV-1a with 64 bits.
type hash uint64

const (
	offset64 = 14695981039346656037
	prime64  = 1099511628211
)

func (h *hash) number(v int64) {
	for shift := 0; shift < 64; shift += 8 {
		*h = (*h ^ hash(byte(v>>shift))) * prime64
	}
}

func (h *hash) flag(v bool) {
	if v {
		h.number(1)
		return
	}
	h.number(0)
}

func (h *hash) quantities(list []charging.Quantity) {
	h.number(int64(len(list)))
	for _, q := range list {
		for i := range len(q.Unit) {
			*h = (*h ^ hash(q.Unit[i])) * prime64
		}
		h.number(q.Amount)
	}
}
