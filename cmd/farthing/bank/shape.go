package bank

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"google.golang.org/grpc"

	"farthing/pkg/clock"
	"farthing/pkg/foundation"
)

// The shapes that a bank can have.
const (
	OneProcess    = "one process"
	ManyProcesses = "many processes"
	Clustered     = "clustered"
)

// running is the services of a bank that run, in whichever shape.
type running interface {
	Dial(caller, callee string) (grpc.ClientConnInterface, error)
	// Open opens the doors and answers where they are.
	Open() (map[foundation.Door]net.Addr, error)
	Failed() <-chan struct{}
	// Peers is where the services can be called from other processes, as foundation.Site has it; "" if they cannot.
	Peers() string
	// HTTP is a door's handler, if that is in this process.
	HTTP(door foundation.Door) (http.Handler, bool)
}

// shape is what differs between the shapes.
type shape interface {
	// name is one of the constants.
	name() string
	// lay opens what all services stand on when they run together in this process, on the life in home: to make one.
	// The function that it answers closes all of it.
	lay(ctx context.Context, home string, clk *clock.Business) (*foundation.Ground, func() error, error)
	// run starts the services on the life in home.
	run(ctx context.Context, home string) (running, func(context.Context) error, error)
}

// shapeOf is the shape that the options ask for.
func (b *Bank) shapeOf() shape {
	if b.options.Processes {
		return &fleet{bank: b}
	}
	return single{bank: b}
}

// single is a bank in one process.
type single struct{ bank *Bank }

func (single) name() string { return OneProcess }

func (s single) lay(_ context.Context, home string, clk *clock.Business) (*foundation.Ground, func() error, error) {
	ground, err := foundation.OpenEmbedded(foundation.EmbeddedOptions{ //nolint:contextcheck // It outlives the start.
		Dir: filepath.Join(home, "store"), Clock: clk, Log: s.bank.options.Log,
	})
	if err != nil {
		return nil, nil, err
	}
	return ground, ground.Close, nil
}

func (s single) run(ctx context.Context, home string) (running, func(context.Context) error, error) {
	process, stop, err := s.bank.together(ctx, s, home, s.bank.clock)
	return alone{process}, stop, err
}

// alone is one process, whose services nobody else can call.
type alone struct{ *foundation.Process }

// Peers is nothing.
func (alone) Peers() string { return "" }

// together runs all services in this process, on what a shape lays.
func (b *Bank) together(
	ctx context.Context, s shape, home string, clk *clock.Business,
) (process *foundation.Process, stop func(context.Context) error, err error) {
	ground, closeAll, err := s.lay(ctx, home, clk)
	if err != nil {
		return nil, nil, err
	}
	process, err = ground.Start(ctx, b.partsOf(ground, home))
	if err != nil {
		return nil, nil, errors.Join(err, closeAll())
	}
	stop = func(ctx context.Context) error { return errors.Join(process.Shutdown(ctx), closeAll()) }
	return process, stop, nil
}

// partsOf is a process of all services on a ground, with the keys in a life's folder.
func (b *Bank) partsOf(ground *foundation.Ground, home string) foundation.Options {
	options := ground.Options(Services())
	options.Listen, options.Settings = b.doors.take, b.settings
	options.KeyDir, options.CreateKeys = keysIn(home), true
	options.Operations = b.operations(reachedAtOnce)
	return options
}

func keysIn(home string) string { return filepath.Join(home, "keys") }

// format is how this version keeps a life. In those of an earlier one an account has no buckets (docs/adr/017), and
// cannot be written to.
const format = 1

// record is what a life's folder says of how its data are kept.
type record struct {
	Format    int    `json:"format"` // 0 for those from before there were others.
	Shape     string `json:"shape"`
	Cassandra string `json:"cassandra,omitempty"`
	Prefix    string `json:"prefix,omitempty"`
}

func (b *Bank) record() record {
	r := record{Format: format, Shape: b.shape.name()}
	if r.Shape == Clustered {
		r.Cassandra, r.Prefix = b.options.Site.Cassandra, b.options.Site.Prefix
	}
	return r
}

func recordFile(home string) string { return filepath.Join(home, "shape.json") }

func writeRecord(home string, r record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return writeFile(recordFile(home), append(text, '\n'))
}

// checkShape refuses to start a life in another shape than its data have: they would seem to be gone.
func (b *Bank) checkShape(home string) error {
	kept, err := readRecord(home)
	if err != nil {
		return err
	}
	if wanted := b.record(); kept.Shape != wanted.Shape || kept.Prefix != wanted.Prefix {
		return fmt.Errorf("the bank in %s is in the shape %q, and was asked for in %q: %s",
			b.options.Folder.Shown(), kept, wanted, "'farthing export' and 'farthing import' move it")
	}
	return nil
}

// readRecord fails with fs.ErrNotExist if there is no life. One in another format is refused: it would be misread.
func readRecord(home string) (record, error) {
	if _, err := os.Stat(home); err != nil {
		return record{}, err
	}
	var kept record
	text, err := os.ReadFile(recordFile(home))
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return record{}, fmt.Errorf("reading in which shape the bank is: %w", err)
	}
	if kept.Format != format {
		return record{}, fmt.Errorf("the bank in %s is kept in format %d, and this version knows only %d: %s", home,
			kept.Format, format, "begin another one with --data")
	}
	return kept, nil
}

// String is the shape as a person may recognise it.
func (r record) String() string {
	if r.Prefix != "" {
		return r.Shape + ", prefix " + r.Prefix
	}
	return r.Shape
}
