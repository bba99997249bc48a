// Package holds measures service.balance alone: how many holds a second it makes, over many accounts or on a hot one.
package holds

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"golang.org/x/sync/errgroup"

	"farthing/pkg/clock"
	"farthing/pkg/foundation"
	"farthing/pkg/id"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/store"
	balance "farthing/service.balance/handler"
	balanceproto "farthing/service.balance/proto"
)

// Bank is service.balance in this process as it runs in a bank, with the embedded bus and calls within the process, but
// with no peer: nobody subscribes to what it tells.
type Bank struct {
	folder  string
	ground  *foundation.Ground
	process *foundation.Process
	bus     *countingBus
	ids     *id.Maker

	opener, payer, holder balanceproto.BalanceClient // Each in the name of who may.
}

// Start starts it in a fresh folder of the machine's temporary one. Its tables are kept in tables, or in that folder
// too if tables is nil.
func Start(ctx context.Context, tables store.Store) (*Bank, error) {
	folder, err := os.MkdirTemp("", "farthing-bench-")
	if err != nil {
		return nil, err
	}
	b := &Bank{folder: folder, ids: id.NewMaker(clock.Real{})}
	if err := b.start(ctx, tables); err != nil {
		return nil, errors.Join(err, b.Stop(ctx))
	}
	return b, nil
}

func (b *Bank) start(ctx context.Context, tables store.Store) (err error) {
	b.ground, err = foundation.OpenEmbedded(foundation.EmbeddedOptions{ //nolint:contextcheck // It outlives the start.
		Dir: b.folder, Clock: &clock.Business{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	options := b.ground.Options([]foundation.Service{balance.Service})
	if tables != nil {
		options.Store = tables
	}
	b.bus = &countingBus{Bus: options.Bus}
	options.Bus = b.bus
	if b.process, err = b.ground.Start(ctx, options); err != nil {
		return err
	}
	return b.dial()
}

func (b *Bank) dial() error {
	for caller, client := range map[string]*balanceproto.BalanceClient{
		"service.account": &b.opener, "service.transactions": &b.holder, "farthing": &b.payer,
	} {
		conn, err := b.process.Dial(caller, balance.Service.Name)
		if err != nil {
			return err
		}
		*client = balanceproto.NewBalanceClient(conn)
	}
	return nil
}

// Stop stops it and takes its folder away, whether ctx has ended or not. It is to be called once.
func (b *Bank) Stop(ctx context.Context) error {
	var problems []error
	if b.process != nil {
		problems = append(problems, b.process.Shutdown(ctx))
	}
	if b.ground != nil {
		problems = append(problems, b.ground.Close())
	}
	return errors.Join(append(problems, os.RemoveAll(b.folder))...)
}

const (
	atOnce       = 64
	fundingMinor = 10_000_000_00 // More holds of a penny than anybody waits for.
	currency     = "GBP"
)

// Accounts opens this many accounts with money in each.
func (b *Bank) Accounts(ctx context.Context, n int) ([]string, error) {
	accounts := make([]string, n)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range accounts {
		accounts[i] = b.ids.New("acc")
		group.Go(func() error { return b.fund(ctx, accounts[i]) })
	}
	return accounts, group.Wait()
}

func (b *Bank) fund(ctx context.Context, account string) error {
	_, err := b.opener.Open(ctx, &balanceproto.OpenRequest{AccountId: account, Currency: currency})
	if err != nil {
		return fmt.Errorf("opening an account: %w", err)
	}
	_, err = b.payer.PayIn(ctx, &balanceproto.PayInRequest{
		AccountId: account, DedupeId: account, Amount: &moneyproto.Money{Minor: fundingMinor, Currency: currency},
	})
	if err != nil {
		return fmt.Errorf("paying in: %w", err)
	}
	return nil
}
