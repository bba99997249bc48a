package apiproto

import (
	balanceproto "farthing/service.balance/proto"
	potproto "farthing/service.pot/proto"
)

// Balance is what an account has, as the API shows it. Amounts are minor units.
type Balance struct {
	Balance                         int64   `json:"balance"`       // What can be spent: money that is held is gone.
	TotalBalance                    int64   `json:"total_balance"` // With all pots.
	BalanceIncludingFlexibleSavings int64   `json:"balance_including_flexible_savings"`
	Currency                        string  `json:"currency"`
	SpendToday                      int64   `json:"spend_today"` // Negative when money was spent.
	LocalCurrency                   string  `json:"local_currency"`
	LocalExchangeRate               int64   `json:"local_exchange_rate"` // Whole: there are programs that read no other.
	LocalSpend                      []Spent `json:"local_spend"`
}

// Spent is what of today's spending was in one currency.
type Spent struct {
	SpendToday int64  `json:"spend_today"`
	Currency   string `json:"currency"`
}

// BalanceOf is what an account and its pots have, as the API shows it.
func BalanceOf(b *balanceproto.GetBalanceResponse, pots []*potproto.Pot) Balance {
	available := b.GetAvailable().GetMinor()
	total := available
	for _, each := range pots {
		total += each.GetBalance().GetMinor()
	}
	return Balance{
		Balance: available, TotalBalance: total, BalanceIncludingFlexibleSavings: total,
		Currency: b.GetAvailable().GetCurrency(), SpendToday: b.GetSpendToday().GetMinor(), LocalSpend: []Spent{},
	}
}
