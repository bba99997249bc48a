package cassandra_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/store"
	"farthing/pkg/store/cassandra/cassandratest"
)

// behindProxy is an opened account, reached through a proxy and directly.
func behindProxy(t *testing.T) (through, direct store.Conditional[accountRow], p *proxy) {
	t.Helper()
	prefix := cassandratest.Prefix(t)
	near := cassandratest.OpenAs(t, prefix)
	if err := near.Migrate(t.Context(), schema); err != nil {
		t.Fatal(err)
	}
	direct = opened(t, store.NewKeyspace("bank", near.Open("bank")), "acc_1")
	far, p := openThroughProxy(t, prefix)
	through = accounts.On(store.NewKeyspace("bank", far.Open("bank")))
	if _, _, err := through.In("acc_1").Statics(t.Context(), store.Latest); err != nil { // Connects.
		t.Fatal(err)
	}
	if err := insert(t.Context(), through, "warm"); err != nil { // Prepares its statements.
		t.Fatal(err)
	}
	<-p.batches
	return through, direct, p
}

func insert(ctx context.Context, table store.Conditional[accountRow], id string) error {
	_, err := table.Batch("acc_1").If("version", int64(1)).InsertNew(accountRow{ID: id}).Apply(ctx)
	return err
}

func TestAWriteThatWasNotAnsweredIsUnknownAndMayHaveHappened(t *testing.T) {
	for name, end := range map[string]func(*proxy, context.CancelFunc){
		"the context ended":         func(_ *proxy, cancel context.CancelFunc) { cancel() },
		"the connection was closed": func(p *proxy, _ context.CancelFunc) { p.Cut() },
	} {
		t.Run(name, func(t *testing.T) {
			through, direct, p := behindProxy(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			p.Hold(true)
			outcome := make(chan error, 1)
			go func() { outcome <- insert(ctx, through, "late") }()
			<-p.batches // It has left.
			end(p, cancel)
			if err := <-outcome; !errors.Is(err, store.ErrUnknown) {
				t.Errorf("got %v, want unknown", err)
			}
			within(t, "the write is seen", func() bool {
				_, found, err := direct.In("acc_1").Find(t.Context(), store.Latest, int64(0), "late")
				return err == nil && found
			})
		})
	}
}

func TestAContextThatEndedBeforeTheSendIsUnavailable(t *testing.T) {
	through, _, _ := behindProxy(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := insert(ctx, through, "never"); !errors.Is(err, store.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want unavailable", err)
	}
}

func TestAStoreFindsItsNodeAgain(t *testing.T) {
	through, _, p := behindProxy(t)
	p.Cut()
	within(t, "it answers again", func() bool { return insert(t.Context(), through, "again") == nil })
}

// within waits for something that has to come true by itself.
func within(t *testing.T, what string, isTrue func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for !isTrue() {
		if clock.Wait(ctx, 20*time.Millisecond) != nil {
			t.Fatalf("it never came true that %s", what)
		}
	}
}
