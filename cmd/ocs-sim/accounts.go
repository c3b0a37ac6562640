package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
)

func newAccounts(c *console) *cobra.Command {
	k := &control{console: c}
	cmd := family("accounts", "Look at the accounts of a server, and change them",
		"accounts asks a running server over REST. It ends with 1 where the server says no.",
		k.listAccounts(), k.showAccount(), k.putAccount(), k.deleteAccount(),
		k.transfer("credit", "Pay in", (*client.Client).Credit),
		k.transfer("debit", "Take out", (*client.Client).Debit))
	cmd.Example = "  ocs-sim accounts list\n" +
		"  ocs-sim accounts put alice -f alice.yaml\n" +
		"  ocs-sim accounts credit alice 5.00 EUR"
	k.add(cmd)
	return cmd
}

func (c *control) listAccounts() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List all accounts", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all := []resource.Account{}
			page := client.Page{Limit: 1000}
			for {
				list, err := c.client().Accounts(cmd.Context(), page)
				if err != nil {
					return no(err)
				}
				all = append(all, list.Items...)
				if page.After = list.Next; page.After == "" {
					return c.show(all, accountRows(all))
				}
			}
		},
	}
}

// accountRows has a row for each balance; an account without one has a row too.
func accountRows(all []resource.Account) [][]string {
	rows := [][]string{
		{"ACCOUNT", "STATUS", "PLAN", "BALANCE", "AMOUNT", "RESERVED", "AVAILABLE"},
	}
	for i := range all {
		row := []string{all[i].ID, string(all[i].Status), all[i].Plan}
		for j := range all[i].Balances {
			b := &all[i].Balances[j]
			rows = append(rows, append(row, b.ID, b.Amount, b.Reserved, b.Available))
			row = []string{"", "", ""}
		}
		if len(all[i].Balances) == 0 {
			rows = append(rows, row)
		}
	}
	return rows
}

func (c *control) showAccount() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show an account with its balances", Args: named("an account's id"),
		RunE: func(cmd *cobra.Command, words []string) error {
			return c.showOne(c.client().Account(cmd.Context(), words[0]))
		},
	}
}

func (c *control) showOne(account *resource.Account, err error) error {
	if err != nil {
		return refused(err, "")
	}
	return c.show(account, accountRows([]resource.Account{*account}))
}

func (c *control) putAccount() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: "put [ID] -f FILE", Short: "Create or change an account",
		Args: atMostOne("an account's id"),
		RunE: func(cmd *cobra.Command, words []string) error {
			id, text, err := written(words, file, "id")
			if err != nil {
				return err
			}
			account, err := c.client().PutAccount(cmd.Context(), id, text)
			if err != nil {
				return refused(err, file)
			}
			return c.showOne(account, nil)
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", "document, YAML or JSON; - is the standard input")
	return cmd
}

func (c *control) deleteAccount() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "delete ID", Short: "Delete an account", Args: named("an account's id"),
		RunE: func(cmd *cobra.Command, words []string) error {
			return refused(c.client().DeleteAccount(cmd.Context(), words[0], force), "")
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "also with open sessions, which are closed")
	return cmd
}

type transferFunc func(
	*client.Client, context.Context, string, resource.Transfer,
) (*resource.Account, error)

func (c *control) transfer(name, short string, do transferFunc) *cobra.Command {
	var balance, reference string
	cmd := &cobra.Command{
		Use: name + " ID AMOUNT", Short: short + ", as in 5.00 EUR",
		Args: func(cmd *cobra.Command, words []string) error {
			if len(words) > 2 { // an amount may be two words
				words = []string{words[0], strings.Join(words[1:], " ")}
			}
			return named("an account's id", "an amount")(cmd, words)
		},
		RunE: func(cmd *cobra.Command, words []string) error {
			amount, err := charging.ParseQuantity(strings.Join(words[1:], " "))
			if err != nil {
				return err
			}
			transfer := resource.Transfer{Amount: amount, Balance: balance, Reference: reference}
			return c.showOne(do(c.client(), cmd.Context(), words[0], transfer))
		},
	}
	cmd.Flags().StringVar(&balance, "balance", "", "id of the balance; empty: the first of the unit")
	cmd.Flags().StringVar(&reference, "reference", "", "shown in the posting")
	return cmd
}
