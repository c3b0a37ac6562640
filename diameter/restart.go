package diameter

import (
	"encoding/binary"
	"strings"
	"sync"

	"github.com/ocs-sim/ocs-sim/charging"
)

// restarts knows the Origin-State-Id of each host that told one (RFC 6733 section 8.16), to notice
// that it went up: the host has lost its state then, and its sessions with it.
type restarts struct {
	mu      sync.Mutex
	last    map[string]uint32
	ordered []string // the hosts of last, oldest first
}

// wentUp notes what a host tells, and reports whether that is more than it told before. Zero says
// nothing (section 8.6), as does the first that is heard of a host.
func (r *restarts) wentUp(host string, id uint32) bool {
	if id == 0 || host == "" {
		return false
	}
	key := strings.ToLower(host)
	r.mu.Lock()
	defer r.mu.Unlock()
	prior, known := r.last[key]
	if known && id <= prior {
		return false
	}
	if !known {
		r.makeRoom()
		r.ordered = append(r.ordered, key)
	}
	r.last[key] = id
	return known
}

// makeRoom forgets the host known longest where there are too many.
func (r *restarts) makeRoom() {
	if r.last == nil {
		r.last = make(map[string]uint32)
	}
	if len(r.ordered) == maxRoutes {
		delete(r.last, r.ordered[0])
		r.ordered = r.ordered[1:]
	}
}

// noteState looks for the sign of a restart in what a host says of itself, if its settings want
// its sessions to end then.
func (s *Server) noteState(origin charging.Origin, id uint32) {
	restarted, own := s.options.Restarted, s.settingsOf(origin)
	if restarted == nil || own == nil || own.OriginState != charging.OriginStateClean ||
		!s.restarts.wentUp(origin.Host, id) {
		return
	}
	s.options.Log.Info().Str("peer", origin.Host).Uint32("origin_state_id", id).
		Msg("the client has started again")
	restarted(s.context, origin)
}

// noteStateIn is noteState for a frame that carries it at its top.
func (s *Server) noteStateIn(frame []byte, origin charging.Origin) {
	if data, found := find(frame, avpOriginStateID); found && len(data) == 4 {
		s.noteState(origin, binary.BigEndian.Uint32(data))
	}
}
