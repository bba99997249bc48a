package foundation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/events/embedded"
	"farthing/pkg/events/jetstream"
	"farthing/pkg/rpc"
	"farthing/pkg/store"
	"farthing/pkg/store/cassandra"
	"farthing/pkg/store/measured"
	pebblestore "farthing/pkg/store/pebble"
)

// Site is where a process of its own finds what it stands on, and where it is found. Each field is a setting,
// FARTHING_STORE and so on, and has a default that works in development. Several addresses have commas between them.
type Site struct {
	// Store is the folder of the embedded store, with one below it for each keyspace.
	Store string `setting:"STORE"`
	// Keys is the folder of the key files; CreateKeys makes those that are missing, which is for development.
	Keys       string `setting:"KEYS"`
	CreateKeys bool   `setting:"CREATE_KEYS"`

	// Cassandra is host:port of some of the nodes, and takes the embedded store's place.
	Cassandra string `setting:"CASSANDRA"`
	// Datacentre is the one whose replicas are asked first. Empty in a cluster that has only one.
	Datacentre string `setting:"CASSANDRA_DATACENTRE"`
	// Replication is how keyspaces are made, as in "dc1=3,dc2=3". Empty is one copy on one node.
	Replication string `setting:"CASSANDRA_REPLICATION"`

	// NATS is the servers' URLs, nats://host:port. Without any, events stay within the process, in the embedded store.
	NATS string `setting:"NATS"`
	// NATSToken is a file with the token that the servers want; none if empty.
	NATSToken string `setting:"NATS_TOKEN_FILE"`
	// NATSMonitor is the URL of a server's monitoring port, from which its durability is read.
	NATSMonitor string `setting:"NATS_MONITOR"`
	// NATSReplicas is how many servers keep each stream; 0 stands for 1.
	NATSReplicas int `setting:"NATS_REPLICAS"`

	// Prefix is put before the names of keyspaces and streams, so that several banks can share a cluster.
	Prefix string `setting:"PREFIX"`
	// AllowUnsafe has the process start on what may lose an acknowledged write.
	AllowUnsafe bool `setting:"ALLOW_UNSAFE"`

	// Listen is where peers call: host:port, or fd:N for a listener that was handed over. A process of several services
	// says service.x=… for each.
	Listen string `setting:"LISTEN"`
	// Peers is where the other services are: "service.x=host:port,host:port;service.y=…", or a gRPC target in which {name}
	// stands for the service's name without "service.": "dns:///s-{name}:8080".
	Peers string `setting:"PEERS"`
	// Doors is where the doors are: "public=:8080,admin=fd:4". One that is not named takes its usual port of loopback,
	// the admin door any.
	Doors string `setting:"DOORS"`
	// Clock is a file that says how far business time is ahead of the machine's (clock.File), and is followed as long as
	// the process runs. It is for development: without one, business time is the machine's.
	Clock string `setting:"CLOCK"`
	// Lifeline is the number of an open file whose end is the end of this process; 0 is none.
	Lifeline int `setting:"LIFELINE"`
	// LogLevel is debug, info, warn or error.
	LogLevel string `setting:"LOG_LEVEL"`
}

// SiteFrom reads a site, and answers the settings that are left: the services' own.
func SiteFrom(settings map[string]string) (Site, map[string]string, error) {
	site, left := Site{}, make(map[string]string)
	fields := make(map[string]reflect.Value)
	value := reflect.ValueOf(&site).Elem()
	for i := range value.NumField() {
		fields[settingPrefix+value.Type().Field(i).Tag.Get("setting")] = value.Field(i)
	}
	for name, text := range settings {
		field, ours := fields[name]
		if !ours {
			left[name] = text
			continue
		}
		if err := setField(field, text); err != nil {
			return Site{}, nil, fmt.Errorf("setting %s: %w", name, err)
		}
	}
	return site, left, nil
}

// Settings is the site as SiteFrom reads it, without what has its zero value.
func (s Site) Settings() map[string]string {
	settings := make(map[string]string)
	value := reflect.ValueOf(s)
	for i := range value.NumField() {
		if field := value.Field(i); !field.IsZero() {
			settings[settingPrefix+value.Type().Field(i).Tag.Get("setting")] = fmt.Sprint(field.Interface())
		}
	}
	return settings
}

// Level is how much is logged; info if nothing is set.
func (s Site) Level() (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cmp.Or(s.LogLevel, "info"))); err != nil {
		return 0, fmt.Errorf("setting %sLOG_LEVEL: must be debug, info, warn or error, not %q", settingPrefix, s.LogLevel)
	}
	return level, nil
}

// keys is the folder of the key files.
func (s Site) keys() string { return cmp.Or(s.Keys, ".farthing/bank/keys") }

// connectWithin is how long a process waits for servers that are not there yet.
const connectWithin = 30 * time.Second

// Ground opens the site's store and bus, with a transport that is the caller's choice.
func (s Site) Ground(
	ctx context.Context, clk *clock.Business, log *slog.Logger, transport rpc.Transport,
) (*Ground, error) {
	g := NewGround(clk, log)
	g.Transport = transport
	for _, lay := range []func(context.Context, *Ground) error{s.layStore, s.layBus} {
		if err := lay(ctx, g); err != nil {
			return nil, errors.Join(err, g.Close())
		}
	}
	return g, nil
}

// store is the folder of the embedded store.
func (s Site) store() string { return cmp.Or(s.Store, ".farthing/bank/services") }

// processStore sizes the embedded store of one service among many on a machine.
func processStore(log *slog.Logger) pebblestore.Options {
	return pebblestore.Options{Cache: 128 << 20, MemTable: 16 << 20, Log: log}
}

// OpenStore is the site's store, to be closed by the caller. A cluster is connected to when it is first asked.
func (s Site) OpenStore(log *slog.Logger) (store.Store, error) {
	if s.Cassandra == "" {
		return pebblestore.NewFolders(s.store(), processStore(log)), nil
	}
	return s.OpenCassandra(log)
}

// OpenCassandra is the site's cluster.
func (s Site) OpenCassandra(log *slog.Logger) (*cassandra.Store, error) {
	replication, err := replicationOf(s.Replication)
	if err != nil {
		return nil, err
	}
	return cassandra.New(cassandra.Config{
		Hosts: strings.Split(s.Cassandra, ","), Datacentre: s.Datacentre, Replication: replication, Prefix: s.Prefix,
		Log: log,
	})
}

// noCluster is why there can be none as the settings say.
func noCluster(err error) error { return fmt.Errorf("setting %sCASSANDRA: %w", settingPrefix, err) }

func replicationOf(text string) (cassandra.Replication, error) {
	if text == "" {
		return nil, nil
	}
	replication := make(cassandra.Replication)
	for each := range strings.SplitSeq(text, ",") {
		datacentre, digits, _ := strings.Cut(each, "=")
		copies, err := strconv.Atoi(digits)
		if err != nil || copies < 1 || datacentre == "" {
			return nil, fmt.Errorf("replication must be as in dc1=3,dc2=3, not %q", text)
		}
		replication[datacentre] = copies
	}
	return replication, nil
}

func (s Site) layStore(_ context.Context, g *Ground) error {
	kept, err := s.OpenStore(g.Log)
	if err != nil {
		return noCluster(err)
	}
	g.Store = measured.New(kept, g.Registry)
	g.Later(kept.Close)
	return nil
}

// layBus has events stay within the process if no server is named: in a Pebble of their own, since each keyspace has
// its own folder.
func (s Site) layBus(ctx context.Context, g *Ground) error {
	switch {
	case s.NATS != "":
		return s.layJetStream(ctx, g)
	case s.Cassandra != "":
		return errors.New("with Cassandra the bus is NATS: FARTHING_NATS must name its servers")
	}
	folder := filepath.Join(s.store(), "events")
	kept, err := pebblestore.Open(folder, processStore(g.Log)) //nolint:contextcheck // It outlives the start.
	if err != nil {
		return err
	}
	g.Later(kept.Close)
	g.Bus, err = embedded.New(kept.DB(), embedded.Options{Log: g.Log, Around: g.Around()})
	return err
}

func (s Site) layJetStream(ctx context.Context, g *Ground) error {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	address, err := s.natsURL()
	if err != nil {
		return err
	}
	bus, err := jetstream.Open(ctx, jetstream.Config{
		URL: address, Prefix: s.Prefix, Replicas: s.NATSReplicas, Log: g.Log, Around: g.Around(),
	})
	if err != nil {
		return fmt.Errorf("connecting to NATS at %s: %w", s.NATS, err)
	}
	g.Bus = bus
	g.Later(bus.Close)
	return nil
}

// natsURL is the servers' addresses with the token in each.
func (s Site) natsURL() (string, error) {
	if s.NATSToken == "" {
		return s.NATS, nil
	}
	token, err := os.ReadFile(s.NATSToken)
	if err != nil {
		return "", fmt.Errorf("reading the token for NATS: %w", err)
	}
	servers := strings.Split(s.NATS, ",")
	for i, server := range servers {
		servers[i] = strings.Replace(server, "://", "://"+strings.TrimSpace(string(token))+"@", 1)
	}
	return strings.Join(servers, ","), nil
}
