package ocssim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// Offline charging: a session is reported over Rf, and each record becomes a line of the file.
func ExampleOptions_records() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "records")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "cdr.jsonl")
	server, err := ocssim.Start(ctx, ocssim.Options{Records: file})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	client, err := diameter.Dial(ctx, server.DiameterAddresses()[0], diameter.ClientOptions{
		OriginHost: "im.example.com", OriginRealm: "example.com", DestinationRealm: "example.net",
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	kinds := []charging.RecordType{
		charging.StartRecord, charging.InterimRecord, charging.InterimRecord, charging.StopRecord,
	}
	for i, number := range []uint32{0, 1, 1, 2} { // record 1 is sent twice
		answer, err := charging.Ask(ctx, client, &charging.Request{
			Record: kinds[i],
			Key:    charging.Key{Session: charging.SessionID{ID: "im.example.com;1"}, Number: number},
			Information: charging.Information{
				Conference: "conf1", Participants: charging.Known(3),
			},
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(kinds[i], number, answer.Result.Name())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var record struct {
			Type, Session, Conference string
			Number, Participants      int
		}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%+v\n", record)
	}
	// Output:
	// start 0 DIAMETER_SUCCESS
	// interim 1 DIAMETER_SUCCESS
	// interim 1 DIAMETER_SUCCESS
	// stop 2 DIAMETER_SUCCESS
	// {Type:start Session:im.example.com;1 Conference:conf1 Number:0 Participants:3}
	// {Type:interim Session:im.example.com;1 Conference:conf1 Number:1 Participants:3}
	// {Type:stop Session:im.example.com;1 Conference:conf1 Number:2 Participants:3}
}
