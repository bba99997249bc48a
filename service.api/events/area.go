// Package events tells programs of what changes on an account, as it changes: a stream of server-sent events.
package events

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"

	"farthing/pkg/clock"
	"farthing/pkg/edge"
	"farthing/pkg/errs"
	accountproto "farthing/service.account/proto"
	"farthing/service.api/caller"
	authproto "farthing/service.auth/proto"
	balanceproto "farthing/service.balance/proto"
	feedproto "farthing/service.feed/proto"
	potproto "farthing/service.pot/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// Area is the routes below /events, and whom they ask.
type Area struct {
	Accounts     accountproto.AccountsClient
	Auth         authproto.AuthClient
	Balances     balanceproto.BalanceClient
	Feed         feedproto.FeedClient
	Pots         potproto.PotsClient
	Transactions transactionsproto.TransactionsClient
	Hub          *Hub
	Clock        clock.Clock // Business time, by which changes have their ids.
}

// Routes are the area's routes, to be mounted.
func (a Area) Routes() *edge.Router {
	router := &edge.Router{}
	router.GET("/", a.follow)
	return router
}

// The scopes of what a stream tells; a token needs one of them, and is told what it permits.
const (
	readsFeed         = "feed:read"
	readsBalance      = "accounts:read"
	readsTransactions = "transactions:read"
)

// follow answers the events of an account of the caller's: from now on, or after the event whose id the program says it
// has seen, in the header Last-Event-ID, as browsers do by themselves, or the field last_event_id.
func (a Area) follow(req edge.Request) edge.Response {
	form, c := req.Form(), caller.Of(req)
	account, lastID := form.Required("account_id"), cmp.Or(req.Header("Last-Event-ID"), form.String("last_event_id"))
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	if !slices.ContainsFunc(c.Scopes, told) {
		return edge.Error(errs.New(errs.Forbidden+".insufficient_permissions",
			"The access token does not permit this").With("scope", readsFeed))
	}
	if _, err := caller.Own(req, a.Accounts, account); err != nil {
		return edge.Error(err)
	}
	token, _ := req.Bearer()
	s := &stream{Area: a, account: account, token: token, client: c.ClientID, scopes: c.Scopes}
	if err := s.begin(req.Context(), lastID); err != nil {
		return edge.Error(err)
	}
	if req.Method() == http.MethodHead { // Nothing follows, so that nobody would leave the hub.
		return edge.Events(nothing)
	}
	one, err := a.Hub.join(account, c.ClientID+"/"+c.UserID)
	if err != nil {
		return edge.Error(err)
	}
	return edge.Events(func(ctx context.Context, out *edge.EventWriter) {
		defer a.Hub.leave(one)
		s.run(ctx, out, one.woken)
	})
}

func nothing(context.Context, *edge.EventWriter) {}

func told(scope string) bool {
	return scope == readsFeed || scope == readsBalance || scope == readsTransactions
}

// begin sets the cursor where the stream begins.
func (s *stream) begin(ctx context.Context, lastID string) (err error) {
	if lastID != "" {
		s.cursor, err = parseCursor(lastID)
		return err
	}
	s.cursor = cursorAt(s.Clock.Now())
	return s.page(ctx, func(changes []*feedproto.Change) error { // What is there already is not told.
		for _, each := range changes {
			s.cursor.add(each.GetId())
		}
		return nil
	})
}

// page hands over changes that were not sent before, until there are no more.
func (s *stream) page(ctx context.Context, take func([]*feedproto.Change) error) error {
	for after := s.cursor.from(); ; {
		found, err := s.Feed.Changes(ctx, &feedproto.ChangesRequest{AccountId: s.account, AfterId: after, Limit: pageMax})
		if err != nil {
			return fmt.Errorf("reading changes: %w", err)
		}
		changes := found.GetChanges()
		if len(changes) == 0 {
			return nil
		}
		after = changes[len(changes)-1].GetId()
		changes = slices.DeleteFunc(changes, func(c *feedproto.Change) bool { return s.cursor.has(c.GetId()) })
		if err := take(changes); err != nil {
			return err
		}
	}
}

const pageMax = 100
