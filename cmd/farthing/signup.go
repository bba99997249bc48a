package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/terminal"
	signupproto "farthing/service.signup/proto"
)

func (p *program) signUp() *cobra.Command {
	signUp := &cobra.Command{
		Use: "sign-up", Short: "Take on new customers", Args: cobra.NoArgs,
		Long: "Sign-up applies for people who want to be customers, and decides what the check could not.\n\n" +
			"Whoever is approved has an account and a card. What the check finds hangs on the tag of the email address:\n" +
			"ada+refuse@…, ada+review@…, ada+slow@… (for an hour), ada+down@… (for six), ada+never@….",
	}
	signUp.AddCommand(p.signUpApply(), p.signUpList(), p.signUpShow(),
		p.signUpDecide("approve", "Open an account for somebody in review", "approved by hand", signupproto.ApprovalPath),
		p.signUpDecide("refuse", "Refuse somebody in review", "", signupproto.RefusalPath))
	return signUp
}

func (p *program) signUpApply() *cobra.Command {
	var a signupproto.Applying
	address := ""
	apply := &cobra.Command{
		Use: "apply", Short: "Apply for somebody", Args: arguments(), ValidArgsFunction: cobra.NoFileCompletions,
		Example: "  farthing sign-up apply --name \"Grace Hopper\" --email grace@example.com --born 1986-12-09 \\\n" +
			"    --address \"1 Navy Yard, London, SE1 2AA\"",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := splitAddress(address, &a); err != nil {
				return err
			}
			if a.DedupeID == "" {
				a.DedupeID = "cli-" + strings.ToLower(rand.Text())
			}
			return p.askSignUp(c.Context(), http.MethodPost, signupproto.SignUpsPath, a)
		},
	}
	flags := apply.Flags()
	flags.StringVar(&a.Name, "name", "", "what they are called")
	flags.StringVar(&a.FirstName, "first-name", "", "what they are called for short; else the first word of --name")
	flags.StringVar(&a.Email, "email", "", "where they get mail")
	flags.StringVar(&a.Born, "born", "", "their date of birth: 1986-12-09")
	flags.StringVar(&address, "address", "", "where they live: one or more lines, the town, and the postcode")
	flags.StringVar(&a.Country, "country", "GBR", "the country of the address, an ISO 3166 alpha-3 code")
	flags.StringVar(&a.DedupeID, "id", "", "your own id of this; a repeat of it answers what was applied first")
	apply.SetFlagErrorFunc(explainFlag)
	return apply
}

// splitAddress takes an address apart as it is written in Britain: lines, town, postcode.
func splitAddress(address string, into *signupproto.Applying) error {
	parts := strings.Split(address, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	last := len(parts) - 1
	if last < 2 {
		return usage("--address wants at least a line, the town and the postcode, such as %q", "1 Navy Yard, London, SE1 2AA")
	}
	into.Lines, into.City, into.Postcode = parts[:last-1], parts[last-1], parts[last]
	return nil
}

func (p *program) signUpList() *cobra.Command {
	var state, before string
	var limit int
	list := &cobra.Command{
		Use: "list", Short: "List applications, the newest first", Args: arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			query := url.Values{"state": {state}, "before": {before}, "limit": {strconv.Itoa(limit)}}
			var found struct {
				SignUps []signupproto.View `json:"sign_ups"`
			}
			err := p.operate(c.Context(), http.MethodGet, signupproto.SignUpsPath+"?"+query.Encode(), nil, &found)
			if err != nil || p.json() {
				return p.orPrint(err, found.SignUps)
			}
			return p.showSignUps(found.SignUps, state)
		},
	}
	flags := list.Flags()
	flags.StringVar(&state, "state", "review", "applied, checking, review, approved, opened or refused")
	flags.StringVar(&before, "before", "", "go on after this id")
	flags.IntVar(&limit, "limit", 100, "at most so many, from 1 to 100")
	return list
}

func (p *program) showSignUps(all []signupproto.View, state string) error {
	if len(all) == 0 {
		_, err := fmt.Fprintf(p.screen, "no applications in the state %s\n", state)
		return err
	}
	table := tabwriter.NewWriter(p.screen, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tSTATE\tREASON\tNAME\tEMAIL\tAPPLIED")
	for _, a := range all {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", a.ID, a.State, spaced(a.Reason), terminal.Visible(a.Name),
			terminal.Visible(a.Email), time.UnixMilli(a.CreatedMs).Local().Format("2006-01-02 15:04"))
	}
	return table.Flush()
}

func (p *program) signUpShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show an application, and all that has become of it", Args: arguments("ID"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			return p.askSignUp(c.Context(), http.MethodGet, signUpPath(args[0]), nil)
		},
	}
}

func signUpPath(id string) string { return signupproto.SignUpsPath + "/" + url.PathEscape(id) }

func (p *program) signUpDecide(name, short, reason, path string) *cobra.Command {
	d := signupproto.Deciding{}
	decide := &cobra.Command{
		Use: name + " ID", Short: short, Args: arguments("ID"), ValidArgsFunction: cobra.NoFileCompletions,
		Example: "  farthing sign-up " + name + " signup_00008zIcpb1TB4yeIFXMzx --reason \"seen in person\"",
		RunE: func(c *cobra.Command, args []string) error {
			if d.By == "" {
				d.By = "operator"
			}
			return p.askSignUp(c.Context(), http.MethodPost, signUpPath(args[0])+path, d)
		},
	}
	decide.Flags().StringVar(&d.By, "by", os.Getenv("USER"), "who decides")
	decide.Flags().StringVar(&d.Reason, "reason", reason, "why; the applicant does not see it")
	return decide
}

func (p *program) askSignUp(ctx context.Context, method, path string, body any) error {
	var a signupproto.View
	if err := p.operate(ctx, method, path, body, &a); err != nil {
		return err
	}
	if p.json() {
		return p.print(a)
	}
	p.showSignUp(a)
	return nil
}

func (p *program) showSignUp(a signupproto.View) {
	fmt.Fprintf(p.screen, "%s, %s: %s, %s, born %s, %s\n", a.ID, because(a.State, a.Reason), terminal.Visible(a.Name),
		terminal.Visible(a.Email), a.Born, terminal.Visible(a.Address))
	if a.UserID != "" {
		fmt.Fprintf(p.screen, "  %s, account %s, card %s\n", a.UserID, a.AccountID, a.CardID)
	}
	for _, change := range a.Changes {
		line := fmt.Sprintf("  %s  %s", time.UnixMilli(change.AtMs).Local().Format("2006-01-02 15:04:05"),
			because(change.State, change.Reason))
		if change.By != "" {
			line += " by " + terminal.Visible(change.By) + ": " + terminal.Visible(change.Said)
		}
		fmt.Fprintln(p.screen, line)
	}
}

// because is a state and, if there is one, the reason for it.
func because(state, reason string) string {
	if reason == "" {
		return state
	}
	return state + " (" + spaced(reason) + ")"
}
