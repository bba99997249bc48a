// Package storagetest is what service.receipt's storage promises, on any engine.
package storagetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	receiptproto "farthing/service.receipt/proto"
	"farthing/service.receipt/storage"
)

// Run proves it on a keyspace that was just migrated. Every engine must pass it, word for word.
func Run(t *testing.T, k *store.Keyspace) {
	s := suite{storage.New(k, seal.Ephemeral("persons"))}
	for name, test := range map[string]func(*testing.T, storage.Name){
		"a receipt keeps the id that it was first put with":  s.keepsID,
		"a deleted one is gone, and its name free":           s.deleted,
		"names are of a customer and a program":              s.owned,
		"of many who write at once each is written or fails": s.raced,
	} {
		t.Run(name, func(t *testing.T) {
			test(t, storage.Name{User: "user_alice", Client: "oauth2client_a", ExternalID: name})
		})
	}
}

type suite struct{ receipts *storage.Receipts }

func at() time.Time { return time.UnixMilli(1_790_000_000_123).UTC() }

func receipt(name storage.Name, item string) *receiptproto.Receipt {
	return &receiptproto.Receipt{ExternalId: name.ExternalID, Items: []*receiptproto.Item{{Description: item}}}
}

func (s suite) put(t *testing.T, name storage.Name, item, fresh string) string {
	t.Helper()
	got, err := s.receipts.Put(t.Context(), name, receipt(name, item), fresh, at())
	if err != nil {
		t.Fatalf("putting: %v", err)
	}
	return got
}

func (s suite) want(t *testing.T, name storage.Name, item, id string) {
	t.Helper()
	want := receipt(name, item)
	want.Id = id
	got, found, err := s.receipts.Find(t.Context(), name)
	if diff := cmp.Diff(want, got, protocmp.Transform()); err != nil || !found || diff != "" {
		t.Errorf("found: %v, %v\n%s", found, err, diff)
	}
}

func (s suite) wantNone(t *testing.T, name storage.Name) {
	t.Helper()
	if got, found, err := s.receipts.Find(t.Context(), name); err != nil || found {
		t.Errorf("found: %v, %v, %v", got, found, err)
	}
}

func (s suite) keepsID(t *testing.T, name storage.Name) {
	s.wantNone(t, name)
	for n, item := range []string{"Burger", "Burger", "Fries"} {
		if got := s.put(t, name, item, fmt.Sprint("receipt_", n)); got != "receipt_0" {
			t.Errorf("put as %s", got)
		}
		s.want(t, name, item, "receipt_0")
	}
}

func (s suite) deleted(t *testing.T, name storage.Name) {
	if err := s.receipts.Delete(t.Context(), name, at()); !errs.Is(err, "not_found.receipt") {
		t.Errorf("deleting what never was: %v", err)
	}
	s.put(t, name, "Burger", "receipt_a")
	if err := s.receipts.Delete(t.Context(), name, at()); err != nil {
		t.Fatalf("deleting: %v", err)
	}
	s.wantNone(t, name)
	if err := s.receipts.Delete(t.Context(), name, at()); !errs.Is(err, "not_found.receipt") {
		t.Errorf("deleting again: %v", err)
	}
	if got := s.put(t, name, "Fries", "receipt_b"); got != "receipt_b" {
		t.Errorf("put as %s", got)
	}
	s.want(t, name, "Fries", "receipt_b")
}

func (s suite) owned(t *testing.T, name storage.Name) {
	others := []storage.Name{name, name, name}
	others[0].User, others[1].Client, others[2].ExternalID = "user_bob", "oauth2client_b", name.ExternalID+" "
	s.put(t, name, "Burger", "receipt_a")
	for n, other := range others {
		s.wantNone(t, other)
		s.put(t, other, "Fries", fmt.Sprint("receipt_", n))
	}
	s.want(t, name, "Burger", "receipt_a")
}

func (s suite) raced(t *testing.T, name storage.Name) {
	const many = 4
	answers := make([]string, many)
	var all sync.WaitGroup
	for n := range many {
		all.Go(func() {
			got, err := s.receipts.Put(context.WithoutCancel(t.Context()), name, receipt(name, fmt.Sprint(n)),
				fmt.Sprint("receipt_", n), at())
			if err != nil && !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.Timeout) {
				t.Errorf("putting: %v", err)
			}
			answers[n] = got
		})
	}
	all.Wait()
	got, found, err := s.receipts.Find(t.Context(), name)
	if err != nil || !found {
		t.Fatalf("found: %v, %v", found, err)
	}
	for _, each := range answers {
		if each != "" && each != got.GetId() {
			t.Errorf("they were told %v, and it is %s", answers, got.GetId())
		}
	}
}
