package foundation_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/foundation"
)

func TestASiteIsReadAsItWasWrittenAndLeavesTheServicesTheirs(t *testing.T) {
	want := foundation.Site{
		Store: "/data", Cassandra: "10.0.0.1:9042", NATS: "nats://10.0.0.9:4222", NATSReplicas: 3, AllowUnsafe: true,
		Listen: "fd:4", Peers: "dns:///s-{name}:8080", Doors: "admin=fd:5", Lifeline: 3,
	}
	settings := want.Settings()
	settings["FARTHING_APNS_HOST"] = "https://apple.example"
	got, left, err := foundation.SiteFrom(settings)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("read %v\n%s", err, diff)
	}
	if diff := cmp.Diff(map[string]string{"FARTHING_APNS_HOST": "https://apple.example"}, left); diff != "" {
		t.Errorf("what is left:\n%s", diff)
	}
}

func TestASettingOfTheSiteThatCannotBeIsRefusedByName(t *testing.T) {
	for name, text := range map[string]string{
		"FARTHING_LIFELINE": "three", "FARTHING_ALLOW_UNSAFE": "perhaps", "FARTHING_NATS_REPLICAS": "many",
	} {
		_, _, err := foundation.SiteFrom(map[string]string{name: text})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, text, err)
		}
	}
	if _, err := (foundation.Site{LogLevel: "loud"}).Level(); err == nil || !strings.Contains(err.Error(), "LOG_LEVEL") {
		t.Errorf("a level of that name: %v", err)
	}
	for _, replication := range []string{"dc1", "dc1=none", "=3", "dc1=0"} {
		site := foundation.Site{Cassandra: "127.0.0.1:9042", Replication: replication}
		_, err := site.OpenCassandra(slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), "replication") {
			t.Errorf("replication %q: %v", replication, err)
		}
	}
}

func TestPeersAreFoundByPatternOrByName(t *testing.T) {
	for text, want := range map[string]string{
		"dns:///s-{name}:8080":                                  "dns:///s-card-api:8080",
		"service.feed=127.0.0.1:1;service.card-api=127.0.0.1:2": "passthrough:///127.0.0.1:2",
		"service.card-api=127.0.0.1:2,127.0.0.1:3":              "127.0.0.1:2,127.0.0.1:3",
		"service.card-api=dns:///cards:1":                       "dns:///cards:1",
	} {
		peer, err := foundation.PeersOf(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := peer("service.card-api"); got != want {
			t.Errorf("%s: it is at %s, want %s", text, got, want)
		}
	}
	peer, err := foundation.PeersOf("")
	if err != nil || !strings.Contains(peer("service.feed"), "service.feed is not in FARTHING_PEERS") {
		t.Errorf("nobody is at %v, %v", peer("service.feed"), err)
	}
	for _, text := range []string{"service.feed", "=127.0.0.1:1", "service.feed="} {
		if _, err := foundation.PeersOf(text); err == nil || !strings.Contains(err.Error(), "FARTHING_PEERS") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestDurabilityThatCannotBeReadCountsAsUnsafe(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	for where, site := range map[string]foundation.Site{
		"its monitoring port": {NATS: "nats://127.0.0.1:1"},
		"NATS' durability":    {NATS: "nats://127.0.0.1:1", NATSMonitor: "http://127.0.0.1:1"},
		"Cassandra's":         {Cassandra: "127.0.0.1:1"},
	} {
		err := site.CheckDurability(t.Context(), log)
		unsafe, ok := errors.AsType[foundation.UnsafeError](err)
		if !ok || len(unsafe.Settings) != 1 || !strings.Contains(err.Error(), where) {
			t.Errorf("%+v: %v, want a word about %s", site, err, where)
		}
		site.AllowUnsafe = true
		if err := site.CheckDurability(t.Context(), log); err != nil {
			t.Errorf("allowed, it is refused: %v", err)
		}
	}
	if err := (foundation.Site{}).CheckDurability(t.Context(), log); err != nil {
		t.Errorf("embedded stores are refused: %v", err)
	}
}
