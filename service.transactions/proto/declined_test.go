package transactionsproto_test

import (
	"strings"
	"testing"

	balanceproto "farthing/service.balance/proto"
	transactionsproto "farthing/service.transactions/proto"
)

func TestEveryReasonOfTheLedgerHasWords(t *testing.T) {
	unknown := transactionsproto.WhyDeclined("of_a_later_version")
	for number := range balanceproto.DeclineReason_name {
		reason := balanceproto.ReasonText(balanceproto.DeclineReason(number))
		if reason == "" {
			continue
		}
		if words := transactionsproto.WhyDeclined(reason); words == unknown || strings.Contains(words, "_") {
			t.Errorf("%s reads %q", reason, words)
		}
	}
}
