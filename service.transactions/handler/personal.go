package handler

import (
	"cmp"
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/seal"
	transactionsproto "farthing/service.transactions/proto"
)

// place binds what is sealed to its transaction, so that it opens in no other.
func place(transactionID string) []byte { return []byte("transaction.personal/" + transactionID) }

// sealed is what is personal in a transaction, under its customer's key: nil if nothing is.
func (h *Handler) sealed(ctx context.Context, req *transactionsproto.RecordRequest) ([]byte, error) {
	if req.GetPersonal() == nil {
		return nil, nil
	}
	plain, err := proto.Marshal(req.GetPersonal())
	if err != nil {
		return nil, fmt.Errorf("marshalling what is personal: %w", err)
	}
	key, err := h.keys.Ensure(ctx, req.GetUserId())
	if err != nil {
		return nil, err
	}
	return key.Seal(plain, place(req.GetTransactionId())), nil
}

// unseal shows what is personal in transactions. Of a customer who was forgotten nothing is shown.
func (h *Handler) unseal(ctx context.Context, all ...*transactionsproto.Transaction) error {
	keys := make(map[string]*seal.DataKey)
	for _, t := range all {
		if len(t.GetSealed()) == 0 {
			continue
		}
		key, known := keys[t.GetUserId()]
		if !known {
			var err error
			if key, err = h.keys.Key(ctx, t.GetUserId()); err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
			keys[t.GetUserId()] = key
		}
		if err := show(t, key); err != nil {
			return err
		}
	}
	return nil
}

// forgotten is what stands for a name that was destroyed.
const forgotten = "Somebody"

func show(t *transactionsproto.Transaction, key *seal.DataKey) error {
	var personal transactionsproto.Personal
	if key != nil {
		plain, err := key.Open(t.GetSealed(), place(t.GetId()))
		if err != nil {
			return fmt.Errorf("opening %s: %w", t.GetId(), err)
		}
		if proto.Unmarshal(plain, &personal) != nil { // Its words might quote what it reads.
			return errs.Newf(errs.Internal, "what is personal in %s is not what was stored", t.GetId())
		}
	}
	t.Sealed, t.Counterparty = nil, personal.GetCounterparty()
	t.Descriptor_ = cmp.Or(t.GetDescriptor_(), personal.GetReference(), personal.GetCounterparty().GetName(), forgotten)
	t.Notes = cmp.Or(t.GetNotes(), personal.GetReference())
	return nil
}
