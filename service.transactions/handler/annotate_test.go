package handler

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	"farthing/pkg/store/faults"
	transactionsproto "farthing/service.transactions/proto"
)

func (b *bank) annotate(
	t *testing.T, tx, client string, metadata map[string]string,
) (*transactionsproto.Transaction, error) {
	t.Helper()
	rsp, err := b.Annotate(t.Context(), &transactionsproto.AnnotateRequest{
		TransactionId: tx, ClientId: client, Metadata: metadata,
	})
	return rsp.GetTransaction(), err
}

func TestMetadataIsMergedAndAnEmptyValueDeletes(t *testing.T) {
	b := newBank(t)
	tx := b.pay(t, "a")
	want := make(map[string]string)
	for _, change := range []map[string]string{
		{"k": "1", "notes": "lunch"}, {"k": "2"}, {"k": "", "other": "3"}, {"gone": ""}, {"notes": "tea"}, {"k": "4"},
	} {
		answered, err := b.annotate(t, tx, "client_a", change)
		if err != nil {
			t.Fatalf("annotating: %v", err)
		}
		maps.Copy(want, change)
		maps.DeleteFunc(want, func(_, value string) bool { return value == "" })
		for _, got := range []*transactionsproto.Transaction{answered, b.get(t, tx)} {
			if diff := cmp.Diff(want, got.GetMetadata()); diff != "" || got.GetNotes() != want["notes"] {
				t.Fatalf("after %v the notes are %q and:\n%s", change, got.GetNotes(), diff)
			}
		}
	}
}

func TestWhoeverAnnotatesATransferIsShownItWhole(t *testing.T) {
	b := newBank(t)
	b.record(t, rent())
	answered, err := b.annotate(t, rent().GetTransactionId(), "client_a", map[string]string{"k": "1"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.get(t, rent().GetTransactionId()), answered, protocmp.Transform()); diff != "" {
		t.Errorf("the answer is not what is read then:\n%s", diff)
	}
}

func TestAnotherClientsMetadataIsNotSeen(t *testing.T) {
	b := newBank(t)
	tx := b.pay(t, "a")
	if _, err := b.annotate(t, tx, "client_b", map[string]string{"notes": "b's"}); err != nil {
		t.Fatal(err)
	}
	if got := b.get(t, tx); got.GetNotes() != "" || len(got.GetMetadata()) > 0 {
		t.Fatalf("client_a sees %v", got)
	}
}

func TestChangingAKeyAgainAndAgainLeavesOneRow(t *testing.T) {
	b := newBank(t)
	tx := b.pay(t, "a")
	for n := range 100 {
		if _, err := b.annotate(t, tx, "client_a", map[string]string{"k": fmt.Sprint(n)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, parts, err := b.transactions.Find(t.Context(), tx); err != nil || len(parts) != 2 {
		t.Fatalf("there are %d parts, %v, want the record and one annotation", len(parts), err)
	}
}

func TestAnAnnotationOfUnknownOutcomeIsResolvedByARepeat(t *testing.T) {
	for name, fault := range map[string]faults.Fault{
		"applied": faults.UnknownApplied, "lost": faults.UnknownLost, "late": faults.UnknownLate, "torn": faults.Torn,
	} {
		b := newBank(t)
		tx := b.pay(t, "a")
		if _, err := b.annotate(t, tx, "client_a", map[string]string{"k": "old"}); err != nil {
			t.Fatal(err)
		}
		b.pick = faults.Script(faults.Write, fault)
		change := map[string]string{"k": "new", "l": "new"}
		if _, err := b.annotate(t, tx, "client_a", change); !errs.Is(err, errs.OutcomeUnknown) {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := b.annotate(t, tx, "client_a", change); err != nil {
			t.Fatalf("%s: the repeat: %v", name, err)
		}
		b.mend(t)
		if diff := cmp.Diff(change, b.get(t, tx).GetMetadata()); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// numbered is so many keys, each with a value of so many bytes.
func numbered(from, keys, valueBytes int) map[string]string {
	metadata := make(map[string]string)
	for n := range keys {
		metadata[fmt.Sprintf("key_%03d", from+n)] = strings.Repeat("v", valueBytes)
	}
	return metadata
}

func TestMetadataHasLimitsAndIsUnchangedBeyondThem(t *testing.T) {
	b := newBank(t)
	tx := b.pay(t, "a")
	for name, metadata := range map[string]map[string]string{
		"too many at once": numbered(0, 21, 1), "a long key": {strings.Repeat("k", 401): "v"}, "no key": {"": "v"},
		"a long value": numbered(0, 1, 4_001), "too much in all": numbered(0, 5, 4_000),
	} {
		if _, err := b.annotate(t, tx, "client_a", metadata); !errs.Is(err, "bad_request.bad_param.metadata") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := b.get(t, tx).GetMetadata(); len(got) > 0 {
		t.Fatalf("it has %v", got)
	}
	longest := map[string]string{strings.Repeat("k", 400): strings.Repeat("v", 4_000)}
	if _, err := b.annotate(t, tx, "client_a", longest); err != nil {
		t.Fatalf("the longest of both: %v", err)
	}
}

func TestAClientHasAHundredKeysForEver(t *testing.T) {
	b := newBank(t)
	tx := b.pay(t, "a")
	for from := 0; from < 100; from += 20 {
		if _, err := b.annotate(t, tx, "client_a", numbered(from, 20, 10)); err != nil {
			t.Fatalf("from %d: %v", from, err)
		}
		if _, err := b.annotate(t, tx, "client_a", numbered(from, 20, 0)); err != nil {
			t.Fatalf("deleting from %d: %v", from, err)
		}
	}
	if _, err := b.annotate(t, tx, "client_a", numbered(100, 1, 10)); !errs.Is(err, "bad_request.bad_param.metadata") {
		t.Errorf("one more: %v", err)
	}
	if _, err := b.annotate(t, tx, "client_a", numbered(0, 1, 10)); err != nil {
		t.Errorf("one that was there: %v", err)
	}
	if _, err := b.annotate(t, tx, "client_b", numbered(0, 1, 10)); err != nil {
		t.Errorf("another client: %v", err)
	}
}

func TestAnAnnotationRefusesByName(t *testing.T) {
	b := newBank(t)
	tx, some := b.pay(t, "a"), map[string]string{"k": "v"}
	for want, c := range map[string]struct {
		tx, client string
		metadata   map[string]string
	}{
		"bad_request.missing_param.transaction_id": {"", "client_a", some},
		"bad_request.missing_param.client_id":      {tx, "", some},
		"bad_request.bad_param.client_id":          {tx, "client:a", some},
		"bad_request.missing_param.metadata":       {tx, "client_a", nil},
		"not_found.transaction":                    {b.ids.New("tx"), "client_a", some},
	} {
		if _, err := b.annotate(t, c.tx, c.client, c.metadata); !errs.Is(err, want) {
			t.Errorf("%v: %v, want %s", c, err, want)
		}
	}
}
