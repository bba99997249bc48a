package main

import (
	"github.com/spf13/cobra"

	"farthing/cmd/farthing/cardedge"
	"farthing/pkg/money"
)

// home is the currency of accounts.
const home = "GBP"

// abroadFlags are the flags of what a merchant charges in another currency.
type abroadFlags struct{ currency, local, rate string }

func addAbroad(to *cobra.Command, f *abroadFlags) {
	flags := to.Flags()
	flags.StringVar(&f.local, "local", "", "what the merchant charges, in --currency; AMOUNT is that in pounds")
	flags.StringVar(&f.currency, "currency", home, "the currency of --local, or without it of AMOUNT; an ISO 4217 code")
	flags.StringVar(&f.rate, "rate", "", "how many pounds one unit of --currency is, such as 0.8512")
}

// billed is the currency of AMOUNT.
func (f abroadFlags) billed() string {
	if f.local != "" {
		return home
	}
	return f.currency
}

// charged is what the merchant charges, nil if nobody says.
func (f abroadFlags) charged() (*cardedge.Amount, error) {
	if f.local == "" {
		return nil, nil //nolint:nilnil // Nobody says.
	}
	parsed, err := money.Parse("local", f.local, f.currency)
	if err == nil && parsed.Minor <= 0 {
		err = usage("--local must be more than zero")
	}
	return &cardedge.Amount{Minor: parsed.Minor, Currency: parsed.Currency}, err
}
