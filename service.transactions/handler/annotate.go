package handler

import (
	"context"
	"fmt"
	"strings"

	"farthing/pkg/errs"
	"farthing/service.transactions/logic"
	transactionsproto "farthing/service.transactions/proto"
	"farthing/service.transactions/storage"
)

// Limits of metadata, in bytes: 100 characters of a key and 1,000 of a value, four bytes each.
const (
	metadataKeysMax    = 20
	metadataKeyBytes   = 400
	metadataValueBytes = 4_000
)

// Limits of what one client may leave on one transaction. A list of transactions carries all of it.
const (
	annotationsMax     = 100
	annotationBytesMax = 16 << 10
)

// Annotate merges a client's metadata into a transaction; an empty value deletes its key. Repeating it is harmless.
func (h *Handler) Annotate(
	ctx context.Context, req *transactionsproto.AnnotateRequest,
) (*transactionsproto.AnnotateResponse, error) {
	if err := checkAnnotate(req); err != nil {
		return nil, err
	}
	account, parts, err := h.transactions.Find(ctx, req.GetTransactionId())
	if err != nil {
		return nil, err
	}
	added, superseded := logic.Annotate(
		parts, req.GetTransactionId(), req.GetClientId(), req.GetMetadata(), h.clock.Now())
	parts = append(parts, added...)
	merged := logic.Merge(parts, req.GetClientId())
	if merged == nil {
		return nil, errs.Missing("transaction")
	}
	if err := checkAnnotated(logic.CountAnnotations(parts, req.GetClientId()), merged.GetMetadata()); err != nil {
		return nil, err
	}
	if err := h.unseal(ctx, merged); err != nil {
		return nil, err
	}
	amendment := storage.Amendment{ID: merged.GetId(), Add: added, Drop: superseded}
	if err := h.transactions.Amend(ctx, account, amendment); err != nil {
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
	case strings.Contains(req.GetClientId(), ":"):
		return errs.BadParam("client_id", "must have no colon")
	case n == 0:
		return errs.MissingParam("metadata")
	case n > metadataKeysMax:
		return errs.BadParam("metadata", fmt.Sprintf("must have at most %d keys at once", metadataKeysMax))
	}
	for key, value := range req.GetMetadata() {
		switch {
		case key == "" || len(key) > metadataKeyBytes:
			return errs.BadParam("metadata", fmt.Sprintf("must have keys of 1 to %d bytes", metadataKeyBytes))
		case len(value) > metadataValueBytes:
			return errs.BadParam("metadata", fmt.Sprintf("must have values of at most %d bytes", metadataValueBytes))
		}
	}
	return nil
}

// checkAnnotated is about what would be there afterwards.
func checkAnnotated(keys int, metadata map[string]string) error {
	size := 0
	for key, value := range metadata {
		size += len(key) + len(value)
	}
	switch {
	case keys > annotationsMax:
		return errs.BadParam("metadata", fmt.Sprintf("must leave at most %d keys, deleted ones counted", annotationsMax))
	case size > annotationBytesMax:
		return errs.BadParam("metadata", fmt.Sprintf("must leave at most %d bytes in all", annotationBytesMax))
	}
	return nil
}
