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
	receiptproto "farthing/service.receipt/proto"
	"farthing/service.receipt/storage"
	"farthing/service.receipt/storage/storagetest"
)

func TestOnPebble(t *testing.T) {
	storagetest.Run(t, storetest.Keyspace(t, storage.Schema()))
}

func TestOnCassandra(t *testing.T) {
	storagetest.Run(t, cassandratest.Keyspace(t, storage.Schema()))
}

func TestNothingOfAReceiptIsStoredInClearAndNothingStaysOfADeletedOne(t *testing.T) {
	engine := storetest.Memory(t, storage.Schema()).Open("receipt")
	receipts := storage.New(store.NewKeyspace("receipt", engine), seal.Ephemeral("persons"))
	name := storage.Name{User: "user_alice", Client: "oauth2client_a", ExternalID: "Order-12345678"}
	sold := &receiptproto.Receipt{ExternalId: name.ExternalID, Merchant: &receiptproto.Merchant{Name: "Old Street Grill"}}
	rows := func() string {
		var all strings.Builder
		for _, table := range storage.Schema().Tables {
			partitions, _, err := engine.WalkPartitions(t.Context(), table.Spec(), "", store.MaxRows)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&all, "%s %+q\n", partitions, partitions)
		}
		return all.String()
	}
	if _, err := receipts.Put(t.Context(), name, sold, "receipt_a", time.UnixMilli(1).UTC()); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"Order-12345678", "Old Street"} {
		if strings.Contains(rows(), text) {
			t.Errorf("%q is stored in clear", text)
		}
	}
	before := rows()
	if err := receipts.Delete(t.Context(), name, time.UnixMilli(2).UTC()); err != nil {
		t.Fatal(err)
	}
	if after := rows(); !strings.Contains(before, "receipt_a") || strings.Contains(after, "receipt_a") ||
		len(after) > len(before)-len("Order-12345678 Old Street Grill") {
		t.Errorf("of a deleted one there is %s", after)
	}
}
