// Package logic is what a card payment is called and when it may be refused, before anything is asked of the ledger.
package logic

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/money"
	moneyproto "farthing/pkg/money/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// HoldPrefix and AuthorisationPrefix begin the two names of one authorisation: the ledger's and the network's.
const (
	HoldPrefix          = "hold"
	AuthorisationPrefix = "auth"
)

const (
	descriptorMax  = 99 // ISO 8583 field 43 has 40; processors add to it.
	processorIDMax = 64
	networkIDMax   = 32
	// early is how far ahead of ours a network's clock may be.
	early = 24 * time.Hour
)

// HoldID names the hold of a network's message about a card: its transmission time, and a hash of all its ids. A repeat
// of the message has the same ones: acquirer, STAN, RRN, transmission time, terminal.
func HoldID(n *cardprocessingproto.NetworkIDs, cardID string) string {
	key := []string{n.GetAcquirerId(), n.GetStan(), n.GetRrn(), n.GetTerminalId(), cardID}
	return id.Derived(HoldPrefix, time.UnixMilli(n.GetTransmittedMs()), strings.Join(key, "\x00"))
}

// HoldIDAt names the hold of a processor's opaque id that was first seen at t.
func HoldIDAt(t time.Time, processorID string) string { return id.Derived(HoldPrefix, t, processorID) }

// AuthorisationID is the hold's name towards the processor.
func AuthorisationID(holdID string) string {
	return AuthorisationPrefix + strings.TrimPrefix(holdID, HoldPrefix)
}

// HoldOf is the hold of an authorisation.
func HoldOf(authorisationID string) string {
	return HoldPrefix + strings.TrimPrefix(authorisationID, AuthorisationPrefix)
}

// Check refuses what can never be authorised, naming the field and the rule.
func Check(req *cardprocessingproto.AuthoriseRequest, now time.Time) error {
	return firstOf(
		func() error { return checkIdentity("", req, now) },
		func() error { return checkCard(req) },
		func() error { return checkAmount("amount", req.GetAmount()) },
		func() error { return checkCashback(req) },
		func() error { return checkOptional("local_amount", req.GetLocalAmount()) },
		func() error {
			_, err := RateOf(req.GetAmount(), req.GetLocalAmount(), req.GetConversionRate())
			return err
		},
		func() error { return checkText("descriptor", req.GetDescriptor_(), descriptorMax) },
		func() error { return checkMCC(req.GetMcc()) },
		func() error { return checkCountry(req.GetCountry()) },
		func() error { return CheckVerification(req.GetVerification()) },
	)
}

// named is whatever the processor's own id or the network's names.
type named interface {
	GetProcessorId() string
	GetNetwork() *cardprocessingproto.NetworkIDs
}

// checkIdentity checks the ids of fields that all begin so.
func checkIdentity(prefix string, sent named, now time.Time) error {
	network := sent.GetNetwork()
	switch {
	case sent.GetProcessorId() == "" && network == nil:
		return errs.MissingParam(prefix + "processor_id")
	case network == nil:
		return checkText(prefix+"processor_id", sent.GetProcessorId(), processorIDMax)
	case sent.GetProcessorId() != "":
		return errs.BadParam(prefix+"processor_id", "excludes 'network'")
	}
	return checkNetwork(prefix+"network.", network, now)
}

func checkNetwork(prefix string, network *cardprocessingproto.NetworkIDs, now time.Time) error {
	switch {
	case network.GetTransmittedMs() == 0:
		return errs.MissingParam(prefix + "transmitted_at")
	case network.GetTransmittedMs() < 0:
		return errs.BadParam(prefix+"transmitted_at", "is before 1970")
	case network.GetTransmittedMs() > now.Add(early).UnixMilli():
		return errs.BadParam(prefix+"transmitted_at", "is in the future")
	}
	for _, field := range []struct{ name, value string }{
		{"acquirer_id", network.GetAcquirerId()},
		{"stan", network.GetStan()},
		{"rrn", network.GetRrn()},
		{"terminal_id", network.GetTerminalId()},
	} {
		if err := checkText(prefix+field.name, field.value, networkIDMax); err != nil {
			return err
		}
	}
	return nil
}

// carded is whatever is about a card.
type carded interface {
	GetCardNumber() string
	GetCardId() string
}

func checkCard(sent carded) error {
	switch number, card := sent.GetCardNumber() != "", sent.GetCardId() != ""; {
	case !number && !card:
		return errs.MissingParam("card_id")
	case number && card:
		return errs.BadParam("card_id", "excludes 'card_number'")
	}
	return nil
}

func checkAmount(field string, amount *moneyproto.Money) error {
	if amount == nil {
		return errs.MissingParam(field)
	}
	if err := money.CheckCurrency(field+".currency", amount.GetCurrency()); err != nil {
		return err
	}
	if amount.GetMinor() <= 0 {
		return errs.BadParam(field+".minor", "must be more than zero")
	}
	return nil
}

func checkCashback(req *cardprocessingproto.AuthoriseRequest) error {
	cashback := req.GetCashback()
	if err := checkOptional("cashback", cashback); err != nil || cashback == nil {
		return err
	}
	switch {
	case req.GetCash():
		return errs.BadParam("cashback", "excludes 'cash'")
	case cashback.GetCurrency() != req.GetAmount().GetCurrency():
		return errs.BadParam("cashback.currency", "must be that of 'amount'")
	case cashback.GetMinor() > req.GetAmount().GetMinor():
		return errs.BadParam("cashback.minor", "must be at most 'amount'")
	}
	return nil
}

func checkText(field, text string, longest int) error {
	switch {
	case strings.TrimSpace(text) == "":
		return errs.MissingParam(field)
	case !utf8.ValidString(text):
		return errs.BadParam(field, "must be valid UTF-8")
	case utf8.RuneCountInString(text) > longest:
		return errs.BadParam(field, "is too long").With("characters_max", strconv.Itoa(longest))
	case strings.ContainsFunc(text, unicode.IsControl):
		return errs.BadParam(field, "must not have control characters")
	}
	return nil
}

func checkCountry(country string) error {
	if country != "" && (len(country) != 2 || strings.Trim(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		return errs.BadParam("country", "must be two capital letters, ISO 3166-1 alpha-2")
	}
	return nil
}

func checkMCC(mcc string) error {
	if mcc != "" && (len(mcc) != 4 || strings.Trim(mcc, "0123456789") != "") {
		return errs.BadParam("mcc", "must be four digits")
	}
	return nil
}
