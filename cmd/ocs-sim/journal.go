package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

func newJournal(c *console) *cobra.Command {
	k := &control{console: c}
	cmd := family("journal", "Look at what went over the doors of a server, and take it away",
		"journal shows the exchanges that a server keeps, and writes them as a capture for Wireshark,\n"+
			"as lines of JSON, or one session as a drawing. Captures of others it turns into\n"+
			"conversations.",
		k.listJournal(), k.showJournal(), k.followJournal(), k.exportJournal(), k.importJournal(),
		k.clearJournal())
	cmd.Example = "  ocs-sim journal list --subscriber 15550100\n" +
		"  ocs-sim journal show latest --type termination\n" +
		"  ocs-sim journal follow --result 4xxx\n" +
		"  ocs-sim journal export failed.pcapng\n" +
		"  ocs-sim journal import customer.pcapng --output customer.conv\n" +
		"  ocs-sim journal export ladder.svg --session 'im.example.com;1;1'"
	k.add(cmd)
	return cmd
}

// journalFlags pick exchanges.
type journalFlags struct{ client.ExchangeFilter }

func (f *journalFlags) add(flags *pflag.FlagSet) {
	addFilter(flags, &f.ExchangeFilter.ExchangeFilter)
	flags.StringVar(&f.After, "after", "", "behind the exchange with this number")
	flags.IntVar(&f.Last, "last", 0, "the last ones only, as many as this")
}

func (c *control) listJournal() *cobra.Command {
	var f journalFlags
	cmd := &cobra.Command{
		Use: "list", Short: "List exchanges, oldest first", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all := []scenarios.Exchange{}
			filter := f.ExchangeFilter
			for filter.Limit = scenarios.MostExchanges; ; {
				list, err := c.client().Exchanges(cmd.Context(), filter)
				if err != nil {
					return no(err)
				}
				all = append(all, list.Items...)
				if filter.After = list.Next; filter.After == "" || filter.Last > 0 {
					if list.Dropped > 0 {
						c.say("%d older exchanges made room for later ones", list.Dropped)
					}
					return c.show(all, exchangeRows(all))
				}
			}
		},
	}
	f.add(cmd.Flags())
	return cmd
}

func exchangeRows(all []scenarios.Exchange) [][]string {
	rows := [][]string{
		{"EXCHANGE", "TIME", "DOOR", "PEER", "SESSION", "REQUEST", "RESULT", "RULE"},
	}
	for i := range all {
		x := &all[i]
		request, result := exchangeWords(x)
		rows = append(rows, []string{
			strconv.FormatInt(x.Seq, 10), x.At.UTC().Format("15:04:05.000"), x.Door,
			orDash(x.Peer), orDash(x.Session), request, result, orDash(x.Rule),
		})
	}
	return rows
}

// exchangeWords name what was asked, and what came of it, in a few words each.
func exchangeWords(x *scenarios.Exchange) (request, result string) {
	request, result = orDash(cmp.Or(x.Type, x.Message)), "-"
	if x.Number != nil {
		request += " " + strconv.FormatUint(uint64(*x.Number), 10)
	}
	if x.Result != 0 {
		result = strconv.FormatUint(uint64(x.Result), 10)
	}
	switch {
	case x.Text != "":
		return request, strconv.Quote(x.Text)
	case x.SentAt == nil:
		result += " (not sent)"
	}
	return request, result
}

func (c *control) showJournal() *cobra.Command {
	var filter resource.ExchangeFilter
	cmd := &cobra.Command{
		Use:   "show NUMBER|latest",
		Short: "Show an exchange with its reasons, the account, and both messages",
		Long:  "show shows one exchange. Flags pick which is the latest.",
		Args:  one("number of an exchange, or latest"),
		RunE: func(cmd *cobra.Command, words []string) error {
			x, err := c.client().PickExchange(cmd.Context(), words[0], filter)
			if err != nil {
				return no(err)
			}
			if c.json {
				return c.answerJSON(x, "  ")
			}
			return c.drawExchange(x)
		},
	}
	addFilter(cmd.Flags(), &filter)
	return cmd
}

func (c *control) drawExchange(x *scenarios.Exchange) error {
	c.answer("exchange %d, %s, door %s, peer %s", x.Seq, x.At.UTC().Format(time.RFC3339Nano),
		x.Door, orDash(x.Peer))
	if x.Text != "" {
		c.answer("  %s", x.Text)
		return nil
	}
	for _, why := range x.Why {
		c.answer("  %s", why)
	}
	for i := range x.Found {
		c.answer("  %s %s: %s", x.Found[i].Severity, x.Found[i].Rule, x.Found[i].Seen)
	}
	if x.Before != nil {
		c.answer("  %s before: %s", x.Account, x.Before)
	}
	if x.After != nil {
		c.answer("  %s after:  %s", x.Account, x.After)
	}
	for _, message := range []any{x.Request, x.Answer} {
		text, err := drawMessage(message)
		if err != nil {
			return err
		}
		fmt.Fprint(c.out, text)
	}
	if x.SentAt == nil {
		c.answer("nothing was sent in answer")
	}
	return nil
}

// drawMessage draws a message of Diameter as a tree, and any other as JSON.
func drawMessage(message any) (string, error) {
	if message == nil {
		return "", nil
	}
	text, err := json.MarshalIndent(message, "", "  ")
	if err != nil {
		return "", fmt.Errorf("draw the message: %w", err)
	}
	var tree diameter.Tree
	if json.Unmarshal(text, &tree) == nil && tree.Name != "" {
		return tree.Draw(), nil
	}
	return string(text) + "\n", nil
}

func (c *control) exportJournal() *cobra.Command {
	var f journalFlags
	var format string
	cmd := &cobra.Command{
		Use:   "export FILE",
		Short: "Write exchanges as a capture or lines of JSON, or draw a session",
		Long: "export writes a file whose form is that of its name's ending: pcapng (a capture for\n" +
			"Wireshark), ndjson (an exchange a line, with the octets of its messages), or of one\n" +
			"--session svg or mmd (a ladder as an image or as text for Mermaid). FILE - is the standard\n" +
			"output; --format says the form then.",
		Example: "  ocs-sim journal export failed.pcapng --subscriber 15550100",
		Args:    one("file"),
		RunE: func(cmd *cobra.Command, words []string) error {
			form, err := formOf(words[0], format)
			if err != nil {
				return err
			}
			drawing := form == client.SVG || form == client.Mermaid
			if drawing && f.Session == "" {
				return errors.New("a drawing is of one session; name it with --session")
			}
			filter := f.ExchangeFilter
			filter.Raw = form == client.Lines // so that the lines can be read as a capture
			return no(c.export(cmd.Context(), words[0], form, filter))
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVar(&format, "format", "", "pcapng, ndjson, svg or mmd, whatever FILE's name")
	return cmd
}

func formOf(file, format string) (client.Form, error) {
	form := client.Form(cmp.Or(format, strings.TrimPrefix(filepath.Ext(file), ".")))
	forms := []client.Form{client.Capture, client.Lines, client.SVG, client.Mermaid}
	if !slices.Contains(forms, form) {
		return "", fmt.Errorf("the form %q is none of pcapng, ndjson, svg and mmd; "+
			"name it with --format", form)
	}
	return form, nil
}

// export writes a file that is whole, or none.
func (c *control) export(
	ctx context.Context, path string, form client.Form, f client.ExchangeFilter,
) error {
	if path == "-" {
		return c.client().Export(ctx, form, f, c.out)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".ocs-sim-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(file.Name()) // it is gone by then, if all went well
	err = c.client().Export(ctx, form, f, io.Writer(file))
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Chmod(file.Name(), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	c.say("wrote %s", path)
	return nil
}

func (c *control) clearJournal() *cobra.Command {
	var filter resource.ExchangeFilter
	cmd := &cobra.Command{
		Use: "clear", Short: "Empty the journal, or delete what flags pick", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := sparing(cmd.Flags(), &filter); err != nil {
				return err
			}
			return no(c.client().ClearExchanges(cmd.Context(), filter))
		},
	}
	addFilter(cmd.Flags(), &filter)
	return cmd
}
