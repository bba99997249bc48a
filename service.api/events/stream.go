package events

import (
	"context"
	"fmt"
	"slices"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/edge"
	"farthing/pkg/errs"
	apiproto "farthing/service.api/proto"
	authproto "farthing/service.auth/proto"
	balanceproto "farthing/service.balance/proto"
	feedproto "farthing/service.feed/proto"
	potproto "farthing/service.pot/proto"
	transactionsproto "farthing/service.transactions/proto"
)

const (
	// beatEvery is how often a stream shows that it lives, and looks whether a nudge got lost.
	beatEvery = 15 * time.Second
	// againAfter is how soon it looks again after a peer did not answer.
	againAfter = time.Second
	lookFor    = 5 * time.Second
)

// stream is one program that follows one account.
type stream struct {
	Area
	account, token, client string
	scopes                 []string
	cursor                 *cursor
}

// run sends events until the client goes, the server drains, or the token ends.
func (s *stream) run(ctx context.Context, out *edge.EventWriter, woken <-chan struct{}) {
	err := out.Send("ready", s.cursor.String(), map[string]string{"account_id": s.account})
	for beaten := clock.Start(); err == nil; {
		failed := s.look(ctx, out) != nil
		wait := beatEvery - beaten.Elapsed() // However often it is woken meanwhile.
		if failed {
			wait = min(wait, againAfter) // A client that has gone is met at the next beat.
		}
		if !wokenWithin(ctx, wait, woken) || beaten.Elapsed() >= beatEvery {
			if err = out.Beat(); err == nil && s.ended(ctx) {
				_ = out.Send("end", "", map[string]string{"reason": "The access token is not valid any more"})
				return
			}
			beaten = clock.Start()
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// wokenWithin waits until it is called to look, or for so long.
func wokenWithin(ctx context.Context, d time.Duration, woken <-chan struct{}) bool {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	select {
	case <-woken:
		return true
	case <-ctx.Done():
		return false
	}
}

// ended tells whether the token has ended. While nobody can say it has not.
func (s *stream) ended(ctx context.Context) bool {
	_, err := s.Auth.Check(ctx, &authproto.CheckRequest{AccessToken: s.token})
	return errs.Is(err, errs.Unauthorized)
}

// look sends what has changed. It fails if a peer does not answer, or the client does not read.
func (s *stream) look(ctx context.Context, out *edge.EventWriter) error {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	return s.page(ctx, func(changes []*feedproto.Change) error {
		for n, change := range changes {
			if ofItem(changes[:n], change.GetItem().GetId()) != nil { // It was told with the first of them, as it is by now.
				s.cursor.add(change.GetId())
				continue
			}
			newest := ofItem(changes, change.GetItem().GetId()).GetItem()
			if err := s.tell(ctx, out, change, newest); err != nil {
				return err
			}
		}
		return nil
	})
}

// ofItem is the last of some changes of one item, nil if there is none.
func ofItem(changes []*feedproto.Change, itemID string) *feedproto.Change {
	for _, change := range slices.Backward(changes) {
		if change.GetItem().GetId() == itemID {
			return change
		}
	}
	return nil
}

// tell sends all that a change means, of its item as it is by now. Its id comes with the last event, so that one that
// was cut off is told again, whole. Changes of an item that follow it closely are told with the first of them: a stream
// that is cut off before the last would otherwise be past the one that says that the item is new.
func (s *stream) tell(
	ctx context.Context, out *edge.EventWriter, change *feedproto.Change, item *feedproto.Item,
) error {
	events, err := s.eventsOf(ctx, item, change.GetFirst())
	if err != nil {
		return err
	}
	s.cursor.add(change.GetId())
	for n, e := range events {
		id := ""
		if n == len(events)-1 {
			id = s.cursor.String()
		}
		if err := out.Send(e.name, id, e.data); err != nil {
			return err
		}
	}
	return nil
}

type event struct {
	name string
	data any
}

// eventsOf are the events that the token permits, read before any is sent.
func (s *stream) eventsOf(ctx context.Context, item *feedproto.Item, isNew bool) ([]event, error) {
	var events []event
	if transaction := item.GetTransactionId(); transaction != "" && slices.Contains(s.scopes, readsTransactions) {
		found, err := s.Transactions.Get(ctx, &transactionsproto.GetRequest{
			TransactionId: transaction, ClientId: s.client,
		})
		if err != nil {
			return nil, fmt.Errorf("reading the transaction: %w", err)
		}
		events = append(events, event{named("transaction", isNew), apiproto.TransactionOf(found.GetTransaction(), true)})
	}
	if item.GetTransactionId() != "" && slices.Contains(s.scopes, readsBalance) {
		balance, err := s.balance(ctx)
		if err != nil {
			return nil, err
		}
		events = append(events, event{"balance.updated", balance})
	}
	switch {
	case !slices.Contains(s.scopes, readsFeed):
	case item.GetDeleted():
		events = append(events, event{"feed_item.deleted", map[string]string{"id": item.GetId(), "account_id": s.account}})
	default:
		events = append(events, event{named("feed_item", isNew), apiproto.FeedItemOf(item)})
	}
	return events, nil
}

func named(thing string, isNew bool) string {
	if isNew {
		return thing + ".created"
	}
	return thing + ".updated"
}

// balance is what the account has by now.
func (s *stream) balance(ctx context.Context) (any, error) {
	found, err := s.Balances.GetBalance(ctx, &balanceproto.GetBalanceRequest{AccountId: s.account})
	if err != nil {
		return nil, fmt.Errorf("reading the balance: %w", err)
	}
	pots, err := s.Pots.List(ctx, &potproto.ListRequest{CurrentAccountId: s.account})
	if err != nil {
		return nil, fmt.Errorf("reading what the pots have: %w", err)
	}
	return struct {
		AccountID string `json:"account_id"`
		apiproto.Balance
	}{s.account, apiproto.BalanceOf(found, pots.GetPots())}, nil
}
