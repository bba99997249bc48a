package main

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/terminal"
	authproto "farthing/service.auth/proto"
)

func (p *program) client() *cobra.Command {
	client := &cobra.Command{
		Use: "client", Short: "Register programs that customers may let act for them", Args: cobra.NoArgs,
		Long: "Client registers and lists programs. Each has an id, and one that can keep it a secret, by which it gets\n" +
			"tokens once a customer has approved (POST /oauth2/token of the public API).",
	}
	client.AddCommand(p.clientCreate(), p.clientList())
	return client
}

func (p *program) clientCreate() *cobra.Command {
	var asked authproto.Registering
	create := &cobra.Command{
		Use: "create NAME", Short: "Register a program, and print its id and, once, its secret",
		Long: "Create registers a program under a name that customers see. They are sent back to a redirect URI, which\n" +
			"must be used letter by letter: https, http on the machine itself, or a scheme of the program's own with a dot\n" +
			"in it. The secret is shown now and never again.",
		Example: "  farthing client create 'Ledger Lens' --redirect-uri https://lens.example/callback\n" +
			"  farthing client create Pocket --public --redirect-uri example.pocket:/callback --scope feed:read",
		Args: arguments("NAME"), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			asked.Name = args[0]
			var made authproto.ClientView
			if err := p.operate(c.Context(), http.MethodPost, authproto.ClientsPath, asked, &made); err != nil {
				return err
			}
			if p.json() {
				return p.print(made)
			}
			return p.printIndented(made)
		},
	}
	flags := create.Flags()
	flags.StringArrayVar(&asked.RedirectURIs, "redirect-uri", nil, "where users are sent back to; one or several")
	flags.BoolVar(&asked.Public, "public", false, "it can keep no secret: it runs on its user's device")
	flags.BoolVar(&asked.FirstParty, "first-party", false, "it is the bank's own")
	flags.StringArrayVar(&asked.Scopes, "scope", nil, "what it may ask for; all there is if not given")
	flags.StringVar(&asked.Owner, "owner", "", "the user whose program it is")
	return create
}

func (p *program) clientList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the programs, oldest first", Args: arguments(), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			all := authproto.Clients{Clients: []authproto.ClientView{}}
			for token := ""; ; {
				var page authproto.Clients
				path := authproto.ClientsPath + "?" + url.Values{"page_token": {token}}.Encode()
				if err := p.operate(c.Context(), http.MethodGet, path, nil, &page); err != nil {
					return err
				}
				all.Clients = append(all.Clients, page.Clients...)
				if token = page.Next; token == "" {
					break
				}
			}
			if p.json() {
				return p.print(all)
			}
			for _, each := range all.Clients {
				fmt.Fprintf(p.screen, "%s  %s  %s\n", each.ID, terminal.Visible(each.Name), kindOf(each))
			}
			return nil
		},
	}
}

// kindOf is what sort of program a client is.
func kindOf(c authproto.ClientView) string {
	kind := "confidential"
	if c.Public {
		kind = "public"
	}
	if c.FirstParty {
		kind += ", first-party"
	}
	return kind
}
