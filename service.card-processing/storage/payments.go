package storage

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/store"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// paymentRow is a line of a card payment: its running state in static columns, and each event twice, under its message
// (for repeats) and under its number (for readers). A payment has no rows until something follows its authorisation.
type paymentRow struct {
	Payment string `store:"1,partition"`  // hold_…, or what stands for it where nothing was held.
	Kind    int64  `store:"2,clustering"` // eventByMessage or eventByNumber.
	Number  int64  `store:"3,clustering"` // 0 in a row by message.
	Message string `store:"4,clustering"`

	Revision int64  `store:"5,static"` // What every write is conditional on.
	State    []byte `store:"6,static"` // cardprocessing.v1.Payment.

	Event []byte `store:"7"` // cardprocessing.v1.PaymentEvent.
}

const (
	eventByMessage = 0
	eventByNumber  = 1
)

var paymentsTable = store.ConditionalTable[paymentRow]("payments")

// Payments is the card payments of the bank.
type Payments struct {
	rows store.Conditional[paymentRow]
}

// NewPayments is the payments in a keyspace.
func NewPayments(k *store.Keyspace) *Payments { return &Payments{paymentsTable.On(k)} }

// Payment is a payment as it was read. Whoever changes it says so, and is refused if somebody else did meanwhile.
type Payment struct {
	Key      string
	Revision int64
	State    *cardprocessingproto.Payment
}

// Find is a payment, and whether there is one.
func (s *Payments) Find(ctx context.Context, key string) (Payment, bool, error) {
	row, opened, err := s.rows.In(key).Statics(ctx, store.Latest)
	if err != nil || !opened {
		return Payment{}, false, err
	}
	p, err := paymentOf(row, key)
	return p, err == nil, err
}

func paymentOf(row paymentRow, key string) (Payment, error) {
	p := Payment{Key: key, Revision: row.Revision, State: &cardprocessingproto.Payment{}}
	if err := proto.Unmarshal(row.State, p.State); err != nil {
		return Payment{}, fmt.Errorf("unmarshalling %s: %w", key, err)
	}
	return p, nil
}

// Walk is some payments after a place, and the place to go on from, as store.Walk.
func (s *Payments) Walk(ctx context.Context, after string, limit int) ([]Payment, string, error) {
	rows, next, err := s.rows.WalkPartitions(ctx, after, limit)
	if err != nil {
		return nil, "", fmt.Errorf("walking payments: %w", err)
	}
	payments := make([]Payment, len(rows))
	for i, row := range rows {
		if payments[i], err = paymentOf(row, row.Payment); err != nil {
			return nil, "", err
		}
	}
	return payments, next, nil
}

// Open writes a payment's first state and event, nil for none, unless there is one already. Repeating it is harmless.
func (s *Payments) Open(
	ctx context.Context, key string, state *cardprocessingproto.Payment, first *cardprocessingproto.PaymentEvent,
) error {
	batch, err := s.next(key, 1, state)
	if err != nil {
		return err
	}
	if first != nil {
		if err := insertEvent(batch, first); err != nil {
			return err
		}
	}
	_, err = batch.IfNull("revision").Apply(ctx)
	return err
}

// Begin writes down what is going to be done to a payment, in its pending event, and answers it as it then is. It is
// false if the payment has changed since it was read.
func (s *Payments) Begin(
	ctx context.Context, p Payment, pending *cardprocessingproto.PaymentEvent,
) (Payment, bool, error) {
	begun := Payment{Key: p.Key, Revision: p.Revision + 1, State: proto.CloneOf(p.State)}
	begun.State.Pending = pending
	batch, err := s.next(begun.Key, begun.Revision, begun.State)
	if err != nil {
		return Payment{}, false, err
	}
	answer, err := batch.If("revision", p.Revision).Apply(ctx)
	return begun, answer.OK, err
}

// End writes the state that an event, all of which is done, leaves a payment in. It is false as Begin is.
func (s *Payments) End(ctx context.Context, p Payment, done *cardprocessingproto.PaymentEvent) (bool, error) {
	batch, err := s.next(p.Key, p.Revision+1, p.State)
	if err != nil {
		return false, err
	}
	if err := insertEvent(batch, done); err != nil {
		return false, err
	}
	answer, err := batch.If("revision", p.Revision).Apply(ctx)
	return answer.OK, err
}

func (s *Payments) next(
	key string, revision int64, state *cardprocessingproto.Payment,
) (*store.Batch[paymentRow], error) {
	body, err := proto.Marshal(state)
	if err != nil {
		return nil, fmt.Errorf("marshalling a payment: %w", err)
	}
	return s.rows.Batch(key).SetStatics(paymentRow{Revision: revision, State: body}), nil
}

func insertEvent(batch *store.Batch[paymentRow], e *cardprocessingproto.PaymentEvent) error {
	body, err := proto.Marshal(e)
	if err != nil {
		return fmt.Errorf("marshalling an event: %w", err)
	}
	batch.InsertNew(paymentRow{Kind: eventByMessage, Message: e.GetMessageId(), Event: body})
	batch.Insert(paymentRow{Kind: eventByNumber, Number: e.GetNumber(), Message: e.GetMessageId(), Event: body})
	return nil
}

// FindEvent is what a message did to a payment, and whether it did.
func (s *Payments) FindEvent(
	ctx context.Context, key, messageID string,
) (*cardprocessingproto.PaymentEvent, bool, error) {
	row, found, err := s.rows.In(key).Find(ctx, store.Latest, int64(eventByMessage), int64(0), messageID)
	if err != nil || !found {
		return nil, false, err
	}
	e, err := eventOf(row)
	return e, err == nil, err
}

// eventsMax is more than any payment has.
const eventsMax = store.MaxRows

// Events is all that happened to a payment, in order.
func (s *Payments) Events(ctx context.Context, key string) ([]*cardprocessingproto.PaymentEvent, error) {
	rows, next, err := s.rows.In(key).Range(int64(eventByNumber)).Limit(eventsMax).List(ctx, store.Recent)
	if err != nil {
		return nil, fmt.Errorf("listing the events of %s: %w", key, err)
	}
	if next != "" {
		return nil, errs.New(errs.Internal, "The payment has too many events")
	}
	events := make([]*cardprocessingproto.PaymentEvent, len(rows))
	for i, row := range rows {
		if events[i], err = eventOf(row); err != nil {
			return nil, err
		}
	}
	return events, nil
}

func eventOf(row paymentRow) (*cardprocessingproto.PaymentEvent, error) {
	e := &cardprocessingproto.PaymentEvent{}
	if err := proto.Unmarshal(row.Event, e); err != nil {
		return nil, fmt.Errorf("unmarshalling an event of %s: %w", row.Payment, err)
	}
	return e, nil
}
