package pebblestore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"farthing/pkg/clock"
	"farthing/pkg/store"
)

// EventsPrefix is the first byte of every key that belongs to the embedded bus. It writes them through DB.
const EventsPrefix = 'e'

// Options of a store. The zero value is right for a bank on disk.
type Options struct {
	FS       vfs.FS       // Default: the disk.
	Clock    clock.Clock  // Real time, which TTLs are judged by. Default: the machine's.
	Log      *slog.Logger // Default: slog's own.
	Cache    int64        // Bytes of the block cache, memtables included. Default: 256 MiB.
	MemTable uint64       // Bytes of one memtable, of which up to four may stand. Default: 32 MiB.

	sweepEvery time.Duration     // Default: a minute.
	exit       func(line string) // Must not return. Default: log the line and end the process.
	unsynced   bool              // Planted bug: acknowledge before the sync. The crash tests must catch it.
}

// Store is a Pebble in one directory, and the keyspaces in it. It is safe for concurrent use.
type Store struct {
	db      *pebble.DB
	lock    *pebble.Lock
	options Options
	lanes   lanes
	flying  atomic.Int64 // Commits that are launched and have not landed.
	schemas schemas

	// sweeping is held shared by each write from its first read until its place in the log is fixed, and alone by the
	// janitor, which must not delete what a write has just brought back to life.
	sweeping sync.RWMutex

	open    sync.RWMutex // Held shared by everything that is asked of the store, and by Close alone.
	closed  bool
	janitor sync.WaitGroup
	dismiss context.CancelFunc // Ends the janitor.
}

var (
	_         store.Store = (*Store)(nil)
	errClosed             = errors.New("the store is closed")
)

// Open opens the store in a directory and makes it if need be. A directory that another process (or this one) has open
// is refused, naming it.
func Open(dir string, options Options) (*Store, error) {
	s := &Store{options: options.withDefaults()}
	if err := s.options.FS.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the data folder %s: %w", dir, err)
	}
	var err error
	if s.lock, err = lockFolder(dir, s.options.FS); err != nil {
		return nil, err
	}
	if err := s.start(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the data folder %s: %w", dir, err), s.lock.Close())
	}
	return s, nil
}

// OpenInMemory is an empty store on a memory file system of its own, small enough to have many of: it is for tests.
func OpenInMemory(options Options) (*Store, error) {
	options.FS, options.Cache, options.MemTable = vfs.NewMem(), 64<<20, 4<<20
	return Open("bank", options)
}

func (o Options) withDefaults() Options {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Cache == 0 {
		o.Cache = 256 << 20
	}
	if o.MemTable == 0 {
		o.MemTable = 32 << 20
	}
	if o.sweepEvery == 0 {
		o.sweepEvery = time.Minute
	}
	if o.exit == nil {
		o.exit = func(line string) {
			o.Log.Error("the store cannot go on", "cause", line)
			os.Exit(1)
		}
	}
	return o
}

// lockFolder tells a folder in use from one that cannot be locked at all. The system has an errno for a lock that
// another process holds; for one of this process Pebble has an error without a value.
func lockFolder(dir string, files vfs.FS) (*pebble.Lock, error) {
	lock, err := pebble.LockDirectory(dir, files)
	_, isErrno := errors.AsType[syscall.Errno](err)
	switch {
	case err == nil:
		return lock, nil
	case isErrno && !errors.Is(err, syscall.EAGAIN):
		return nil, fmt.Errorf("locking the data folder %s: %w", dir, err)
	default:
		return nil, fmt.Errorf("the data folder %s is in use by another process", absolute(dir))
	}
}

func absolute(dir string) string {
	if whole, err := filepath.Abs(dir); err == nil {
		return whole
	}
	return dir
}

func (s *Store) start(dir string) error {
	cache := pebble.NewCache(s.options.Cache)
	defer cache.Unref() // The database holds a reference of its own.
	db, err := pebble.Open(dir, s.pebbleOptions(cache))
	if err != nil {
		return err
	}
	s.db = db
	s.lanes = newLanes()
	if err := s.loadSchemas(); err != nil {
		return errors.Join(err, db.Close())
	}
	ctx, cancel := context.WithCancel(context.Background()) // The janitor outlives whoever opened the store.
	s.dismiss = cancel
	s.janitor.Go(func() { clock.Every(ctx, s.options.sweepEvery, s.sweepOrSay) })
	return nil
}

func (s *Store) pebbleOptions(cache *pebble.Cache) *pebble.Options {
	options := &pebble.Options{
		FS:                          s.options.FS,
		Lock:                        s.lock,
		Logger:                      logger{s.options.Log, s.options.exit},
		Merger:                      cellMerger,
		Cache:                       cache,
		FormatMajorVersion:          pebble.FormatNewest,
		MemTableSize:                s.options.MemTable,
		MemTableStopWritesThreshold: 4,
	}
	if s.options.FS == vfs.Default { // Memory syncs for nothing.
		options.WALMinSyncInterval = s.syncGap
	}
	for i := range options.Levels { // InsertNew asks for rows that are not there: mostly a filter answers.
		options.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return options
}

// DB is the database itself, for the embedded bus, which keeps to keys that begin with EventsPrefix. What it commits
// with pebble.Sync shares the fsync of whatever else is being committed. It must be done before Close.
func (s *Store) DB() *pebble.DB { return s.db }

// Close waits for what is under way and closes the directory. Whatever is asked later is answered ErrUnavailable.
// Closing again is harmless.
func (s *Store) Close() error {
	s.open.Lock()
	defer s.open.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.dismiss()
	s.janitor.Wait()
	return errors.Join(s.db.Close(), s.lock.Close())
}

// enter begins anything that is asked of the store: it is refused when the store is closed or the context has ended.
// Whoever entered must leave.
func (s *Store) enter(ctx context.Context) error {
	if ctx.Err() != nil {
		return store.Unavailable(context.Cause(ctx))
	}
	s.open.RLock()
	if s.closed {
		s.open.RUnlock()
		return store.Unavailable(errClosed)
	}
	return nil
}

func (s *Store) leave() { s.open.RUnlock() }

func (s *Store) now() int64 { return s.options.Clock.Now().UnixMilli() }

// logger is Pebble's way to talk. What it does all day is of no interest; an error is; after a fatal one it must not
// go on, so Fatalf does not return.
type logger struct {
	log  *slog.Logger
	exit func(line string)
}

// Infof says nothing.
func (logger) Infof(string, ...any) {}

// Errorf logs what went wrong in the background, such as a compaction on a full disk. Pebble tries again.
func (l logger) Errorf(format string, args ...any) {
	l.log.Error("the store has trouble", "cause", fmt.Sprintf(format, args...))
}

// Fatalf ends the process: the log could not be synced, or something as bad.
func (l logger) Fatalf(format string, args ...any) { l.exit(fmt.Sprintf(format, args...)) }
