package caller

import (
	"context"
	"fmt"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/pkg/id"
	accountproto "farthing/service.account/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// Thing names something that lies on an account: its kind, as in not_found.card, and its id, which begins with a
// prefix.
type Thing struct{ Kind, Prefix, ID string }

// OwnThing is a thing on an account of the caller. One on somebody else's account answers as one that does not exist,
// and so does an id that nothing could have: not_found.KIND, whatever the reason. Get answers the thing and the account
// that it lies on; whose that is is asked after it.
func OwnThing[T any](
	req edge.Request, accounts accountproto.AccountsClient, named Thing,
	get func(context.Context) (found T, accountID string, err error),
) (T, error) {
	var none T
	if id.Check("id", named.Prefix, named.ID) != nil {
		return none, errs.Missing(named.Kind)
	}
	found, accountID, err := get(req.Context())
	if err == nil {
		_, err = Own(req, accounts, accountID)
	}
	switch {
	case errs.Is(err, errs.NotFound):
		return none, errs.Missing(named.Kind)
	case err != nil:
		return none, fmt.Errorf("getting the %s: %w", named.Kind, err)
	}
	return found, nil
}

// OwnTransaction is a transaction on an account of the caller, with what the caller's program has noted on it:
// not_found.transaction otherwise, as OwnThing.
func OwnTransaction(
	req edge.Request, accounts accountproto.AccountsClient, transactions transactionsproto.TransactionsClient,
	transactionID string,
) (*transactionsproto.Transaction, error) {
	named := Thing{Kind: "transaction", Prefix: "tx", ID: transactionID}
	get := func(ctx context.Context) (*transactionsproto.Transaction, string, error) {
		got, err := transactions.Get(ctx, &transactionsproto.GetRequest{
			TransactionId: named.ID, ClientId: Of(req).ClientID,
		})
		return got.GetTransaction(), got.GetTransaction().GetAccountId(), err
	}
	return OwnThing(req, accounts, named, get)
}
