package embedded_test

import (
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"farthing/pkg/events"
	"farthing/pkg/events/embedded"
	"farthing/pkg/events/eventstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheBusKeepsItsContract(t *testing.T) {
	eventstest.Run(t, func(t testing.TB) events.Bus {
		return busOn(t, open(t, vfs.NewMem()), embedded.Options{})
	})
}

func TestTheBusKeepsItsContractWhileItRepeatsAndReorders(t *testing.T) {
	chaos := &embedded.Chaos{Seed: 7, RepeatPercent: 30, ReorderPercent: 50}
	eventstest.Run(t, func(t testing.TB) events.Bus {
		return busOn(t, open(t, vfs.NewMem()), embedded.Options{Chaos: chaos})
	})
}

func TestTheBusKeepsItsContractAcrossPowerCuts(t *testing.T) {
	eventstest.RunReopening(t, func(testing.TB) eventstest.Site { return &site{disk: vfs.NewCrashableMem()} })
}

// site is a memory disk that forgets what was not synced.
type site struct {
	disk *vfs.MemFS
	db   *pebble.DB
}

func (s *site) Open(t testing.TB) events.Bus {
	s.db = open(t, s.disk)
	return busOn(t, s.db, embedded.Options{})
}

// Kill goes on with the disk as a power cut at this moment would leave it.
func (s *site) Kill(testing.TB) { s.disk = s.disk.CrashClone(vfs.CrashCloneCfg{}) }

// open is a Pebble on a disk, closed at the end of the test.
func open(t testing.TB, disk vfs.FS) *pebble.DB {
	t.Helper()
	db, err := pebble.Open("data", &pebble.Options{FS: disk, Logger: quiet{t}})
	if err != nil {
		t.Fatalf("opening Pebble: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("closing Pebble: %v", err)
		}
	})
	return db
}

func busOn(t testing.TB, db *pebble.DB, options embedded.Options) *embedded.Bus {
	t.Helper()
	bus, err := embedded.New(db, options)
	if err != nil {
		t.Fatalf("opening the bus: %v", err)
	}
	return bus
}

// quiet passes on only what ends the process.
type quiet struct{ t testing.TB }

func (quiet) Infof(string, ...any)           {}
func (quiet) Errorf(string, ...any)          {}
func (q quiet) Fatalf(text string, a ...any) { q.t.Fatalf(text, a...) }
