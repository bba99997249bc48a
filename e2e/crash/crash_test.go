// Package crash cuts the power of a whole bank at many points, and proves that what was answered before each cut is
// true after it.
package crash

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"farthing/e2e/world"
	"farthing/pkg/clock"
	"farthing/pkg/foundation"
	"farthing/pkg/store"
	pebblestore "farthing/pkg/store/pebble"
	"farthing/service.apns/fakeapple"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// life is a bank that swiped on a disk whose power can be cut, and what became of it.
type life struct {
	keys     string
	customer *world.Customer
	cuts     []cut
	ended    time.Time
}

// cut is the disk as a power cut leaves it, what had been answered before, and what the phone showed.
type cut struct {
	disk   *vfs.MemFS
	pages  []world.Page
	pushes []fakeapple.Delivery
}

// bugs are planted between a bank and its disk, or between its services and their store.
type bugs struct {
	lyingDisk bool // It says that it has synced as soon as it is asked.
	hooks     world.Hooks
}

const (
	hands    = 8
	cutEvery = 10 * time.Millisecond // At most.
)

// on has a bank keep its store on a disk.
func on(disk vfs.FS) func(*foundation.EmbeddedOptions) {
	return func(o *foundation.EmbeddedOptions) {
		o.Memory, o.Dir = false, "bank"
		o.Files = pebblestore.Options{FS: disk, Cache: 1 << 20, MemTable: 4 << 20}
	}
}

// live swipes, and cuts the power so many times. Time is real here: a disk that takes its time in a bubble would have
// whoever waits for it wait with a lock, and simulated time stand still.
func live(t *testing.T, seed uint64, count int, planted bugs) *life {
	t.Helper()
	l := &life{keys: t.TempDir()}
	t.Run(fmt.Sprint("life ", seed), func(t *testing.T) {
		crashable := vfs.NewCrashableMem()
		w := world.New(t, world.Options{
			Embedded: on(disk{crashable, planted.lyingDisk}), Store: planted.hooks.Store, KeyDir: l.keys,
		})
		l.customer = w.Customer(t, "alice", 1_000_00)
		book := world.NewBook()
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for hand := range uint64(hands) {
			all.Go(func() { spend(ctx, w, book, l.customer, hand, rand.New(rand.NewPCG(seed, hand))) })
		}
		random := rand.New(rand.NewPCG(seed, hands))
		for n := range count {
			w.Pass(t, time.Duration(random.Int64N(int64(cutEvery))))
			w.Eventually(t, "a swipe was answered for each cut", func() bool { return len(book.Definite()) > n })
			pages := book.Definite() // What is answered during the cut may be on either side of it.
			config := vfs.CrashCloneCfg{UnsyncedDataPercent: []int{0, 50, 90}[random.IntN(3)], RNG: random}
			l.cuts = append(l.cuts, cut{crashable.CrashClone(config), pages, w.Pushes(l.customer)})
		}
		stop()
		all.Wait()
		l.ended = w.Clock.Now()
	})
	return l
}

// spend swipes until the context ends.
func spend(
	ctx context.Context, w *world.World, book *world.Book, c *world.Customer, hand uint64, random *rand.Rand,
) {
	for n := 0; ctx.Err() == nil; n++ {
		p := world.Payment{
			ID: fmt.Sprintf("%d-%d", hand, n), CardID: c.CardID, Minor: 1 + random.Int64N(10), Descriptor: "TESCO STORES 2041",
		}
		if random.IntN(5) == 0 {
			p.Minor = 1_000_000_00
		}
		book.Swipe(ctx, w.Send, c, p)
		_ = clock.Wait(ctx, time.Duration(random.Int64N(int64(10*time.Millisecond))))
	}
}

// survey starts a bank on what a cut left, and answers what is not as it was answered before.
func survey(t *testing.T, l *life, c cut) (findings []world.Finding) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		// A bubble begins in the year 2000, and this life goes on after the cut.
		if err := clock.Wait(t.Context(), l.ended.Add(time.Minute).Sub(clock.Real{}.Now())); err != nil {
			t.Fatal(err)
		}
		w := world.New(t, world.Options{Embedded: on(c.disk), KeyDir: l.keys})
		w.Pass(t, catchUp)
		records, err := w.Read(t.Context(), l.customer)
		if err != nil {
			findings = []world.Finding{{Kind: "lost", Text: err.Error()}}
			return
		}
		records.Pushes = append(records.Pushes, c.pushes...)
		findings = world.Audit(records, c.pages, false)
		if len(findings) > 0 {
			return
		}
		for _, page := range c.pages[max(0, len(c.pages)-repeated):] {
			if again := w.Pay(t, page.Payment); !again.Same(*page.Answer) {
				findings = append(findings, world.Finding{Kind: "changed", Text: fmt.Sprint(page.Answer, ", then ", again)})
			}
		}
	})
	return findings
}

// repeated is how many of the newest swipes are repeated after a cut.
const repeated = 8

// catchUp is how long a bank takes to tell what it had not told before: two sweeps of its outboxes.
const catchUp = 12 * time.Second

func TestAPowerCutTakesNothingBack(t *testing.T) {
	for seed := range uint64(lives) {
		l := live(t, seed, cutsEach, bugs{})
		if last := l.cuts[cutsEach-1]; len(last.pages) < cutsEach {
			t.Errorf("only %d swipes were answered in a life: it proves little", len(last.pages))
		}
		for n, c := range l.cuts {
			for _, finding := range survey(t, l, c) {
				t.Errorf("cut %d of life %d, after %d swipes: %v", n, seed, len(c.pages), finding)
			}
		}
	}
}

const (
	lives    = 5
	cutsEach = 25
)

// A test that cannot fail proves nothing.
func TestPlantedBugsAreFound(t *testing.T) {
	for name, planted := range map[string]bugs{
		"a disk that only says that it has synced":    {lyingDisk: true},
		"a transaction's event is not kept for later": {hooks: world.Hooks{Write: without("transactions", "outbox_event")}},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(lives) {
				l := live(t, seed, cutsEach, planted)
				for _, c := range l.cuts {
					if len(survey(t, l, c)) > 0 {
						return
					}
				}
			}
			t.Error("nothing was found")
		})
	}
}

// without does not write the rows of a table.
func without(keyspace, table string) func(string, []store.Mutation) ([]store.Mutation, error) {
	return func(to string, writes []store.Mutation) ([]store.Mutation, error) {
		if to != keyspace {
			return writes, nil
		}
		return slices.DeleteFunc(slices.Clone(writes), func(m store.Mutation) bool { return m.Table.Name == table }), nil
	}
}
