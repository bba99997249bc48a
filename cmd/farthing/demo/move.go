package demo

import (
	"context"
	"errors"
	"time"

	paymentproto "farthing/service.payment/proto"
	potproto "farthing/service.pot/proto"
)

// Whom the customer is paid by, and pays. The numbers are nobody's; the simulated scheme settles with them at once.
func employer() *paymentproto.Party {
	return &paymentproto.Party{Name: "Analytical Engines Ltd", SortCode: "040004", AccountNumber: "18151210"}
}

func landlord() *paymentproto.Party {
	return &paymentproto.Party{Name: "Northgate Lettings", SortCode: "040004", AccountNumber: "60831375"}
}

// isShown tells whether the feed has an item of it.
func (h Happening) isShown() bool {
	switch h.Kind {
	case Swiped, PaidIn, PaidOut, PutAside, TakenOut, Refunded:
		return true
	case Cleared, Frozen, Unfrozen:
	}
	return false
}

// move is what is no card payment, under an id of its own.
func (l *liver) move(ctx context.Context, id string, h Happening) error {
	var err error
	var paid *paymentproto.SendResponse
	switch h.Kind {
	case PaidIn:
		_, err = l.payments.PayIn(ctx, &paymentproto.PayInRequest{
			AccountId: l.AccountID, Amount: moneyOf(h.Amount), Party: employer(), Reference: "SALARY", DedupeId: id,
		})
	case PaidOut:
		paid, err = l.payments.Send(ctx, &paymentproto.SendRequest{
			AccountId: l.AccountID, Amount: moneyOf(h.Amount), Party: landlord(), Reference: rentReference, DedupeId: id,
		})
		if err == nil && paid.GetPayment().GetState() != paymentproto.State_STATE_SETTLED {
			err = errors.New("the rent was not paid")
		}
	case PutAside:
		_, err = l.pots.Deposit(ctx, &potproto.DepositRequest{
			PotId: l.PotID, SourceAccountId: l.AccountID, Amount: moneyOf(h.Amount), DedupeId: id,
		})
	case TakenOut:
		_, err = l.pots.Withdraw(ctx, &potproto.WithdrawRequest{
			PotId: l.PotID, DestinationAccountId: l.AccountID, Amount: moneyOf(h.Amount), DedupeId: id,
		})
	default:
	}
	return err
}

const rentReference = "RENT FLAT 7"

// orderRent has the rent paid by itself from next month on, and keeps the landlord as a payee.
func (l *liver) orderRent(ctx context.Context, now time.Time) error {
	if _, err := l.payments.AddPayee(ctx, &paymentproto.AddPayeeRequest{UserId: l.UserID, Party: landlord()}); err != nil {
		return err
	}
	next := time.Date(now.Year(), now.Month()+1, rentDay, 0, 0, 0, 0, time.UTC)
	_, err := l.payments.CreateStandingOrder(ctx, &paymentproto.CreateStandingOrderRequest{
		AccountId: l.AccountID, Party: landlord(), Amount: moneyOf(pounds(rent)), Reference: rentReference,
		Frequency: paymentproto.Frequency_FREQUENCY_MONTHLY, FirstDate: next.Format(time.DateOnly),
		DedupeId: "demonstration",
	})
	return err
}
