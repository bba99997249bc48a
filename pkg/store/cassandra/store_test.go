package cassandra_test

import (
	"errors"
	"net"
	"testing"

	"farthing/pkg/store"
	"farthing/pkg/store/cassandra"
	"farthing/pkg/store/cassandra/cassandratest"
)

func TestTheTestsRunOnADurableNode(t *testing.T) {
	found, err := cassandratest.Open(t).Unsafe(t.Context())
	if err != nil || len(found) > 0 {
		t.Errorf("unsafe: %v, %v", found, err)
	}
}

func TestABadConfigIsRefused(t *testing.T) {
	for _, hosts := range [][]string{nil, {"127.0.0.1"}, {"127.0.0.1:cql"}, {"127.0.0.1:9042", "127.0.0.2:9043"}} {
		if _, err := cassandra.New(cassandra.Config{Hosts: hosts}); err == nil {
			t.Errorf("%q: no error", hosts)
		}
	}
}

func TestWithoutAClusterNothingIsDone(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := cassandra.New(cassandra.Config{Hosts: []string{address}})
	if err != nil {
		t.Fatal(err)
	}
	k := store.NewKeyspace("bank", s.Open("bank"))
	answers := map[string]error{
		"writing":   k.Write(t.Context(), items.On(k).Put(itemRow{})),
		"migrating": s.Migrate(t.Context(), schema),
	}
	_, answers["deciding"] = accounts.On(k).Batch("acc_1").IfNull("version").Insert(accountRow{}).Apply(t.Context())
	_, _, answers["reading"] = items.On(k).In("o", int64(1)).Find(t.Context(), store.Latest, int64(1), "", int64(1))
	for what, err := range answers {
		if !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestAClosedStoreDoesNothing(t *testing.T) {
	s := cassandratest.Open(t)
	if err := s.Migrate(t.Context(), schema); err != nil {
		t.Fatal(err)
	}
	k := store.NewKeyspace("bank", s.Open("bank"))
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.Write(t.Context(), items.On(k).Put(itemRow{Owner: "o"})); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("writing: %v", err)
	}
}
