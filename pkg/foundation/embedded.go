package foundation

import (
	"errors"
	"log/slog"

	"farthing/pkg/clock"
	"farthing/pkg/events/embedded"
	"farthing/pkg/rpc"
	"farthing/pkg/store/measured"
	pebblestore "farthing/pkg/store/pebble"
)

// EmbeddedOptions choose where, and on which clock.
type EmbeddedOptions struct {
	Dir    string
	Memory bool                // Nothing on disk: for tests and simulated worlds.
	Files  pebblestore.Options // How the directory is kept, such as on a file system that a test can cut off.
	Clock  *clock.Business
	Log    *slog.Logger
	Chaos  *embedded.Chaos // The bus repeats and reorders on purpose.
}

// OpenEmbedded is the ground of a bank in one process: a store and a bus that share one directory and its group commit,
// and calls that stay within the process. A directory that another process has open is an error that names it.
func OpenEmbedded(o EmbeddedOptions) (*Ground, error) {
	open := func(options pebblestore.Options) (*pebblestore.Store, error) { return pebblestore.Open(o.Dir, options) }
	if o.Memory {
		open = pebblestore.OpenInMemory
	}
	o.Files.Log = o.Log
	kept, err := open(o.Files)
	if err != nil {
		return nil, err
	}
	g := NewGround(o.Clock, o.Log)
	g.Store, g.Transport = measured.New(kept, g.Registry), rpc.NewInProcess()
	g.Later(kept.Close)
	bus, err := embedded.New(kept.DB(), embedded.Options{Log: o.Log, Around: g.Around(), Chaos: o.Chaos})
	if err != nil {
		return nil, errors.Join(err, g.Close())
	}
	g.Bus = bus
	return g, nil
}
