package cassandra

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/gocql/gocql"

	"farthing/pkg/store"
)

// safety is what one setting must be for a write that was acknowledged to survive, and for a conditional one to be
// decided once. The names are those of system_views.settings.
type safety struct {
	setting string
	safe    []string
	because string
}

// A kill -9 under load lost acknowledged conditional writes with each of the unsafe values.
var safeties = []safety{
	{"commitlog_sync", []string{"batch", "group"}, "a crash loses writes that were acknowledged before the next sync"},
	{"commitlog_disk_access_mode", []string{"legacy", "mmap"}, "a crash loses acknowledged writes in direct mode"},
	{"commitlog_compression.class_name", []string{""}, "a crash loses acknowledged writes in a compressed commit log"},
	{"paxos_variant", []string{"v2"}, "only v2 is linearizable in two round trips"},
}

// Unsafe names each setting of each node that could lose an acknowledged write; none is what a bank runs on. It asks
// every node itself, since each knows only its own.
func (s *Store) Unsafe(ctx context.Context) ([]string, error) {
	nodes, err := s.nodes(ctx)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, node := range nodes {
		settings, err := s.settingsOf(ctx, node)
		if err != nil {
			return nil, store.Unavailable(fmt.Errorf("asking node %s for its settings: %w", node, err))
		}
		for _, complaint := range unsafeIn(settings) {
			found = append(found, node+": "+complaint)
		}
	}
	return found, nil
}

// unsafeIn is what is unsafe in a node's settings.
func unsafeIn(settings map[string]string) []string {
	var found []string
	for _, s := range safeties {
		if value := settings[s.setting]; !slices.Contains(s.safe, value) {
			found = append(found, fmt.Sprintf("%s is %q, not %q: %s", s.setting, value, strings.Join(s.safe, " or "), s.because))
		}
	}
	return found
}

// nodes are the addresses of all nodes of the cluster.
func (s *Store) nodes(ctx context.Context) ([]string, error) {
	session, end, err := s.begin(ctx, "")
	if err != nil {
		return nil, err
	}
	defer end()
	var nodes []string
	for _, cql := range []string{
		"SELECT rpc_address FROM system.local WHERE key = 'local'", "SELECT native_address FROM system.peers_v2",
	} {
		iter := session.Query(cql).WithContext(ctx).Consistency(gocql.One).Iter()
		var address net.IP
		for iter.Scan(&address) {
			nodes = append(nodes, address.String())
		}
		if err := iter.Close(); err != nil {
			return nil, failure(err, reading, nil)
		}
	}
	return nodes, nil
}

// settingsOf asks one node and no other.
func (s *Store) settingsOf(ctx context.Context, node string) (map[string]string, error) {
	cluster := s.cluster([]string{node}, "")
	cluster.DisableInitialHostLookup = true
	session, err := cluster.CreateSession()
	if err != nil {
		return nil, err
	}
	defer session.Close()
	settings := make(map[string]string)
	iter := session.Query("SELECT name, value FROM system_views.settings").WithContext(ctx).Consistency(gocql.One).Iter()
	for name, value := "", ""; iter.Scan(&name, &value); {
		settings[name] = value
	}
	return settings, iter.Close()
}
