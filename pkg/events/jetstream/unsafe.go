package jetstream

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"farthing/pkg/errs"
)

const (
	unsafeTimeout = 5 * time.Second
	maxAnswer     = 64 << 20 // Bytes.
)

// serverState is what a server's monitoring says of itself, as far as it matters here.
type serverState struct {
	Disabled bool `json:"disabled"`
	Config   struct {
		SyncAlways   bool          `json:"sync_always"`
		SyncInterval time.Duration `json:"sync_interval"`
		StoreDir     string        `json:"store_dir"`
	} `json:"config"`
	Accounts []struct {
		Streams []struct {
			Name   string `json:"name"`
			Config struct {
				Storage string `json:"storage"`
			} `json:"config"`
		} `json:"stream_detail"`
	} `json:"account_details"`
}

// Unsafe names each setting of a server with which it may lose what it has acknowledged. It asks the server's
// monitoring, such as http://host:8222; of a cluster each server must be asked. Streams in memory are named, whoever
// made them. An answer that cannot be had or read is an error, which the caller counts as unsafe.
func Unsafe(ctx context.Context, monitor string) ([]string, error) {
	state, err := askMonitor(ctx, strings.TrimSuffix(monitor, "/")+"/jsz?accounts=true&streams=true&config=true")
	if err != nil {
		return nil, fmt.Errorf("asking the NATS server what it syncs: %w", err)
	}
	if state.Disabled || state.Config.StoreDir == "" {
		return []string{"jetstream: off"}, nil
	}
	var found []string
	if !state.Config.SyncAlways {
		found = append(found, fmt.Sprintf("jetstream.sync_interval: %v, not always", state.Config.SyncInterval))
	}
	for _, account := range state.Accounts {
		for _, stream := range account.Streams {
			if stream.Config.Storage != "file" {
				found = append(found, fmt.Sprintf("stream %s: storage %s", stream.Name, stream.Config.Storage))
			}
		}
	}
	return found, nil
}

// askMonitor is what the monitoring answers. Its errors do not quote the address, which may hold a password.
func askMonitor(ctx context.Context, address string) (*serverState, error) {
	ctx, cancel := context.WithTimeout(ctx, unsafeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errs.BadParam("monitor", "is http://host:port")
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	rsp, err := client.Do(req)
	if err != nil {
		return nil, errs.New(errs.Unavailable+".nats_monitor", "The NATS server's monitoring does not answer")
	}
	defer func() { _ = rsp.Body.Close() }()
	if rsp.StatusCode != http.StatusOK {
		return nil, errs.Newf(errs.Unavailable+".nats_monitor", "The monitoring answers %d", rsp.StatusCode)
	}
	state := &serverState{}
	if err := json.NewDecoder(io.LimitReader(rsp.Body, maxAnswer)).Decode(state); err != nil {
		return nil, errs.New(errs.Internal+".nats_monitor", "The monitoring's answer cannot be read")
	}
	return state, nil
}

// UnsafeStreams names each setting of the bus's streams with which they may lose what was acknowledged: kept elsewhere
// than in files, written later than acknowledged, or with fewer replicas than the bus is configured for. A stream that
// nobody has used yet is not there, and not named.
func (b *Bus) UnsafeStreams(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, unsafeTimeout)
	defer cancel()
	var found []string
	streams := b.js.ListStreams(ctx)
	for info := range streams.Info() {
		if b.isOurs(info.Config) {
			found = append(found, b.unsafeStream(info.Config)...)
		}
	}
	if err := streams.Err(); err != nil {
		return nil, fmt.Errorf("listing streams: %w", readError(err))
	}
	return found, nil
}

// isOurs tells whether a stream has subjects of this bus.
func (b *Bus) isOurs(c jetstream.StreamConfig) bool {
	for _, subject := range c.Subjects {
		if strings.HasPrefix(subject, b.config.Prefix+"events.") || strings.HasPrefix(subject, b.config.Prefix+"dead.") {
			return true
		}
	}
	return false
}

func (b *Bus) unsafeStream(c jetstream.StreamConfig) (found []string) {
	say := func(what string, is any) {
		found = append(found, fmt.Sprintf("stream %s: %s %v", c.Name, what, is))
	}
	if c.Storage != jetstream.FileStorage {
		say("storage", strings.ToLower(c.Storage.String()))
	}
	if c.PersistMode != jetstream.DefaultPersistMode {
		say("persist_mode", strings.ToLower(c.PersistMode.String()))
	}
	if c.Replicas < b.config.Replicas {
		say("num_replicas", c.Replicas)
	}
	return found
}
