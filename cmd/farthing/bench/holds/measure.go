package holds

import (
	"context"
	"fmt"
	"sync/atomic"

	"farthing/cmd/farthing/bench/loop"
	"farthing/pkg/events"
	moneyproto "farthing/pkg/money/proto"
	balanceproto "farthing/service.balance/proto"
)

// Report is how many holds were made and how fast. Done are those that were answered "approved"; the caller waits for
// the write and not for the event that tells of it.
type Report struct {
	loop.Result
	Accounts int `json:"accounts"`
	Callers  int `json:"callers"`
	// EntriesPerWrite is how many holds one conditional write held on average.
	EntriesPerWrite float64 `json:"entries_per_write"`
	// Told is how many of the holds' events the bus had when the last hold was answered.
	Told int64 `json:"events_published"`
}

// Run has callers hold a penny each, again and again, over all accounts in turn.
func (b *Bank) Run(ctx context.Context, accounts []string, load loop.Load) (*Report, error) {
	before, err := b.writes()
	if err != nil {
		return nil, err
	}
	told, next := b.bus.published.Load(), new(atomic.Int64)
	result := loop.Run(ctx, load, func(ctx context.Context, _ int) error {
		return b.hold(ctx, accounts[next.Add(1)%int64(len(accounts))])
	})
	r := &Report{
		Result: *result, Accounts: len(accounts), Callers: load.Workers, Told: b.bus.published.Load() - told,
	}
	after, err := b.writes()
	if err == nil && after.count > before.count {
		r.EntriesPerWrite = (after.sum - before.sum) / float64(after.count-before.count)
	}
	return r, err
}

func (b *Bank) hold(ctx context.Context, account string) error {
	rsp, err := b.holder.Reserve(ctx, &balanceproto.ReserveRequest{
		AccountId: account, HoldId: b.ids.New("hold"), TransactionId: b.ids.New("tx"),
		Amount: &moneyproto.Money{Minor: 1, Currency: currency},
	})
	if err == nil && rsp.GetOutcome() != balanceproto.Outcome_OUTCOME_APPROVED {
		err = fmt.Errorf("a hold was declined: %s", rsp.GetDeclineReason())
	}
	return err
}

// writes is the ledger's own histogram of entries by conditional write.
func (b *Bank) writes() (sample struct {
	count uint64
	sum   float64
}, err error) {
	families, err := b.ground.Registry.Gather()
	if err != nil {
		return sample, err
	}
	for _, family := range families {
		if family.GetName() == "ledger_batch_entries" {
			batches := family.GetMetric()[0].GetHistogram()
			sample.count, sample.sum = batches.GetSampleCount(), batches.GetSampleSum()
		}
	}
	return sample, nil
}

// countingBus counts the events that it has made durable.
type countingBus struct {
	events.Bus
	published atomic.Int64
}

// Publish is the bus's.
func (b *countingBus) Publish(ctx context.Context, all ...events.Event) error {
	err := b.Bus.Publish(ctx, all...)
	if err == nil {
		b.published.Add(int64(len(all)))
	}
	return err
}
