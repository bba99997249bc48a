package logic

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// The bank's own accounts, as their ledgers are called.
const (
	Nostro        = "nostro"              // At the central bank: an asset, below zero while there is any.
	PaymentScheme = "settlement_payments" // What was sent through the payment scheme and is not settled yet.
	Suspense      = "suspense"            // Money that is somebody's, and whose is not known.
	Disputes      = "disputes"            // Provisional credits of disputes that are not decided.
	Losses        = "losses"              // What the bank has given up.
	Fees          = "fees"                // What the bank has earned.
)

// SettlementWith is what is owed to a card scheme.
func SettlementWith(scheme string) string { return "settlement_" + scheme }

// Each of them is a leg of very many journals, and is spread over several ledgers.
const (
	internalPrefix = "acc_internal_"
	internalShards = 16
)

// internal is the shard of one of the bank's own accounts that a journal goes to.
func internal(name, currency, journalID string) string {
	shard := fnv.New32a()
	_, _ = shard.Write([]byte(journalID)) // A hash never fails.
	return fmt.Sprintf("%s%s_%s_%02d", internalPrefix, name, currency, shard.Sum32()%internalShards)
}

// OwnName is which of the bank's own accounts an account is a shard of: "suspense". It is empty for a customer's.
func OwnName(account string) string {
	rest, isOwn := strings.CutPrefix(account, internalPrefix)
	if !isOwn || len(rest) <= len("_GBP_00") {
		return ""
	}
	return rest[:len(rest)-len("_GBP_00")]
}

// PlaceOf is where money on a ledger's account is.
func PlaceOf(account string) Place {
	if own := OwnName(account); own != "" {
		return Place{Own: own}
	}
	return Place{Account: account}
}

func isInternal(account string) bool { return strings.HasPrefix(account, internalPrefix) }

// Place is where money is: on a customer's account, or on one of the bank's own. Exactly one of the two.
type Place struct {
	Account string // acc_…
	Own     string // Suspense, …
}

func (p Place) ledger(currency, journalID string) string {
	if p.Account != "" {
		return p.Account
	}
	return internal(p.Own, currency, journalID)
}
