package api

import (
	"context"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// Peers are the Diameter connections that are open.
type Peers interface {
	Peers() []diameter.Peer
	Disconnect(ctx context.Context, originHost string, cause diameter.DisconnectCause) error
	// Cut ends the connections without a word.
	Cut(originHost string, how charging.Ending) error
}

// noPeers is a simulator without a Diameter door.
type noPeers struct{}

func (noPeers) Peers() []diameter.Peer { return nil }

func (noPeers) Disconnect(_ context.Context, host string, _ diameter.DisconnectCause) error {
	return charging.Errorf(charging.KindPeerNotFound, "no connection leads to %s", host)
}

func (noPeers) Cut(host string, _ charging.Ending) error {
	return charging.Errorf(charging.KindPeerNotFound, "no connection leads to %s", host)
}

// DisconnectInput is the input of DELETE /v1/peers/{origin-host}.
type DisconnectInput struct {
	OriginHost string `path:"origin-host" doc:"Origin-Host of the peer" example:"im.example.com"`
	Cause      string `query:"cause" enum:"rebooting,busy,do_not_want_to_talk" default:"do_not_want_to_talk" doc:"Disconnect-Cause"`
}

func (s *server) peerRoutes() {
	register(s, route{
		method: "GET", path: "/v1/peers", id: "list-peers", tag: "Peers", summary: "List peers",
		description: "Every open Diameter connection, by Origin-Host and then by age.",
		example: `{"items": [{"origin_host": "im.example.com", "origin_realm": "example.com",
			"product_name": "im", "vendor_id": 0, "relay": false, "applications": [4],
			"address": "127.0.0.1:51234", "listener": "127.0.0.1:3868",
			"since": "2026-03-01T12:00:00Z", "suspect": false}], "next": ""}`,
	}, s.listPeers)
	register(s, route{
		method: "DELETE", path: "/v1/peers/{origin-host}", id: "disconnect-peer", tag: "Peers",
		summary: "Disconnect a peer",
		description: "Sends a DPR on all connections of the peer and closes them, after the DPA " +
			"or after two seconds. Its sessions stay open, and it may come again.",
		problems: []charging.ErrorKind{charging.KindPeerNotFound},
	}, s.disconnectPeer)
}

func (s *server) listPeers(context.Context, *struct{}) (
	*Output[resource.List[resource.Peer]], error,
) {
	peers := s.Peers.Peers()
	list := resource.List[resource.Peer]{Items: make([]resource.Peer, len(peers))}
	for i := range peers {
		p := &peers[i]
		list.Items[i] = resource.Peer{
			OriginHost: p.OriginHost, OriginRealm: p.OriginRealm, ProductName: p.ProductName,
			VendorID: p.VendorID, FirmwareRevision: p.FirmwareRevision,
			OriginStateID: p.OriginStateID, Relay: p.Relay,
			Applications: append([]uint32{}, p.Applications...),
			Address:      p.Address, Listener: p.Listener, Since: p.Since.UTC(), Suspect: p.Suspect,
		}
	}
	return answer(list, nil)
}

func (s *server) disconnectPeer(ctx context.Context, in *DisconnectInput) (*struct{}, error) {
	return nil, s.Peers.Disconnect(ctx, in.OriginHost, disconnectCause(in.Cause))
}

func disconnectCause(word string) diameter.DisconnectCause {
	switch word {
	case "rebooting":
		return diameter.Rebooting
	case "busy":
		return diameter.Busy
	}
	return diameter.DoNotWantToTalkTo
}
