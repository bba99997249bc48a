package rawstore

import (
	"errors"
	"log/slog"
	"os"

	"farthing/pkg/store"
	"farthing/pkg/store/cassandra"
	pebblestore "farthing/pkg/store/pebble"
)

// keyspacePrefix keeps what is measured apart from any bank's own on a cluster.
const keyspacePrefix = "bench_"

// Engine is a store to be measured.
type Engine struct {
	store.Store
	Name string // "cassandra" or "pebble".

	folder string // Gone after Close; "" on a cluster.
}

// OpenEngine is the cluster at these host:port addresses or, without any, an embedded store in a fresh folder below
// parent (the machine's temporary one if that is ""). On a cluster all keyspaces begin with "bench_", and what is
// written stays there. It fails only on addresses or a folder that cannot be.
func OpenEngine(hosts []string, parent string) (*Engine, error) {
	if len(hosts) > 0 {
		cluster, err := cassandra.New(cassandra.Config{Hosts: hosts, Prefix: keyspacePrefix})
		if err != nil {
			return nil, err
		}
		return &Engine{Store: cluster, Name: "cassandra"}, nil
	}
	folder, err := os.MkdirTemp(parent, "farthing-bench-")
	if err != nil {
		return nil, err
	}
	embedded, err := pebblestore.Open(folder, pebblestore.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return &Engine{Store: embedded, Name: "pebble", folder: folder}, nil
}

// Close closes the store, and takes away its folder. It is to be called once.
func (e *Engine) Close() error {
	err := e.Store.Close()
	if e.folder != "" {
		err = errors.Join(err, os.RemoveAll(e.folder))
	}
	return err
}
