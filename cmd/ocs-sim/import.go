package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/api/recording"
	"github.com/ocs-sim/ocs-sim/charging/findings"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// importFlags are what an import can be told.
type importFlags struct {
	output       string
	failOn       string
	anonymize    bool
	dictionaries []string
}

// An importReport is what is told of an import, in JSON.
type importReport struct {
	Output       string               `json:"output,omitempty"`
	Conversation string               `json:"conversation,omitempty"`
	Messages     int                  `json:"messages"`
	Sessions     int                  `json:"sessions"`
	Requests     int                  `json:"requests"`
	Rules        int                  `json:"rules"`
	Proved       bool                 `json:"proved"`
	Unproved     []recording.Unproved `json:"unproved,omitempty"`
	LeftOut      map[string]int       `json:"left_out,omitempty"`
	SeenAgain    int                  `json:"seen_again,omitempty"`
	Strays       []int                `json:"strays,omitempty"`
	Notes        []string             `json:"notes,omitempty"`
	Findings     []capturedFinding    `json:"findings"`
}

func (c *control) importJournal() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import FILE...",
		Short: "Turn a capture of Gy into a conversation with a seed that makes it pass",
		Long: "import reads what somebody captured between a client and a charging server: pcap,\n" +
			"pcapng, or lines of JSON as journal export writes them; FILE - is the standard input. It\n" +
			"writes a conversation of the requests as they were sent and the answers as they came, with\n" +
			"a seed by which the simulator answers as the captured server did, and proves that by\n" +
			"playing it. It needs no server. What is wrong on either side by the standards stands beside\n" +
			"the lines, and is told with --output. It ends with 1 where a line cannot be made to pass,\n" +
			"which stays in the conversation as a comment, and where there is no credit control.",
		Example: "  ocs-sim journal import customer.pcapng --output customer.conv\n" +
			"  ocs-sim play customer.conv --to ocs.example.net:3868",
		Args: func(cmd *cobra.Command, files []string) error {
			if len(files) == 0 {
				return fmt.Errorf("import takes captures; see %s --help", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, files []string) error {
			return c.importFiles(cmd.Context(), cmd.InOrStdin(), files, &f)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.output, "output", "o", "",
		"write the conversation to this `FILE`, and answer with a summary")
	flags.StringVar(&f.failOn, "fail-on", "",
		"least severity of findings that ends with 1, too: "+findings.Listed())
	flags.BoolVar(&f.anonymize, "anonymize", false,
		"put made-up subscribers and hosts in the place of those captured")
	dictionaryFlag(flags, &f.dictionaries)
	return cmd
}

func (c *control) importFiles(
	ctx context.Context, stdin io.Reader, files []string, f *importFlags,
) error {
	if err := checkSeverity("--fail-on", f.failOn); err != nil {
		return err
	}
	known, err := readDefinitions(f.dictionaries)
	if err != nil {
		return err
	}
	recorded, err := readCaptures(stdin, files)
	if err != nil {
		return err
	}
	if f.anonymize {
		recorded.Frames = recording.Anonymize(recorded.Frames, known)
	}
	found, remarks := judgeCapture(recorded.Frames, known)
	name := captureNames(files)
	if f.anonymize {
		name = "anonymized" // files may be called by whom they are of
	}
	imported, err := recording.Import(ctx, recorded.Frames, recording.Options{
		Name: name, Definitions: known, Rehearse: ocssim.Rehearse, Remarks: remarks,
	})
	if err != nil {
		for _, note := range recorded.Notes {
			c.say("%s", note)
		}
		return no(fmt.Errorf("%s: %w", captureNames(files), err))
	}
	report := reportOf(imported, recorded.Notes)
	report.Findings = append([]capturedFinding{}, found...)
	if err := c.tellImport(report, imported.Text, f.output); err != nil {
		return err
	}
	if !report.Proved {
		return no(fmt.Errorf("%s as captured", counted(len(report.Unproved),
			"line does not come out", "lines do not come out")))
	}
	if bad := badOf(found, f.failOn); bad > 0 {
		return no(fmt.Errorf("%s of severity %s or worse", counted(bad, "finding", "findings"),
			f.failOn))
	}
	return nil
}

// readDefinitions reads vendors' dictionaries, of which the seed takes what it needs.
func readDefinitions(paths []string) (all []diameter.Definition, err error) {
	files, err := readFiles("read the dictionary", paths)
	if err != nil {
		return nil, err
	}
	var faults []error
	for _, file := range files {
		read, err := document.DecodeDictionary(file.Name, file.Data, "")
		if err == nil {
			all = append(all, read.Definitions...)
		}
		faults = append(faults, err)
	}
	return all, errors.Join(faults...)
}

// readCaptures reads captures as one, in the order of their times. Packets of later files count on
// from those of the files before. What two files both have is taken once.
func readCaptures(stdin io.Reader, files []string) (*capture.Recording, error) {
	all := &capture.Recording{}
	seen := map[sighting][]time.Time{}
	for number, path := range files {
		one, err := readCapture(stdin, path)
		if err != nil {
			return nil, err
		}
		before := 0
		for i := range all.Frames {
			before = max(before, all.Frames[i].Packet)
		}
		fresh := one.Frames
		if number > 0 {
			fresh = unseen(one.Frames, seen)
		}
		for _, frame := range fresh {
			frame.Packet += before
			all.Frames = append(all.Frames, frame)
		}
		if number+1 < len(files) {
			see(fresh, seen)
		}
		for _, note := range one.Notes {
			all.Notes = append(all.Notes, path+": "+note)
		}
		if before > 0 {
			all.Notes = append(all.Notes, fmt.Sprintf("%s: packet 1 is %d here", path, before+1))
		}
		if again := len(one.Frames) - len(fresh); again > 0 {
			all.Notes = append(all.Notes, fmt.Sprintf("%s: %s, and left out", path, counted(again,
				"message is in a file before", "messages are in a file before")))
		}
	}
	slices.SortStableFunc(all.Frames, func(a, b capture.Frame) int { return a.At.Compare(b.At) })
	return all, nil
}

// A sighting is what tells a message that two files have.
type sighting struct {
	from, to netip.AddrPort
	octets   string
}

// sightingTime is by how much the times of a message may differ that was captured twice, as they
// may within a file.
const sightingTime = 20 * time.Millisecond

func see(frames []capture.Frame, seen map[sighting][]time.Time) {
	for i := range frames {
		at := sighting{frames[i].From, frames[i].To, string(frames[i].Octets)}
		seen[at] = append(seen[at], frames[i].At)
	}
}

// unseen are the messages that no file before had.
func unseen(frames []capture.Frame, seen map[sighting][]time.Time) (fresh []capture.Frame) {
	for i := range frames {
		f := &frames[i]
		if !slices.ContainsFunc(seen[sighting{f.From, f.To, string(f.Octets)}],
			func(at time.Time) bool { return f.At.Sub(at).Abs() <= sightingTime }) {
			fresh = append(fresh, *f)
		}
	}
	return fresh
}

func readCapture(stdin io.Reader, path string) (*capture.Recording, error) {
	if path == "-" {
		return capture.Read("standard input", stdin)
	}
	text, err := readNamed("import", path)
	if err != nil {
		return nil, err
	}
	return capture.Read(path, bytes.NewReader(text))
}

func captureNames(files []string) string {
	names := make([]string, len(files))
	for i, path := range files {
		names[i] = filepath.Base(path)
		if path == "-" {
			names[i] = "standard input"
		}
	}
	return strings.Join(names, ", ")
}

func reportOf(i *recording.Imported, notes []string) *importReport {
	return &importReport{
		Messages: i.Messages, Sessions: i.Sessions, Requests: i.Requests, Rules: i.Rules,
		Proved: len(i.Unproved) == 0, Unproved: i.Unproved, LeftOut: i.Left, SeenAgain: i.Again,
		Strays: i.Strays, Notes: notes,
	}
}

// tellImport writes the conversation, and answers with it or with what is to be said of it.
func (c *control) tellImport(report *importReport, text []byte, output string) error {
	if output != "" {
		if err := os.WriteFile(output, text, 0o644); err != nil {
			return fmt.Errorf("write the conversation: %w", err)
		}
		report.Output = output
	}
	switch {
	case c.json:
		if output == "" {
			report.Conversation = string(text)
		}
		return c.answerJSON(report, "  ")
	case output == "":
		fmt.Fprint(c.out, string(text))
		return nil
	}
	c.showImport(report)
	return nil
}

func (c *control) showImport(report *importReport) {
	rows := [][]any{
		{"written", report.Output},
		{"messages", report.Messages},
		{"sessions", report.Sessions},
		{"requests", report.Requests},
		{"rules", report.Rules},
	}
	for _, name := range slices.Sorted(maps.Keys(report.LeftOut)) {
		rows = append(rows, []any{"left out", fmt.Sprintf("%d %s", report.LeftOut[name], name)})
	}
	if report.SeenAgain > 0 {
		rows = append(rows, []any{"left out", counted(report.SeenAgain,
			"message seen at one more hop", "messages seen at one more hop")})
	}
	for _, packet := range report.Strays {
		rows = append(rows, []any{"left out", fmt.Sprintf(
			"the answer in packet %d, whose request is not there", packet)})
	}
	for _, note := range report.Notes {
		rows = append(rows, []any{"note", note})
	}
	for _, left := range report.Unproved {
		where := fmt.Sprintf("line %d", left.Line)
		if left.Packet > 0 {
			where += fmt.Sprintf(", packet %d", left.Packet)
		}
		rows = append(rows, []any{"not as captured", where + ": " + left.Why})
	}
	rows = append(rows, []any{"proved", cmp.Or(map[bool]string{true: "yes"}[report.Proved], "no")})
	c.table(rows)
	c.showCapturedFindings(report.Findings)
}
