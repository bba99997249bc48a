package storage_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"farthing/pkg/seal"
	"farthing/pkg/store"
	"farthing/pkg/store/cassandra/cassandratest"
	"farthing/pkg/store/storetest"
	"farthing/service.webhook/logic"
	"farthing/service.webhook/standard"
	"farthing/service.webhook/storage"
	"farthing/service.webhook/storage/storagetest"
)

func TestOnPebble(t *testing.T) {
	storagetest.Run(t, storetest.Keyspace(t, storage.Schema()))
}

func TestOnCassandra(t *testing.T) {
	storagetest.Run(t, cassandratest.Keyspace(t, storage.Schema()))
}

func TestNoURLNoSecretAndNothingThatIsSentIsStoredInClear(t *testing.T) {
	engine := storetest.Memory(t, storage.Schema()).Open("webhook")
	keyspace := store.NewKeyspace("webhook", engine)
	now := time.UnixMilli(1_790_000_000_123).UTC()
	hook := logic.Hook{
		ID: "webhook_1", Account: "acc_1", URL: "https://example.com/?token=s3cr3t", Created: now,
		Secret: standard.SecretOf([]byte("the secret of one webhook")),
	}.Rotated(standard.SecretOf([]byte("the secret that comes after")), now)
	if _, err := storage.NewHooks(keyspace, seal.Ephemeral("endpoints")).Insert(t.Context(), hook); err != nil {
		t.Fatal(err)
	}
	d := logic.NewDelivery(hook.ID, "transaction.created", "tx_1", "evt_1", now, now)
	deliveries := storage.NewDeliveries(keyspace, seal.Ephemeral("persons"))
	if err := deliveries.Insert(t.Context(), d, "user_alice", []byte("Grace Hopper")); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, table := range storage.Schema().Tables {
		rows, _, err := engine.Walk(t.Context(), table.Spec(), "", store.MaxRows)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s %+q\n", rows, rows)
	}
	for _, secret := range []string{"s3cr3t", "example", "the secret", "Hopper"} {
		if strings.Contains(all.String(), secret) {
			t.Errorf("%q is stored in clear", secret)
		}
	}
	if !strings.Contains(all.String(), "transaction.created") {
		t.Error("the delivery was not seen: the test looks in the wrong place")
	}
}
