package handler

import (
	"sync"
	"testing"

	"go.uber.org/goleak"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/pan"
	"farthing/pkg/store/faults"
	"farthing/service.cards/logic"
	cardsproto "farthing/service.cards/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Of the right shape, and nothing else.
const (
	account      = "acc_00009zIcpb1TB4yeIFXMzx"
	otherAccount = "acc_00009zIcpb1TB4yeIFXMzy"
	user         = "user_00009zIcpb1TB4yeIFXMzx"
	otherUser    = "user_00009zIcpb1TB4yeIFXMzy"
)

// bank is service.cards with numbers that the test knows.
type bank struct {
	*foundationtest.Bank
	cards cardsproto.CardsClient // As service.api calls it.
	swipe cardsproto.CardsClient // As service.card-processing does.
	drawn *drawn
}

// newBank draws these numbers first, and then others. The store meets the faults that pick chooses, if any.
func newBank(t testing.TB, pick faults.Pick, first ...pan.Number) *bank {
	t.Helper()
	d := &drawn{next: first}
	service := foundation.Service{Name: Service.Name, Schema: Service.Schema, Register: func(env *foundation.Env) error {
		h, err := newHandler(env)
		if err != nil {
			return err
		}
		h.draw = d.draw
		cardsproto.RegisterCardsServer(env.GRPC, h)
		return nil
	}}
	b := foundationtest.RunOn(t, pick, service)
	return &bank{
		Bank: b, drawn: d,
		cards: cardsproto.NewCardsClient(b.Dial(t, "service.api", Service.Name)),
		swipe: cardsproto.NewCardsClient(b.Dial(t, "service.card-processing", Service.Name)),
	}
}

// drawn remembers the numbers that were drawn.
type drawn struct {
	mu   sync.Mutex
	next []pan.Number
	all  []pan.Number
}

func (d *drawn) draw() (pan.Number, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	number, err := logic.DrawNumber()
	if len(d.next) > 0 {
		number, d.next = d.next[0], d.next[1:]
	}
	d.all = append(d.all, number)
	return number, err
}

func (d *drawn) numbers() []pan.Number {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.all
}

// number is one of this bank's numbers.
func number(t testing.TB, digits string) pan.Number {
	t.Helper()
	n, err := pan.Complete("999900" + digits)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (b *bank) issue(t testing.TB, account, dedupeID string) *cardsproto.Card {
	t.Helper()
	rsp, err := b.cards.Issue(t.Context(), &cardsproto.IssueRequest{
		AccountId: account, UserId: user, DedupeId: dedupeID,
	})
	if err != nil {
		t.Fatalf("issuing: %v", err)
	}
	return rsp.GetCard()
}

func (b *bank) identify(t testing.TB, number pan.Number) (*cardsproto.Card, error) {
	t.Helper()
	rsp, err := b.swipe.Identify(t.Context(), &cardsproto.IdentifyRequest{Number: number.Reveal()})
	return rsp.GetCard(), err
}

func (b *bank) set(t testing.TB, card *cardsproto.Card, status cardsproto.Status) (*cardsproto.Card, error) {
	t.Helper()
	rsp, err := b.cards.SetStatus(t.Context(), &cardsproto.SetStatusRequest{CardId: card.GetId(), Status: status})
	return rsp.GetCard(), err
}

func (b *bank) list(t testing.TB, account string) []*cardsproto.Card {
	t.Helper()
	rsp, err := b.cards.List(t.Context(), &cardsproto.ListRequest{AccountId: account})
	if err != nil {
		t.Fatalf("listing: %v", err)
	}
	return rsp.GetCards()
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if err == nil || errs.Of(err).Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
}
