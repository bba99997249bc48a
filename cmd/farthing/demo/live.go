package demo

import (
	"context"
	"fmt"
	"time"

	"farthing/cmd/farthing/newcomer"
	"farthing/pkg/clock"
	"farthing/pkg/money"
	moneyproto "farthing/pkg/money/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
	cardsproto "farthing/service.cards/proto"
	feedproto "farthing/service.feed/proto"
	paymentproto "farthing/service.payment/proto"
	potproto "farthing/service.pot/proto"
)

const (
	feedWithin = 20 * time.Second // How long the feed may take to show it all.
	feedEvery  = 5 * time.Millisecond
)

// liver is somebody to whom things happen.
type liver struct {
	Customer
	name     string // Of the life: its repeats are told from others' by it.
	payments paymentproto.PaymentsClient
	pots     potproto.PotsClient
	cards    cardsproto.CardsClient
	swipes   cardprocessingproto.CardProcessingClient
	feed     feedproto.FeedClient
	swiped   map[time.Time]*cardprocessingproto.NetworkIDs // By when.
}

// Live makes the customer and has everything happen, each at its own time of the bank's clock, which begins no later
// than Begin(life). It returns when the feed shows it all. The clock is left where the life ends.
//
// The name is the life's own among all that this bank has ever seen.
func Live(
	ctx context.Context, dial newcomer.Dial, clk *clock.Business, life []Happening, name string,
) (Customer, error) {
	customer, err := arrive(ctx, dial, name)
	if err != nil {
		return Customer{}, err
	}
	l, err := newLiver(dial, customer, name)
	if err != nil {
		return Customer{}, err
	}
	shown := 0
	for n, h := range life {
		clk.AdvanceTo(h.At)
		if err := l.happen(ctx, n, h); err != nil {
			return Customer{}, fmt.Errorf("living through %s: %w", h.At.Format(time.DateTime), err)
		}
		if h.isShown() {
			shown++
		}
	}
	if err := l.orderRent(ctx, clk.Now()); err != nil {
		return Customer{}, fmt.Errorf("ordering the rent: %w", err)
	}
	return customer, l.waitForFeed(ctx, shown)
}

func newLiver(dial newcomer.Dial, c Customer, name string) (*liver, error) {
	payments, err := dial(newcomer.Caller, "service.payment")
	if err != nil {
		return nil, err
	}
	pots, err := dial(newcomer.Caller, "service.pot")
	if err != nil {
		return nil, err
	}
	cards, err := dial(newcomer.Caller, "service.cards")
	if err != nil {
		return nil, err
	}
	swipes, err := dial("service.card-api", "service.card-processing") // Nobody else may ask it.
	if err != nil {
		return nil, err
	}
	feed, err := dial(newcomer.Caller, "service.feed")
	if err != nil {
		return nil, err
	}
	return &liver{
		Customer: c, name: name, payments: paymentproto.NewPaymentsClient(payments), pots: potproto.NewPotsClient(pots),
		cards: cardsproto.NewCardsClient(cards), swipes: cardprocessingproto.NewCardProcessingClient(swipes),
		feed:   feedproto.NewFeedClient(feed),
		swiped: make(map[time.Time]*cardprocessingproto.NetworkIDs),
	}, nil
}

// happen does the nth thing.
func (l *liver) happen(ctx context.Context, n int, h Happening) error {
	switch h.Kind {
	case PaidIn, PaidOut, PutAside, TakenOut:
		return l.move(ctx, fmt.Sprintf("%s-%d", l.name, n), h)
	case Frozen:
		return l.setStatus(ctx, cardsproto.Status_STATUS_FROZEN)
	case Unfrozen:
		return l.setStatus(ctx, cardsproto.Status_STATUS_ACTIVE)
	case Swiped:
		return l.swipe(ctx, n, h)
	case Cleared:
		return l.clear(ctx, n, h)
	case Refunded:
		return l.refund(ctx, n, h)
	}
	return fmt.Errorf("%q never happens", h.Kind)
}

func (l *liver) setStatus(ctx context.Context, status cardsproto.Status) error {
	_, err := l.cards.SetStatus(ctx, &cardsproto.SetStatusRequest{CardId: l.CardID, Status: status})
	return err
}

// swipe fails if the bank decides otherwise than the story says.
func (l *liver) swipe(ctx context.Context, n int, h Happening) error {
	asked := &cardprocessingproto.AuthoriseRequest{
		Network: network(n, h.At), CardId: l.CardID, Descriptor_: h.Descriptor, Mcc: h.MCC, Amount: moneyOf(h.Amount),
		LocalAmount: moneyOf(h.Local),
	}
	l.swiped[h.At] = asked.GetNetwork()
	decided, err := l.swipes.Authorise(ctx, asked)
	switch {
	case err != nil:
		return err
	case decided.GetApproved() != (h.Declined == "") || decided.GetDeclineReason() != h.Declined:
		return fmt.Errorf("%s: approved is %v, declined is %q, want %q",
			h.Descriptor, decided.GetApproved(), decided.GetDeclineReason(), h.Declined)
	}
	return nil
}

// clear collects exactly what was swiped.
func (l *liver) clear(ctx context.Context, n int, h Happening) error {
	_, err := l.swipes.Clear(ctx, &cardprocessingproto.ClearRequest{
		Message:  &cardprocessingproto.Message{Network: network(n, h.At), CardId: l.CardID},
		Original: &cardprocessingproto.Original{Network: l.swiped[h.SwipedAt]},
		Amount:   moneyOf(h.Amount), LocalAmount: moneyOf(h.Local), Descriptor_: h.Descriptor, Mcc: h.MCC,
	})
	return err
}

// refund sends back exactly what was swiped.
func (l *liver) refund(ctx context.Context, n int, h Happening) error {
	_, err := l.swipes.Refund(ctx, &cardprocessingproto.RefundRequest{
		Message:  &cardprocessingproto.Message{Network: network(n, h.At), CardId: l.CardID},
		Original: &cardprocessingproto.Original{Network: l.swiped[h.SwipedAt]},
		Amount:   moneyOf(h.Amount), Descriptor_: h.Descriptor, Mcc: h.MCC,
	})
	return err
}

// network names the nth message.
func network(n int, at time.Time) *cardprocessingproto.NetworkIDs {
	return &cardprocessingproto.NetworkIDs{
		AcquirerId: "400001", Stan: fmt.Sprintf("%06d", n+1), Rrn: fmt.Sprintf("%012d", n+1), TerminalId: "DEMO0001",
		TransmittedMs: at.UnixMilli(),
	}
}

// moneyOf is nil for an amount in no currency.
func moneyOf(a money.Amount) *moneyproto.Money {
	if a.Currency == "" {
		return nil
	}
	return &moneyproto.Money{Minor: a.Minor, Currency: a.Currency}
}

// waitForFeed returns when the feed shows so many items.
func (l *liver) waitForFeed(ctx context.Context, want int) error {
	ctx, cancel := context.WithTimeout(ctx, feedWithin)
	defer cancel()
	for {
		shown, err := l.countFeed(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("looking at the feed: %w", err)
		case shown >= want:
			return nil
		}
		if err := clock.Wait(ctx, feedEvery); err != nil {
			return fmt.Errorf("waiting for the feed, which shows %d of %d: %w", shown, want, err)
		}
	}
}

func (l *liver) countFeed(ctx context.Context) (int, error) {
	const page = 100
	ask := &feedproto.ListRequest{AccountId: l.AccountID, Limit: page}
	for shown := 0; ; {
		rsp, err := l.feed.List(ctx, ask)
		if err != nil {
			return 0, err
		}
		shown += len(rsp.GetItems())
		if ask.PageToken = rsp.GetNextPageToken(); ask.PageToken == "" {
			return shown, nil
		}
	}
}
