package handler

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/clock"
	"farthing/pkg/events"
	"farthing/pkg/id"
	"farthing/pkg/money"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	"farthing/pkg/store/faults"
	"farthing/pkg/store/storetest"
	"farthing/service.apns/apple"
	"farthing/service.apns/fakeapple"
	"farthing/service.apns/logic"
	apnsproto "farthing/service.apns/proto"
	"farthing/service.apns/storage"
	transactionsproto "farthing/service.transactions/proto"
	transactionsevents "farthing/service.transactions/proto/events"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const topic = "test.farthing.app"

// world is service.apns before a fake of Apple on the loopback.
type world struct {
	*Handler
	fake   *fakeapple.Server
	clock  *handClock // Real time, as the handler sees it.
	engine store.Engine
	pick   faults.Pick // Of the next operations; none at first.
	keys   *seal.Keyring
	shown  feed
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{clock: &handClock{now: clock.Real{}.Now()}, pick: func(faults.Op) faults.Fault { return faults.None }}
	w.engine = faults.Wrap(storetest.Memory(t, storage.Schema()).Open("apns"),
		func(op faults.Op) faults.Fault { return w.pick(op) })
	w.keys = seal.Ephemeral("devices")
	sender := w.startApple(t)
	w.start(sender)
	return w
}

// start is a new handler on the same store.
func (w *world) start(sender *apple.Sender) {
	k := store.NewKeyspace("apns", w.engine)
	w.Handler = &Handler{
		devices: storage.NewDevices(k, w.keys), pushes: storage.NewPushes(k), feed: &w.shown, apple: sender,
		clock: &clock.Business{}, real: w.clock, metrics: newMetrics(prometheus.NewRegistry()),
	}
}

func (w *world) startApple(t *testing.T) *apple.Sender {
	t.Helper()
	key, p8, err := fakeapple.NewKey("TEAM000001", "KEY0000001", topic)
	if err != nil {
		t.Fatal(err)
	}
	if w.fake, err = fakeapple.New(fakeapple.Options{Keys: []fakeapple.Key{key}, Clock: clock.Real{}}); err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- w.fake.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serving ended with %v", err)
		}
	})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(w.fake.CA())
	sender, err := apple.New(apple.Config{
		Host: "https://" + listener.Addr().String(), RootCAs: roots, Dial: (&net.Dialer{}).DialContext, Key: p8,
		KeyID: key.ID, TeamID: key.TeamID, Topic: topic, Clock: clock.Real{},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sender.Close)
	return sender
}

// handClock is moved by hand.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// phone is the n-th phone's device token.
func phone(n int) string { return fmt.Sprintf("%08x", n) + strings.Repeat("0b", 28) }

func (w *world) register(t *testing.T, user string, n int) string {
	t.Helper()
	rsp, err := w.RegisterDevice(t.Context(), &apnsproto.RegisterDeviceRequest{UserId: user, DeviceToken: phone(n)})
	if err != nil {
		t.Fatalf("registering: %v", err)
	}
	return rsp.GetDeviceId()
}

// txID is the id of the transaction of this name.
func txID(name string) string { return id.Derived("tx", time.UnixMilli(1_790_000_000_000), name) }

// kept is what the store has of the push of the payment, in a version.
func (w *world) kept(t *testing.T, version int64) (logic.Push, bool) {
	t.Helper()
	p, ok, err := w.pushes.Find(t.Context(), "acc_1", txID("coffee"), version)
	if err != nil {
		t.Fatal(err)
	}
	return p, ok
}

// wantKept checks what the store has of the payment's first version.
func (w *world) wantKept(t *testing.T, want logic.Outcome) {
	t.Helper()
	p, ok := w.kept(t, 1)
	if !ok || p.Outcome != want || p.Amount != (money.Amount{Minor: -3_50, Currency: "GBP"}) || p.ChangedAt.IsZero() {
		t.Errorf("what is kept is %+v, %v, want %q", p, ok, want)
	}
}

// enriched is the event of a user's payment, in a version.
func (w *world) enriched(t *testing.T, user string, version int64) events.Event {
	t.Helper()
	body, err := proto.Marshal(&transactionsevents.TransactionChanged{Transaction: &transactionsproto.Transaction{
		Id: txID("coffee"), AccountId: "acc_1", UserId: user, Amount: &moneyproto.Money{Minor: -3_50, Currency: "GBP"},
		CreatedMs: w.clock.Now().UnixMilli(), UpdatedMs: w.clock.Now().UnixMilli(),
		Merchant: &transactionsproto.Merchant{Name: "Pret A Manger"}, Version: version,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return events.Event{
		ID: fmt.Sprint("evt_", version), Type: "transactions.enriched", Body: body, OccurredAt: w.clock.Now(),
		PublishedAt: w.clock.Now(),
	}
}

func (w *world) inject(t *testing.T, f fakeapple.Fault) {
	t.Helper()
	if err := w.fake.Inject(f); err != nil {
		t.Fatal(err)
	}
}

// times is how many pushes a phone got, and how many notifications it shows.
func (w *world) times(n int) (pushes, shown int) {
	for _, each := range w.fake.Book().Shown(phone(n)) {
		pushes, shown = pushes+each.Times, shown+1
	}
	return pushes, shown
}

// wantPushes checks how many pushes each phone got, from the first on, and that they show as one notification.
func (w *world) wantPushes(t *testing.T, want ...int) {
	t.Helper()
	for n, each := range want {
		if pushes, shown := w.times(n); pushes != each || shown != min(each, 1) {
			t.Errorf("phone %d got %d pushes and shows %d, want %d as one", n, pushes, shown, each)
		}
	}
}
