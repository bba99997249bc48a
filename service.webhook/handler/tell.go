package handler

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/events"
	balanceevents "farthing/service.balance/proto/events"
	cardsevents "farthing/service.cards/proto/events"
	potevents "farthing/service.pot/proto/events"
	transactionsevents "farthing/service.transactions/proto/events"
	"farthing/service.webhook/logic"
	webhookproto "farthing/service.webhook/proto"
	"farthing/service.webhook/storage"
)

// news is what an event is to the webhooks of an account.
type news struct {
	account string
	kind    string // "transaction.created".
	about   string // The id of what it tells of.
	// data is what a client is told, as the public API would show it.
	data func(ctx context.Context, client string) (any, error)
}

// transactionChanged takes "transactions.enriched".
func (h *Handler) transactionChanged(ctx context.Context, e events.Event) error {
	change := &transactionsevents.TransactionChanged{}
	if err := decode(e, change); err != nil {
		return err
	}
	t := change.GetTransaction()
	kind := webhookproto.TransactionUpdated
	if change.GetFirst() {
		kind = webhookproto.TransactionCreated
	}
	return h.tell(ctx, e, news{t.GetAccountId(), kind, t.GetId(), func(ctx context.Context, client string) (any, error) {
		return h.transactionFor(ctx, t, client)
	}})
}

// entryPosted takes "balance.entry_posted". A decline changes no balance.
func (h *Handler) entryPosted(ctx context.Context, e events.Event) error {
	posted := &balanceevents.EntryPosted{}
	if err := decode(e, posted); err != nil {
		return err
	}
	if entry := posted.GetEntry(); entry.GetPostedChangeMinor() == 0 && entry.GetHeldChangeMinor() == 0 {
		return nil
	}
	return h.tell(ctx, e, h.balanceOf(posted.GetAccountId()))
}

func (h *Handler) balanceOf(account string) news {
	return news{account, webhookproto.BalanceUpdated, account, func(ctx context.Context, _ string) (any, error) {
		return h.balance(ctx, account)
	}}
}

// cardChanged takes "cards.changed".
func (h *Handler) cardChanged(ctx context.Context, e events.Event) error {
	change := &cardsevents.CardChanged{}
	if err := decode(e, change); err != nil {
		return err
	}
	card := change.GetCard()
	return h.tell(ctx, e, news{
		card.GetAccountId(), webhookproto.CardUpdated, card.GetId(),
		func(ctx context.Context, _ string) (any, error) { return h.card(ctx, card) },
	})
}

// potChanged takes "pot.changed". What an account and its pots have together is what it was when money has only moved
// between them, but whoever was told of the one half needs to be told again when the other is there, too.
func (h *Handler) potChanged(ctx context.Context, e events.Event) error {
	change := &potevents.PotChanged{}
	if err := decode(e, change); err != nil {
		return err
	}
	pot := change.GetPotId()
	err := h.tell(ctx, e, news{
		change.GetCurrentAccountId(), webhookproto.PotUpdated, pot,
		func(ctx context.Context, _ string) (any, error) { return h.pot(ctx, pot) },
	})
	if err != nil || !change.GetMoved() {
		return err
	}
	return h.tell(ctx, e, h.balanceOf(change.GetCurrentAccountId()))
}

func decode(e events.Event, into proto.Message) error {
	if err := proto.Unmarshal(e.Body, into); err != nil {
		return fmt.Errorf("%w: %w", events.ErrPoison, err)
	}
	return nil
}

// tell makes a message for each webhook that wants the news, and has it sent. A failure has the event delivered again;
// messages that were made already stay as they are.
func (h *Handler) tell(ctx context.Context, e events.Event, n news) error {
	list, err := h.hooks.Listed(ctx, n.account)
	if err != nil {
		return err
	}
	for _, each := range list.Wanting(n.kind) {
		if err := h.tellOne(ctx, e, n, each); err != nil {
			return fmt.Errorf("telling %s: %w", each.ID, err)
		}
	}
	return nil
}

func (h *Handler) tellOne(ctx context.Context, e events.Event, n news, to logic.Listed) error {
	d := logic.NewDelivery(to.ID, n.kind, n.about, e.ID, e.OccurredAt, h.clock.Now())
	if _, there, err := h.deliveries.Find(ctx, to.ID, d.ID); err != nil || there {
		return err
	}
	data, err := n.data(ctx, to.Client)
	if err != nil {
		return err
	}
	body, err := bodyOf(n.kind, e.OccurredAt, data)
	if err != nil {
		return err
	}
	if err := h.deliveries.Insert(ctx, d, to.User, body); err != nil {
		return err
	}
	h.send(storage.AttemptOf(d, d.Orders[0]))
	return nil
}
