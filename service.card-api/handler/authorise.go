package handler

import (
	"strings"
	"time"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/pan"
	"farthing/pkg/trace"
	"farthing/service.card-api/within"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// authorisation is what a processor sends to POST /authorisations. Fields and rules are those of
// cardprocessing.v1.AuthoriseRequest, which checks them.
type authorisation struct {
	ProcessorID string     `json:"processor_id"`
	Network     *network   `json:"network"`
	CardID      string     `json:"card_id"`
	CardNumber  cardNumber `json:"card_number"`
	Amount      *amount    `json:"amount"`
	LocalAmount *amount    `json:"local_amount"`
	Rate        string     `json:"conversion_rate"` // Of the merchant's currency in the account's: "0.8512".
	Descriptor  string     `json:"descriptor"`
	MCC         string     `json:"mcc"`
	Advice      bool       `json:"advice"`
	Partial     bool       `json:"accept_partial"`
	EntryMode   string     `json:"entry_mode"`
	Country     string     `json:"country"`
	Cash        bool       `json:"cash"`
	Cashback    *amount    `json:"cashback"`

	Verification *verification `json:"verification"`
}

// cardNumber is a number that is masked from the moment it is read. Empty is none.
type cardNumber struct{ pan.Number }

// UnmarshalText reads a number. What is none is refused without being quoted.
func (n *cardNumber) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	number, err := pan.Parse("card_number", string(text))
	n.Number = number
	return err
}

type network struct {
	AcquirerID    string `json:"acquirer_id"`
	STAN          string `json:"stan"`
	RRN           string `json:"rrn"`
	TerminalID    string `json:"terminal_id"`
	TransmittedAt string `json:"transmitted_at"` // RFC 3339.
}

// amount is money in minor units.
type amount struct {
	Minor    *int64 `json:"minor"`
	Currency string `json:"currency"`
}

// answer is what the processor gets. A decline is an answer like any other.
type answer struct {
	AuthorisationID string  `json:"authorisation_id"`
	Outcome         string  `json:"outcome"` // "approved" or "declined".
	DeclineReason   string  `json:"decline_reason,omitempty"`
	TransactionID   string  `json:"transaction_id"`
	Balance         *amount `json:"balance,omitempty"`  // What the account can spend now; absent for an unknown card.
	Amount          *amount `json:"amount,omitempty"`   // What was approved: less than was asked for if that was all.
	StoodIn         bool    `json:"stood_in,omitempty"` // A policy approved it in the ledger's place.
	Cashback        *amount `json:"cashback,omitempty"` // Of that, the cash beside a purchase.
	TraceID         string  `json:"trace_id"`
}

// Authorise asks for an authorisation. Repeating it with the same ids answers what happened the first time.
func (h *Handler) Authorise(req edge.Request) edge.Response {
	var sent authorisation
	if err := req.Decode(&sent); err != nil {
		return edge.Error(err)
	}
	asked, err := requestOf(sent)
	if err != nil {
		return edge.Error(err)
	}
	decided, err := within.Deadline(req.Context(), func() (*cardprocessingproto.AuthoriseResponse, error) {
		return h.processing.Authorise(req.Context(), asked)
	})
	if err != nil {
		return edge.Error(err)
	}
	rsp := answer{
		AuthorisationID: decided.GetAuthorisationId(), Outcome: "declined", DeclineReason: decided.GetDeclineReason(),
		TransactionID: decided.GetTransactionId(), StoodIn: decided.GetStoodIn(), TraceID: trace.ID(req.Context()),
	}
	if decided.GetApproved() {
		rsp.Outcome = "approved"
	}
	rsp.Balance, rsp.Amount = amountOf(decided.GetBalance()), amountOf(decided.GetAmount())
	rsp.Cashback = amountOf(decided.GetCashback())
	return edge.OK(rsp)
}

func requestOf(sent authorisation) (*cardprocessingproto.AuthoriseRequest, error) {
	asked := &cardprocessingproto.AuthoriseRequest{
		ProcessorId: sent.ProcessorID, CardId: sent.CardID, CardNumber: sent.CardNumber.Reveal(),
		Descriptor_: sent.Descriptor, Mcc: sent.MCC, Advice: sent.Advice, AcceptPartial: sent.Partial,
		Country: sent.Country, Cash: sent.Cash, ConversionRate: sent.Rate,
	}
	var err error
	if asked.EntryMode, err = entryOf(sent.EntryMode); err != nil {
		return nil, err
	}
	if asked.Verification, err = verificationOf(sent.Verification); err != nil {
		return nil, err
	}
	if asked.Amount, err = moneyOf("amount", sent.Amount); err != nil {
		return nil, err
	}
	if asked.Cashback, err = moneyOf("cashback", sent.Cashback); err != nil {
		return nil, err
	}
	if asked.LocalAmount, err = moneyOf("local_amount", sent.LocalAmount); err != nil {
		return nil, err
	}
	asked.Network, err = networkOf("network", sent.Network)
	return asked, err
}

// entryOf is how a card was read; nothing is nobody's word for it.
func entryOf(sent string) (cardprocessingproto.EntryMode, error) {
	mode, known := numberOf(sent, "ENTRY_MODE_", cardprocessingproto.EntryMode_value)
	if !known {
		return 0, errs.BadParam("entry_mode", "must be chip, contactless, magstripe or online")
	}
	return cardprocessingproto.EntryMode(mode), nil
}

// numberOf is the number of an enum's value by the word that others know it by, and whether there is one. None is 0.
func numberOf(word, prefix string, values map[string]int32) (int32, bool) {
	if word == "" {
		return 0, true
	}
	number, known := values[prefix+strings.ToUpper(word)]
	return number, known && number != 0 && word == strings.ToLower(word)
}

// moneyOf tells an amount that was left out from one of zero.
func moneyOf(field string, sent *amount) (*moneyproto.Money, error) {
	if sent == nil {
		return nil, nil
	}
	if sent.Minor == nil {
		return nil, errs.MissingParam(field + ".minor")
	}
	return &moneyproto.Money{Minor: *sent.Minor, Currency: sent.Currency}, nil
}

// amountOf is nil for none.
func amountOf(sent *moneyproto.Money) *amount {
	if sent == nil {
		return nil
	}
	return &amount{&sent.Minor, sent.GetCurrency()}
}

func networkOf(field string, sent *network) (*cardprocessingproto.NetworkIDs, error) {
	if sent == nil {
		return nil, nil
	}
	ids := &cardprocessingproto.NetworkIDs{
		AcquirerId: sent.AcquirerID, Stan: sent.STAN, Rrn: sent.RRN, TerminalId: sent.TerminalID,
	}
	if sent.TransmittedAt == "" {
		return nil, errs.MissingParam(field + ".transmitted_at")
	}
	at, err := time.Parse(time.RFC3339, sent.TransmittedAt)
	if err != nil {
		return nil, errs.BadParam(field+".transmitted_at", "must be a time as in RFC 3339")
	}
	ids.TransmittedMs = at.UnixMilli()
	return ids, nil
}
