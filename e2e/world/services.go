package world

import (
	"slices"

	"farthing/pkg/foundation"
	account "farthing/service.account/handler"
	api "farthing/service.api/handler"
	apns "farthing/service.apns/handler"
	auth "farthing/service.auth/handler"
	balance "farthing/service.balance/handler"
	cardapi "farthing/service.card-api/handler"
	cardprocessing "farthing/service.card-processing/handler"
	cards "farthing/service.cards/handler"
	customer "farthing/service.customer/handler"
	feedgenerator "farthing/service.feed-generator/handler"
	feed "farthing/service.feed/handler"
	merchant "farthing/service.merchant/handler"
	enrichment "farthing/service.transaction-enrichment/handler"
	transactions "farthing/service.transactions/handler"
)

// services is the whole bank, with some services replaced by others of the same name.
func services(replaced []foundation.Service) []foundation.Service {
	all := []foundation.Service{
		account.Service, api.Service, apns.Service, auth.Service, balance.Service, cardapi.Service,
		cardprocessing.Service, cards.Service, customer.Service, enrichment.Service, feed.Service,
		feedgenerator.Service, merchant.Service, transactions.Service,
	}
	for _, other := range replaced {
		i := slices.IndexFunc(all, func(s foundation.Service) bool { return s.Name == other.Name })
		all[i] = other
	}
	return all
}
