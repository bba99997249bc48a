package transactions

import (
	"fmt"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/service.api/caller"
	transactionsproto "farthing/service.transactions/proto"
)

// Characters of a metadata key and of its value, four bytes each at most. How many keys there may be is
// service.transactions' own rule.
const (
	keyCharsMax   = 100
	valueCharsMax = 1000
)

// annotate merges metadata[key]=value into the program's own metadata of a transaction; an empty value deletes the key,
// and notes are the transaction's notes too. A repeat changes nothing. It makes four calls, one after the other:
// nothing may be written before it is known whose the transaction is, and nothing may fail once it is.
func (a Area) annotate(req edge.Request) edge.Response {
	metadata, err := metadataOf(req.Form())
	if err != nil {
		return edge.Error(err)
	}
	found, err := a.own(req)
	if err != nil {
		return edge.Error(err)
	}
	with, err := a.attachedTo(req.Context(), found.GetAccountId(), found)
	if err != nil {
		return edge.Error(err)
	}
	annotated, err := a.Transactions.Annotate(req.Context(), &transactionsproto.AnnotateRequest{
		TransactionId: found.GetId(), ClientId: caller.Of(req).ClientID, Metadata: metadata,
	})
	if err != nil {
		return edge.Error(fmt.Errorf("annotating the transaction: %w", err))
	}
	return edge.OK(single{a.show(req, annotated.GetTransaction(), false, with)})
}

func metadataOf(form *edge.Form) (map[string]string, error) {
	metadata := form.Map("metadata")
	if err := form.Err(); err != nil {
		return nil, err
	}
	if len(metadata) == 0 {
		return nil, errs.MissingParam("metadata")
	}
	for key, value := range metadata {
		if err := edge.Text("metadata", key, keyCharsMax); err != nil {
			return nil, err
		}
		if err := edge.Lines("metadata", value, valueCharsMax); err != nil {
			return nil, err
		}
	}
	return metadata, nil
}
