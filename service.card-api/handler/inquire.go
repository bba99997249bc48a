package handler

import (
	"farthing/pkg/edge"
	"farthing/pkg/trace"
	"farthing/service.card-api/within"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// inquiry is what a processor sends to POST /balance-inquiries. Fields and rules are those of an authorisation.
type inquiry struct {
	ProcessorID  string        `json:"processor_id"`
	Network      *network      `json:"network"`
	CardID       string        `json:"card_id"`
	CardNumber   cardNumber    `json:"card_number"`
	MCC          string        `json:"mcc"`
	EntryMode    string        `json:"entry_mode"`
	Country      string        `json:"country"`
	Verification *verification `json:"verification"`
}

// inquired is what it is answered.
type inquired struct {
	Outcome       string  `json:"outcome"` // "approved" or "declined".
	DeclineReason string  `json:"decline_reason,omitempty"`
	Available     *amount `json:"available,omitempty"` // What can be spent, and what is posted.
	Posted        *amount `json:"posted,omitempty"`
	TraceID       string  `json:"trace_id"`
}

// InquireBalance shows what a card's account has. A repeat answers what there is then; a PIN counts once.
func (h *Handler) InquireBalance(req edge.Request) edge.Response {
	var sent inquiry
	if err := req.Decode(&sent); err != nil {
		return edge.Error(err)
	}
	asked, err := inquiryOf(sent)
	if err != nil {
		return edge.Error(err)
	}
	found, err := within.Deadline(req.Context(), func() (*cardprocessingproto.InquireBalanceResponse, error) {
		return h.processing.InquireBalance(req.Context(), asked)
	})
	if err != nil {
		return edge.Error(err)
	}
	rsp := inquired{
		Outcome: "declined", DeclineReason: found.GetDeclineReason(),
		Available: amountOf(found.GetAvailable()), Posted: amountOf(found.GetPosted()), TraceID: trace.ID(req.Context()),
	}
	if found.GetApproved() {
		rsp.Outcome = "approved"
	}
	return edge.OK(rsp)
}

func inquiryOf(sent inquiry) (*cardprocessingproto.InquireBalanceRequest, error) {
	asked := &cardprocessingproto.InquireBalanceRequest{
		Message: &cardprocessingproto.Message{
			ProcessorId: sent.ProcessorID, CardId: sent.CardID, CardNumber: sent.CardNumber.Reveal(),
		},
		Mcc: sent.MCC, Country: sent.Country,
	}
	var err error
	if asked.EntryMode, err = entryOf(sent.EntryMode); err != nil {
		return nil, err
	}
	if asked.Verification, err = verificationOf(sent.Verification); err != nil {
		return nil, err
	}
	asked.Message.Network, err = networkOf("network", sent.Network)
	return asked, err
}
