package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/pkg/money"
	potproto "farthing/service.pot/proto"
)

func (p *program) pot() *cobra.Command {
	pot := &cobra.Command{
		Use: "pot", Short: "Put money aside, and take it back", Args: cobra.NoArgs,
		Long: "Pot lists and makes pots, moves money into them and out of them, and deletes them.",
	}
	pot.AddCommand(
		p.potList(), p.potCreate(),
		p.potMove("deposit", "Move AMOUNT from the account into the pot", potproto.DepositPath),
		p.potMove("withdraw", "Move AMOUNT out of the pot, back to the account", potproto.WithdrawPath), p.potDelete(),
	)
	return pot
}

func (p *program) potList() *cobra.Command {
	var account string
	list := &cobra.Command{
		Use: "list", Short: "List an account's pots, deleted ones included", Args: arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			n, account, err := p.account(c.Context(), account)
			if err != nil {
				return err
			}
			var found struct {
				Pots []potproto.View `json:"pots"`
			}
			path := potproto.PotsPath + "?" + url.Values{"current_account_id": {account}}.Encode()
			if err := operate(c.Context(), n, http.MethodGet, path, nil, &found); err != nil || p.json() {
				return p.orPrint(err, found)
			}
			for _, pot := range found.Pots {
				p.showPot(pot)
			}
			return nil
		},
	}
	addAccount(list, &account)
	return list
}

func (p *program) potCreate() *cobra.Command {
	var o once
	var goal, style string
	create := &cobra.Command{
		Use: "create NAME", Short: "Make a pot", Args: arguments("NAME"), ValidArgsFunction: cobra.NoFileCompletions,
		Example: "  farthing pot create Holiday --goal 600",
		RunE: func(c *cobra.Command, args []string) error {
			n, account, err := p.account(c.Context(), o.account)
			if err != nil {
				return err
			}
			making := potproto.Making{
				CurrentAccountID: account, Name: args[0], Style: style, DedupeID: o.dedupeID(),
			}
			if goal != "" {
				wanted, err := money.Parse("goal", goal, "GBP")
				if err != nil {
					return err
				}
				making.Goal = wanted.Minor
			}
			return p.askPot(c.Context(), n, http.MethodPost, potproto.PotsPath, making)
		},
	}
	o.add(create)
	create.Flags().StringVar(&goal, "goal", "", "how much you want to have in it")
	create.Flags().StringVar(&style, "style", "", "of its picture")
	return create
}

func (p *program) potMove(name, short, path string) *cobra.Command {
	var o once
	move := &cobra.Command{
		Use: name + " POT AMOUNT", Short: short, Args: arguments("POT", "AMOUNT"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			n, err := bank.Find(c.Context(), p.folder())
			if err != nil {
				return err
			}
			amount, err := amountOf(args[1], "GBP")
			if err != nil {
				return err
			}
			return p.askPot(c.Context(), n, http.MethodPut, potproto.PotsPath+"/"+url.PathEscape(args[0])+path,
				potproto.Moving{Amount: amount.Minor, DedupeID: o.dedupeID()})
		},
	}
	move.Flags().StringVar(&o.id, "id", "", "your own id of this; a repeat of it answers what happened first")
	move.SetFlagErrorFunc(explainFlag)
	return move
}

func (p *program) potDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete POT", Short: "Delete a pot; what is in it goes back to the account", Args: arguments("POT"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			n, err := bank.Find(c.Context(), p.folder())
			if err != nil {
				return err
			}
			return p.askPot(c.Context(), n, http.MethodDelete, potproto.PotsPath+"/"+url.PathEscape(args[0]), nil)
		},
	}
}

func (p *program) askPot(ctx context.Context, n bank.Notice, method, path string, body any) error {
	var pot potproto.View
	if err := operate(ctx, n, method, path, body, &pot); err != nil {
		return err
	}
	if p.json() {
		return p.print(pot)
	}
	p.showPot(pot)
	return nil
}

func (p *program) showPot(pot potproto.View) {
	in := func(minor int64) string { return money.Amount{Minor: minor, Currency: pot.Currency}.Symbolic() }
	line := fmt.Sprintf("%s  %s  %s", pot.ID, pot.Name, in(pot.Balance))
	if pot.Goal > 0 {
		line += " of " + in(pot.Goal)
	}
	if pot.Deleted {
		line += ", deleted"
	}
	fmt.Fprintln(p.screen, line)
}
