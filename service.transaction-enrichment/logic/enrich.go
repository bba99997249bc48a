// Package logic says what a transaction keeps of a merchant, also when nobody knows it.
package logic

import (
	"strings"
	"unicode"

	"farthing/pkg/id"
	merchantproto "farthing/service.merchant/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// The versions of an enrichment: a better one replaces a fallback, whichever comes last.
const (
	FallbackVersion = 1
	ResolvedVersion = 2
)

const generalCategory = "general"

// Resolved is the enrichment by a merchant that service.merchant found.
func Resolved(t *transactionsproto.Transaction, m *merchantproto.Merchant) *transactionsproto.EnrichRequest {
	return &transactionsproto.EnrichRequest{
		TransactionId: t.GetId(), AccountId: t.GetAccountId(), Version: ResolvedVersion, Category: m.GetCategory(),
		Merchant: &transactionsproto.Merchant{
			Id: m.GetId(), GroupId: m.GetGroupId(), Name: m.GetName(), LogoUrl: m.GetLogoUrl(), Emoji: m.GetEmoji(),
			Category: m.GetCategory(), City: m.GetCity(), Country: m.GetCountry(), Online: m.GetOnline(), Atm: m.GetAtm(),
		},
	}
}

// Fallback is the enrichment by the descriptor alone: a tidy name, so that a feed never shouts.
func Fallback(t *transactionsproto.Transaction) *transactionsproto.EnrichRequest {
	descriptor := t.GetDescriptor_()
	return &transactionsproto.EnrichRequest{
		TransactionId: t.GetId(), AccountId: t.GetAccountId(), Version: FallbackVersion, Category: generalCategory,
		Merchant: &transactionsproto.Merchant{
			Id: id.Hash("merch", "descriptor/"+descriptor), GroupId: id.Hash("grp", "descriptor/"+descriptor),
			Name: tidy(descriptor), Emoji: "💳", Category: generalCategory, Provisional: true,
		},
	}
}

// tidy writes words of capitals with one each.
func tidy(descriptor string) string {
	words := strings.Fields(descriptor)
	for i, word := range words {
		letters := []rune(strings.ToLower(word))
		letters[0] = unicode.ToUpper(letters[0])
		words[i] = string(letters)
	}
	return strings.Join(words, " ")
}
