// Command echo is the yardstick of the saturation benchmark: the least that a Gy server written
// with go-diameter's ordinary API can be. It decodes, fills structs, builds an answer AVP by AVP
// and writes it. It keeps nothing, prices nothing and grants everybody the same. It runs as the
// library's examples do; GOGC=400 in the environment gives it the collector's setting of ocs-sim.
//
// Usage: echo READY-FILE. The file gets the address once the server listens.
package main

import (
	"fmt"
	"log"
	"net"
	"os"

	"github.com/fiorix/go-diameter/v4/diam"
	"github.com/fiorix/go-diameter/v4/diam/avp"
	"github.com/fiorix/go-diameter/v4/diam/datatype"
	"github.com/fiorix/go-diameter/v4/diam/dict"
)

const (
	host  = datatype.DiameterIdentity("echo.example.net")
	realm = datatype.DiameterIdentity("example.net")
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: echo READY-FILE")
	}
	if err := serve(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func serve(ready string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	line := fmt.Sprintf(`{"diameter":[%q],"pid":%d}`, listener.Addr(), os.Getpid())
	if err := os.WriteFile(ready+".new", []byte(line), 0o600); err != nil {
		return err
	}
	if err := os.Rename(ready+".new", ready); err != nil {
		return err
	}
	mux := diam.NewServeMux()
	mux.HandleFunc("CER", answerCapabilities)
	mux.HandleFunc("CCR", answerCredit)
	return (&diam.Server{Handler: mux, Dict: dict.Default}).Serve(listener)
}

func answerCapabilities(c diam.Conn, m *diam.Message) {
	a := m.Answer(diam.Success)
	mustAdd(a, avp.OriginHost, host)
	mustAdd(a, avp.OriginRealm, realm)
	mustAdd(a, avp.HostIPAddress, datatype.Address(net.IPv4(127, 0, 0, 1)))
	mustAdd(a, avp.VendorID, datatype.Unsigned32(0))
	mustAdd(a, avp.ProductName, datatype.UTF8String("echo"))
	mustAdd(a, avp.AuthApplicationID, datatype.Unsigned32(4))
	write(c, a)
}

// A request is what a charging server reads of a CCR.
type request struct {
	SessionID       datatype.UTF8String       `avp:"Session-Id"`
	OriginHost      datatype.DiameterIdentity `avp:"Origin-Host"`
	OriginRealm     datatype.DiameterIdentity `avp:"Origin-Realm"`
	Context         datatype.UTF8String       `avp:"Service-Context-Id"`
	Type            datatype.Enumerated       `avp:"CC-Request-Type"`
	Number          datatype.Unsigned32       `avp:"CC-Request-Number"`
	EventTimestamp  datatype.Time             `avp:"Event-Timestamp"`
	SubscriptionIDs []subscriptionID          `avp:"Subscription-Id"`
	Services        []service                 `avp:"Multiple-Services-Credit-Control"`
	Information     information               `avp:"Service-Information"`
}

type subscriptionID struct {
	Type datatype.Enumerated `avp:"Subscription-Id-Type"`
	Data datatype.UTF8String `avp:"Subscription-Id-Data"`
}

type service struct {
	RatingGroup       datatype.Unsigned32   `avp:"Rating-Group"`
	ServiceIdentifier []datatype.Unsigned32 `avp:"Service-Identifier"`
	Requested         *units                `avp:"Requested-Service-Unit"`
	Used              []units               `avp:"Used-Service-Unit"`
	ReportingReason   datatype.Enumerated   `avp:"Reporting-Reason"`
}

type units struct {
	Time            datatype.Unsigned32 `avp:"CC-Time"`
	ReportingReason datatype.Enumerated `avp:"Reporting-Reason"`
}

type information struct {
	IMS imsInformation `avp:"IMS-Information"`
	PoC pocInformation `avp:"PoC-Information"`
}

type imsInformation struct {
	EventType         eventType           `avp:"Event-Type"`
	RoleOfNode        datatype.Enumerated `avp:"Role-Of-Node"`
	NodeFunctionality datatype.Enumerated `avp:"Node-Functionality"`
	UserSessionID     datatype.UTF8String `avp:"User-Session-Id"`
	CallingParty      datatype.UTF8String `avp:"Calling-Party-Address"`
	CalledParty       datatype.UTF8String `avp:"Called-Party-Address"`
	ChargingID        datatype.UTF8String `avp:"IMS-Charging-Identifier"`
}

type eventType struct {
	Method datatype.UTF8String `avp:"SIP-Method"`
}

type pocInformation struct {
	Participants datatype.Unsigned32 `avp:"Number-Of-Participants"`
	Groups       []participantGroup  `avp:"Participant-Group"`
}

type participantGroup struct {
	CalledParty datatype.UTF8String `avp:"Called-Party-Address"`
}

func answerCredit(c diam.Conn, m *diam.Message) {
	var r request
	if err := m.Unmarshal(&r); err != nil {
		log.Print(err)
		return
	}
	a := diam.NewMessage(m.Header.CommandCode, m.Header.CommandFlags&^diam.RequestFlag,
		m.Header.ApplicationID, m.Header.HopByHopID, m.Header.EndToEndID, m.Dictionary())
	mustAdd(a, avp.SessionID, r.SessionID)
	mustAdd(a, avp.ResultCode, datatype.Unsigned32(diam.Success))
	mustAdd(a, avp.OriginHost, host)
	mustAdd(a, avp.OriginRealm, realm)
	mustAdd(a, avp.AuthApplicationID, datatype.Unsigned32(4))
	mustAdd(a, avp.CCRequestType, r.Type)
	mustAdd(a, avp.CCRequestNumber, r.Number)
	for _, s := range r.Services {
		mustAdd(a, avp.MultipleServicesCreditControl, grant(s))
	}
	write(c, a)
}

func grant(s service) *diam.GroupedAVP {
	return &diam.GroupedAVP{AVP: []*diam.AVP{
		diam.NewAVP(avp.GrantedServiceUnit, avp.Mbit, 0, &diam.GroupedAVP{AVP: []*diam.AVP{
			diam.NewAVP(avp.CCTime, avp.Mbit, 0, datatype.Unsigned32(300)),
		}}),
		diam.NewAVP(avp.RatingGroup, avp.Mbit, 0, s.RatingGroup),
		diam.NewAVP(avp.ValidityTime, avp.Mbit, 0, datatype.Unsigned32(3600)),
		diam.NewAVP(avp.ResultCode, avp.Mbit, 0, datatype.Unsigned32(diam.Success)),
	}}
}

func mustAdd(m *diam.Message, code uint32, data datatype.Type) {
	if _, err := m.NewAVP(code, avp.Mbit, 0, data); err != nil {
		log.Fatalf("add AVP %d: %v", code, err)
	}
}

func write(c diam.Conn, m *diam.Message) {
	if _, err := m.WriteTo(c); err != nil {
		log.Print(err)
	}
}
