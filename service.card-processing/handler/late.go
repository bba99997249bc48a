package handler

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"farthing/pkg/store/worklist"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.card-processing/logic"
)

// lateReversal is the message id of the reversal of an approval that came too late.
const lateReversal = "late"

// doubt lists a hold of which nobody was answered. It is best effort: a process that dies here leaves what the network
// must reverse, as after any answer that it did not get.
func (h *Handler) doubt(ctx context.Context, account, hold string, asked time.Time) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), standInTakes)
	defer cancel()
	now := h.clock.Now()
	name := strings.Join([]string{account, hold, strconv.FormatInt(asked.UnixMilli(), 10)}, dueSeparator)
	if err := h.late.Add(ctx, now, name); err != nil {
		return fmt.Errorf("listing a hold that may come late: %w", err)
	}
	return nil
}

// giveBackLate reverses an approval that came after its answer was given up, a minute later, unless a repeat was told
// of it. What the ledger had decided before is somebody else's: an earlier message's, which was answered or is listed
// itself.
func (h *Handler) giveBackLate(ctx context.Context, item worklist.Item) error {
	parts := strings.Split(item.Name, dueSeparator)
	if len(parts) != 3 {
		return fmt.Errorf("%q names no hold that may come late", item.Name)
	}
	asked, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return fmt.Errorf("%q names no time: %w", item.Name, err)
	}
	account, hold := parts[0], parts[1]
	if h.clock.Now().Sub(time.UnixMilli(asked)) < unansweredAfter {
		return nil
	}
	settled, err := h.balance.SettleHold(ctx, &balanceproto.SettleHoldRequest{
		AccountId: account, HoldId: hold, Reason: balanceproto.DeclineReason_DECLINE_REASON_TIMED_OUT,
	})
	if err != nil {
		return fmt.Errorf("settling a late hold: %w", err)
	}
	if settled.GetOutcome() == balanceproto.Outcome_OUTCOME_APPROVED && settled.GetDecidedMs() >= asked {
		if err := h.reverseLate(ctx, account, hold); err != nil {
			return err
		}
	}
	return h.late.Remove(ctx, item.Hour, item.Name)
}

func (h *Handler) reverseLate(ctx context.Context, account, hold string) error {
	disowned, err := h.balance.Disown(ctx, &balanceproto.DisownRequest{AccountId: account, HoldId: hold})
	if err != nil || !disowned.GetDisowned() {
		return err
	}
	_, done, err := h.record(ctx, subject{key: hold, account: account}, logic.Said{
		Kind: logic.Reversal, MessageID: lateReversal,
	})
	if err == nil && done.fresh {
		h.metrics.released.Inc()
	}
	return err
}
