package handler

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/store/worklist"
	balanceproto "farthing/service.balance/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// doubt lists a hold of which nobody was answered. It is best effort: a process that dies here leaves what the network
// must reverse, as after any answer that it did not get.
func (h *Handler) doubt(ctx context.Context, account, hold string, asked time.Time) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), standInTakes)
	defer cancel()
	now := h.clock.Now()
	name := strings.Join([]string{
		account, hold, strconv.FormatInt(asked.UnixMilli(), 10), strconv.FormatInt(now.UnixMilli(), 10),
	}, dueSeparator)
	if err := h.late.Add(ctx, now, name); err != nil {
		return fmt.Errorf("listing a hold that may come late: %w", err)
	}
	return nil
}

// giveBackLate takes back an approval that came after its answer was given up, a minute later, unless a repeat was told
// of it. What the ledger decided before the request, or after it, is another one's, which was answered or is listed
// itself.
func (h *Handler) giveBackLate(ctx context.Context, item worklist.Item) error {
	given, err := parseLate(item.Name)
	if err != nil {
		return err
	}
	if h.clock.Now().Sub(time.UnixMilli(given.ended)) < unansweredAfter {
		return nil
	}
	settled, err := h.balance.SettleHold(ctx, &balanceproto.SettleHoldRequest{
		AccountId: given.account, HoldId: given.hold, Reason: balanceproto.DeclineReason_DECLINE_REASON_TIMED_OUT,
	})
	if err != nil {
		return fmt.Errorf("settling a late hold: %w", err)
	}
	decided := settled.GetDecidedMs()
	if settled.GetOutcome() == balanceproto.Outcome_OUTCOME_APPROVED && decided >= given.asked && decided <= given.ended {
		if err := h.takeBackLate(ctx, given.account, given.hold, settled.GetTransactionId()); err != nil {
			return err
		}
	}
	return h.late.Remove(ctx, item.Hour, item.Name)
}

// late is a request that was given up: what it asked for, and when it began and ended, Unix milliseconds.
type late struct {
	account, hold string
	asked, ended  int64
}

func parseLate(item string) (late, error) {
	parts := strings.Split(item, dueSeparator)
	if len(parts) != 4 { //nolint:mnd // As doubt writes them.
		return late{}, fmt.Errorf("%q names no hold that may come late", item)
	}
	asked, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return late{}, fmt.Errorf("%q names no time: %w", item, err)
	}
	ended, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil {
		return late{}, fmt.Errorf("%q names no time: %w", item, err)
	}
	return late{parts[0], parts[1], asked, ended}, nil
}

// takeBackLate gives the money back, and has the customer see a decline: that is what a repeat is answered from now on.
func (h *Handler) takeBackLate(ctx context.Context, account, hold, transactionID string) error {
	ours, err := h.abandon(ctx, &balanceproto.DisownRequest{AccountId: account, HoldId: hold})
	if err != nil || !ours {
		return err
	}
	t, err := h.transaction(ctx, transactionID)
	if err != nil || t.GetStatus() != transactionsproto.Status_STATUS_PENDING {
		return err
	}
	_, err = h.transactions.Authorise(ctx, &transactionsproto.AuthoriseRequest{
		HoldId: hold, AccountId: account, UserId: t.GetUserId(), CardId: t.GetCardId(),
		Purchase: &transactionsproto.Purchase{
			Amount: outgoing(t.GetAmount()), LocalAmount: outgoing(t.GetLocalAmount()), Descriptor_: t.GetDescriptor_(),
			Mcc: t.GetMcc(), Scheme: t.GetScheme(), Rate: t.GetRate(), Cashback: outgoing(t.GetCashback()),
		},
	})
	if err != nil {
		return fmt.Errorf("recording that a late approval is none: %w", err)
	}
	return nil
}

// outgoing is the amount of what went out, as its merchant has it; nil for none.
func outgoing(amount *moneyproto.Money) *moneyproto.Money {
	if amount == nil {
		return nil
	}
	return &moneyproto.Money{Minor: -amount.GetMinor(), Currency: amount.GetCurrency()}
}
