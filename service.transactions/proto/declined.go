// Package transactionsproto is what service.transactions answers, in its own words and in customers'.
package transactionsproto

// WhyDeclined is a decline's reason as the customer reads it, after a colon. Reasons of a later version read as none.
func WhyDeclined(reason string) string {
	if said := reasons()[reason]; said != "" {
		return said
	}
	return "we could not approve it"
}

func reasons() map[string]string {
	return map[string]string{
		"insufficient_funds":  "there was not enough money in your account",
		"card_frozen":         "your card is frozen",
		"card_closed":         "this card is closed",
		"card_expired":        "this card has expired",
		"limit_payment":       "it was over your limit for a single payment",
		"limit_day":           "it would have taken you over your daily limit",
		"limit_week":          "it would have taken you over your weekly limit",
		"limit_month":         "it would have taken you over your monthly limit",
		"limit_cash_day":      "it would have taken you over your daily cash limit",
		"limit_cashback":      "that is more cash than a shop can give",
		"merchant_blocked":    "you have blocked this kind of merchant",
		"country_blocked":     "you have blocked this country",
		"online_blocked":      "you have turned off online payments",
		"contactless_blocked": "you have turned off contactless payments",
		"magstripe_blocked":   "you have turned off the magnetic stripe",
		"wrong_expiry":        "the expiry date was wrong",
		"bad_cvv":             "the security code was wrong",
		"bad_cryptogram":      "the card's chip could not be verified",
		"wrong_pin":           "the PIN was wrong",
		"pin_tries_exceeded":  "your PIN is blocked after too many wrong tries",
		"unknown_card":        "we do not know this card",
		"reversed":            "it was cancelled before we could approve it",
		"timed_out":           "we could not answer in time",
	}
}
