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
			if superseded(change, changes[n+1:]) {
				s.cursor.add(change.GetId())
				continue
			}
			if err := s.tell(ctx, out, change, first(change, changes[:n])); err != nil {
				return err
			}
		}
		return nil
	})
}

// superseded is a change whose item changes again: both would tell the same.
func superseded(change *feedproto.Change, later []*feedproto.Change) bool {
	return slices.ContainsFunc(later, func(c *feedproto.Change) bool {
		return c.GetItem().GetId() == change.GetItem().GetId()
	})
}

// first tells whether a change, or one that it stands for, was the first of its item.
func first(change *feedproto.Change, earlier []*feedproto.Change) bool {
	return change.GetFirst() || slices.ContainsFunc(earlier, func(c *feedproto.Change) bool {
		return c.GetFirst() && c.GetItem().GetId() == change.GetItem().GetId()
	})
}

// tell sends all that a change means. Its id comes with the last event, so that one that was cut off is told again,
// whole.
func (s *stream) tell(ctx context.Context, out *edge.EventWriter, change *feedproto.Change, isNew bool) error {
	events, err := s.eventsOf(ctx, change, isNew)
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
func (s *stream) eventsOf(ctx context.Context, change *feedproto.Change, isNew bool) ([]event, error) {
	var events []event
	item := change.GetItem()
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
