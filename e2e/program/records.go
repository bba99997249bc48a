package program

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"

	"farthing/e2e/world"
	"farthing/pkg/clock"
	"farthing/pkg/foundation"
	"farthing/pkg/id"
	"farthing/pkg/rpc"
	"farthing/service.apns/fakeapple"
	balance "farthing/service.balance/handler"
	feed "farthing/service.feed/handler"
	transactions "farthing/service.transactions/handler"
)

// catchUpWithin is how long feed and phone may take to show what was answered: an event that was tried in one outage
// after the other waits up to 80 seconds for its next try (events.RetryAfter), at each of two consumers.
const catchUpWithin = 4 * time.Minute

// Settled waits until feed and phone have caught up with a book, stops the bank, and answers what is wrong with what it
// has of the demonstration customer since a time, in Unix milliseconds. All outcomes in the book must be known.
func (b *Bank) Settled(t testing.TB, book *world.Book, since int64) []world.Finding {
	t.Helper()
	b.CatchUp(t, book)
	var records world.Records
	if b.Notice(t).Peers != "" {
		records = b.ask(t)
		b.Stop(t)
	} else {
		b.Stop(t)
		records = b.open(t)
	}
	records.Pushes, records.Since = b.pushes(since), since
	return world.Audit(records, book.Pages(), true)
}

// pushes are those of transactions since a time, in Unix milliseconds.
func (b *Bank) pushes(since int64) []fakeapple.Delivery {
	return slices.DeleteFunc(b.Apple.Book().Latest(0), func(push fakeapple.Delivery) bool {
		at, err := id.Time("collapse_id", "tx", push.CollapseID)
		return err == nil && at.UnixMilli() < since
	})
}

// CatchUp waits until the phone and the feed show every swipe of a book. What is missing after a while is for an audit
// to find.
func (b *Bank) CatchUp(t testing.TB, book *world.Book) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), catchUpWithin)
	defer cancel()
	for !b.caughtUp(t, book) {
		if clock.Wait(ctx, 200*time.Millisecond) != nil {
			t.Logf("not all is told after %v; given up:\n%s", catchUpWithin, b.Run(t, "deadletters"))
			return
		}
	}
}

func (b *Bank) caughtUp(t testing.TB, book *world.Book) bool {
	t.Helper()
	pushed := make(map[string]bool)
	for _, push := range b.Apple.Book().Latest(0) {
		pushed[push.CollapseID] = true
	}
	for _, page := range book.Definite() {
		if !pushed[page.Answer.TransactionID] {
			return false
		}
	}
	shown := make(map[string]bool)
	for _, item := range b.Feed(t) {
		shown[item.TransactionID] = true
	}
	for _, page := range book.Definite() {
		if !shown[page.Answer.TransactionID] {
			return false
		}
	}
	return true
}

// peers are the services of a bank of many processes.
type peers struct{ transport *rpc.GRPC }

// Dial is a connection to a service in the name of a caller.
func (p peers) Dial(caller, callee string) (grpc.ClientConnInterface, error) {
	return p.transport.Dial(caller, callee, rpc.Options{})
}

// ask reads the customer's records from the services of a bank that runs.
func (b *Bank) ask(t testing.TB) world.Records {
	t.Helper()
	where, err := foundation.PeersOf(b.Notice(t).Peers)
	if err != nil {
		t.Fatal(err)
	}
	transport := rpc.NewGRPC(rpc.Network{Address: where})
	records, err := world.Read(t.Context(), peers{transport}, b.Facts().AccountID)
	if err = errors.Join(err, transport.Stop(t.Context())); err != nil {
		t.Fatal(err)
	}
	return records
}

// open reads the customer's records from the folder of a bank in one process that has stopped.
func (b *Bank) open(t testing.TB) world.Records {
	t.Helper()
	kept, err := foundation.OpenEmbedded(foundation.EmbeddedOptions{
		Dir:   filepath.Join(b.Folder, "bank", "store"),
		Clock: &clock.Business{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	options := kept.Options([]foundation.Service{balance.Service, feed.Service, transactions.Service})
	options.KeyDir = filepath.Join(b.Folder, "bank", "keys")
	process, err := kept.Start(t.Context(), options)
	if err != nil {
		t.Fatalf("starting to read: %v", err)
	}
	records, err := world.Read(t.Context(), process, b.Facts().AccountID)
	if err = errors.Join(err, process.Shutdown(t.Context()), kept.Close()); err != nil {
		t.Error(err)
	}
	return records
}
