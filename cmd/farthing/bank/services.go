// Package bank is the whole bank in one process, in a folder of its own, and how the commands find one that runs.
package bank

import (
	"slices"

	"farthing/cmd/farthing/development"
	"farthing/pkg/foundation"
	account "farthing/service.account/handler"
	api "farthing/service.api/handler"
	apns "farthing/service.apns/handler"
	attachment "farthing/service.attachment/handler"
	auth "farthing/service.auth/handler"
	balance "farthing/service.balance/handler"
	cardapi "farthing/service.card-api/handler"
	cardprocessing "farthing/service.card-processing/handler"
	cards "farthing/service.cards/handler"
	customer "farthing/service.customer/handler"
	feedgenerator "farthing/service.feed-generator/handler"
	feed "farthing/service.feed/handler"
	merchant "farthing/service.merchant/handler"
	payment "farthing/service.payment/handler"
	pot "farthing/service.pot/handler"
	receipt "farthing/service.receipt/handler"
	signup "farthing/service.signup/handler"
	enrichment "farthing/service.transaction-enrichment/handler"
	transactions "farthing/service.transactions/handler"
	webhook "farthing/service.webhook/handler"
)

// Stateful is the services that keep something.
func Stateful() []foundation.Service {
	return slices.DeleteFunc(Services(), func(s foundation.Service) bool { return s.Schema.Keyspace == "" })
}

// Services is every service of the bank.
func Services() []foundation.Service {
	return []foundation.Service{
		account.Service,
		api.Service,
		apns.Service,
		attachment.Service,
		auth.Service,
		balance.Service,
		development.Service,
		cardapi.Service,
		cardprocessing.Service,
		cards.Service,
		customer.Service,
		enrichment.Service,
		feed.Service,
		feedgenerator.Service,
		merchant.Service,
		payment.Service,
		pot.Service,
		receipt.Service,
		signup.Service,
		transactions.Service,
		webhook.Service,
	}
}
