package transactions

import (
	"context"
	"fmt"

	"farthing/pkg/edge"
	apiproto "farthing/service.api/proto"
	attachmentproto "farthing/service.attachment/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// attached is what is attached to transactions, by transaction.
type attached map[string][]*attachmentproto.Attachment

// attachedTo is what is attached to some transactions of an account that follow each other, the oldest first. It is one
// call, whatever their number; more only if there are hundreds of attachments.
func (a Area) attachedTo(
	ctx context.Context, account string, transactions ...*transactionsproto.Transaction,
) (attached, error) {
	if len(transactions) == 0 {
		return nil, nil
	}
	asked := &attachmentproto.ListRequest{
		AccountId: account, FirstTransactionId: transactions[0].GetId(),
		LastTransactionId: transactions[len(transactions)-1].GetId(),
	}
	found := make(attached)
	for {
		page, err := a.Attachments.List(ctx, asked)
		if err != nil {
			return nil, fmt.Errorf("listing the attachments: %w", err)
		}
		for _, each := range page.GetAttachments() {
			found[each.GetTransactionId()] = append(found[each.GetTransactionId()], each)
		}
		if asked.PageToken = page.GetNextPageToken(); asked.GetPageToken() == "" {
			return found, nil
		}
	}
}

// show is a transaction as the API shows it, with what is attached to it.
func (a Area) show(
	req edge.Request, t *transactionsproto.Transaction, expanded bool, with attached,
) apiproto.Transaction {
	shown := apiproto.TransactionOf(t, expanded)
	for _, each := range with[t.GetId()] {
		shown.Attachments = append(shown.Attachments, apiproto.AttachmentOf(each, a.Origin(req)))
	}
	return shown
}
