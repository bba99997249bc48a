package handler

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/service.transactions/logic"
	transactionsproto "farthing/service.transactions/proto"
)

// Limits of metadata.
const (
	metadataKeysMax   = 20
	metadataKeyMax    = 100
	metadataValueMax  = 4_000
	metadataTotalKeys = 100 // Of one client on one transaction.
)

// Annotate merges a client's metadata into a transaction; an empty value deletes its key. Repeating it is harmless.
func (h *Handler) Annotate(
	ctx context.Context, req *transactionsproto.AnnotateRequest,
) (*transactionsproto.AnnotateResponse, error) {
	if err := checkAnnotate(req); err != nil {
		return nil, err
	}
	account, parts, found, err := h.transactions.Find(ctx, req.GetTransactionId())
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, errs.Missing("transaction")
	}
	added := h.annotations(req)
	parts = append(parts, added...)
	merged := logic.Merge(parts, req.GetClientId())
	if len(merged.GetMetadata()) > metadataTotalKeys {
		return nil, errs.BadParam("metadata", fmt.Sprintf("must leave at most %d keys", metadataTotalKeys))
	}
	if err := h.transactions.Amend(ctx, account, added); err != nil {
		return nil, err
	}
	return &transactionsproto.AnnotateResponse{Transaction: merged}, nil
}

func checkAnnotate(req *transactionsproto.AnnotateRequest) error {
	switch n := len(req.GetMetadata()); {
	case req.GetTransactionId() == "":
		return errs.MissingParam("transaction_id")
	case req.GetClientId() == "":
		return errs.MissingParam("client_id")
	case n == 0:
		return errs.MissingParam("metadata")
	case n > metadataKeysMax:
		return errs.BadParam("metadata", fmt.Sprintf("must have at most %d keys at once", metadataKeysMax))
	}
	for key, value := range req.GetMetadata() {
		switch {
		case key == "" || len(key) > metadataKeyMax:
			return errs.BadParam("metadata", fmt.Sprintf("must have keys of 1 to %d bytes", metadataKeyMax))
		case len(value) > metadataValueMax:
			return errs.BadParam("metadata", fmt.Sprintf("must have values of at most %d bytes", metadataValueMax))
		}
	}
	return nil
}

// annotations are one part for each key, versioned by the time: the last writer's value wins.
func (h *Handler) annotations(req *transactionsproto.AnnotateRequest) []logic.Part {
	now := h.clock.Now().UnixMilli()
	parts := make([]logic.Part, 0, len(req.GetMetadata()))
	for key, value := range req.GetMetadata() {
		parts = append(parts, logic.Part{
			ID: req.GetTransactionId(), Facet: logic.Annotation, Version: now,
			Name:  logic.AnnotationName(req.GetClientId(), key),
			State: &transactionsproto.Transaction{UpdatedMs: now, Metadata: map[string]string{key: value}},
		})
	}
	return parts
}

// Enrich adds the merchant to a transaction, and tells of the whole. A version below the one that is there changes
// nothing; repeating it is harmless.
func (h *Handler) Enrich(
	ctx context.Context, req *transactionsproto.EnrichRequest,
) (*transactionsproto.EnrichResponse, error) {
	switch {
	case req.GetMerchant().GetId() == "":
		return nil, errs.MissingParam("merchant.id")
	case req.GetVersion() < 1:
		return nil, errs.BadParam("version", "must be at least 1")
	}
	account, parts, found, err := h.transactions.Find(ctx, req.GetTransactionId())
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, errs.Missing("transaction")
	}
	now := h.clock.Now()
	added := logic.Part{
		ID: req.GetTransactionId(), Facet: logic.Enrichment, Version: req.GetVersion(),
		State: &transactionsproto.Transaction{Merchant: req.GetMerchant(), Category: req.GetCategory()},
	}
	merged := logic.Merge(append(parts, added), "")
	told, err := h.changed(ctx, enriched, proto.CloneOf(merged), now)
	if err != nil {
		return nil, err
	}
	return &transactionsproto.EnrichResponse{}, h.transactions.Amend(ctx, account, []logic.Part{added}, told)
}
