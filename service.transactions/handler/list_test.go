package handler

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/id"
	"farthing/service.transactions/logic"
	transactionsproto "farthing/service.transactions/proto"
	"farthing/service.transactions/storage"
)

// list is the ids that a request selects.
func (b *bank) list(t testing.TB, req *transactionsproto.ListRequest) []string {
	t.Helper()
	rsp, err := b.List(t.Context(), req)
	if err != nil {
		t.Fatalf("listing %v: %v", req, err)
	}
	var ids []string
	for _, each := range rsp.GetTransactions() {
		ids = append(ids, each.GetId())
	}
	return ids
}

// entered writes transactions at these times, each with some further parts, and answers their ids in order.
func (b *bank) entered(t testing.TB, account string, parts int, times ...time.Time) []string {
	t.Helper()
	var ids []string
	for n, at := range times {
		txID := b.ids.At("tx", at)
		part := logic.Part{ID: txID, Facet: logic.Record, Version: 1, State: &transactionsproto.Transaction{
			Id: txID, AccountId: account, CreatedMs: at.UnixMilli(), UpdatedMs: at.UnixMilli(),
		}}
		e := events.Event{ID: fmt.Sprint("evt_", txID), Type: recorded, Key: txID}
		if err := b.transactions.Announce(t.Context(), account, txID); err != nil {
			t.Fatalf("announcing: %v", err)
		}
		if err := b.transactions.Amend(t.Context(), account, storage.Amendment{
			ID: part.ID, Begins: true, Add: []logic.Part{part}, Tell: []events.Event{e},
		}); err != nil {
			t.Fatalf("recording: %v", err)
		}
		for version := range (n + 1) * parts % 9 { // Some have more rows than a page reckons with.
			b.amend(t, account, logic.Part{ID: txID, Facet: logic.Enrichment, Version: int64(version + 1)})
		}
		ids = append(ids, txID)
	}
	slices.Sort(ids)
	return ids
}

func (b *bank) amend(t testing.TB, account string, part logic.Part) {
	t.Helper()
	part.State = &transactionsproto.Transaction{Category: "general"}
	amendment := storage.Amendment{ID: part.ID, Add: []logic.Part{part}}
	if err := b.transactions.Amend(t.Context(), account, amendment); err != nil {
		t.Fatalf("amending: %v", err)
	}
}

// instants are up to n times within the last five months, some at the turn of a month, some the same.
func instants(t *rapid.T, n int) []time.Time {
	turn := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	return rapid.SliceOfN(rapid.OneOf(
		rapid.Map(rapid.IntRange(0, 150*24), func(h int) time.Time { return noon.Add(-time.Duration(h) * time.Hour) }),
		rapid.Map(rapid.IntRange(-2, 2), func(ms int) time.Time { return turn.Add(time.Duration(ms) * time.Millisecond) }),
	), 1, n).Draw(t, "times")
}

// selected is what a list must be, by the plainest of means.
func selected(ids []string, req *transactionsproto.ListRequest) []string {
	var out []string
	for _, each := range ids {
		created, _ := id.Time("id", "tx", each)
		ms := created.UnixMilli()
		tooEarly := ms < req.GetSinceMs() || each <= req.GetSinceId()
		tooLate := req.GetBeforeMs() != 0 && ms >= req.GetBeforeMs()
		if !tooEarly && !tooLate && len(out) < int(req.GetLimit()) {
			out = append(out, each)
		}
	}
	return out
}

func TestAListIsWhatTheModelSelects(t *testing.T) {
	b := newBank(t)
	rapid.Check(t, func(r *rapid.T) {
		account := b.ids.New("acc")
		times := instants(r, 30)
		ids := b.entered(t, account, rapid.IntRange(0, 4).Draw(r, "parts"), times...)
		for range 5 {
			req := &transactionsproto.ListRequest{AccountId: account, Limit: rapid.Int32Range(1, 12).Draw(r, "limit")}
			near := rapid.SampledFrom(times)
			switch rapid.SampledFrom([]string{"all", "since", "after", "before"}).Draw(r, "from") {
			case "since":
				req.SinceMs = near.Draw(r, "since").UnixMilli() + rapid.Int64Range(-1, 1).Draw(r, "off")
			case "after":
				req.SinceId = rapid.SampledFrom(ids).Draw(r, "after")
			}
			if rapid.Bool().Draw(r, "bounded") {
				req.BeforeMs = near.Draw(r, "before").UnixMilli() + rapid.Int64Range(-1, 1).Draw(r, "off")
			}
			if diff := cmp.Diff(selected(ids, req), b.list(t, req)); diff != "" {
				r.Fatalf("%v:\n%s", req, diff)
			}
		}
	})
}

func TestPagesHaveNoGapsAndNoDoubles(t *testing.T) {
	b := newBank(t)
	rapid.Check(t, func(r *rapid.T) {
		account := b.ids.New("acc")
		ids := b.entered(t, account, rapid.IntRange(0, 4).Draw(r, "parts"), instants(r, 25)...)
		limit := rapid.Int32Range(1, 10).Draw(r, "limit")
		var walked []string
		for after := ""; ; {
			page := b.list(t, &transactionsproto.ListRequest{AccountId: account, SinceId: after, Limit: limit})
			walked = append(walked, page...)
			if len(page) < int(limit) {
				break
			}
			after = page[len(page)-1]
		}
		if diff := cmp.Diff(ids, walked); diff != "" {
			r.Fatalf("pages of %d:\n%s", limit, diff)
		}
	})
}

func TestOneTransactionWithMoreRowsThanAReadIsReadWhole(t *testing.T) {
	b := newBank(t)
	ids := b.entered(t, account, 0, noon, noon)
	for version := range int64(1_100) {
		b.amend(t, account, logic.Part{ID: ids[0], Facet: logic.Annotation, Name: fmt.Sprint("c:", version), Version: 1})
	}
	if got := b.list(t, &transactionsproto.ListRequest{AccountId: account, Limit: 2}); !slices.Equal(got, ids) {
		t.Errorf("listed %v, want %v", got, ids)
	}
	if _, parts, err := b.transactions.Find(t.Context(), ids[0]); err != nil || len(parts) != 1_101 {
		t.Errorf("found %d parts, %v", len(parts), err)
	}
}

func TestAnotherAccountsTransactionsAreNotListed(t *testing.T) {
	b := newBank(t)
	b.entered(t, account, 0, noon)
	if got := b.list(t, &transactionsproto.ListRequest{AccountId: b.ids.New("acc"), Limit: 100}); len(got) > 0 {
		t.Fatalf("listed %v", got)
	}
}

func TestAListRefusesByName(t *testing.T) {
	b := newBank(t)
	for want, req := range map[string]*transactionsproto.ListRequest{
		"missing_param.account_id": {Limit: 1},
		"bad_param.limit":          {AccountId: account, Limit: 101},
		"bad_param.since_ms":       {AccountId: account, Limit: 1, SinceMs: -1},
		"bad_param.before_ms":      {AccountId: account, Limit: 1, BeforeMs: -1},
		"bad_param.since_id":       {AccountId: account, Limit: 1, SinceId: "feed_1"},
	} {
		if rsp, err := b.List(t.Context(), req); !errs.Is(err, "bad_request."+want) {
			t.Errorf("%v: %v, %v, want %s", req, rsp, err, want)
		}
	}
	both := &transactionsproto.ListRequest{AccountId: account, Limit: 1, SinceMs: 1, SinceId: b.ids.New("tx")}
	if _, err := b.List(t.Context(), both); !errs.Is(err, "bad_request.bad_param.since_id") {
		t.Errorf("both: %v", err)
	}
	if _, err := b.List(t.Context(), &transactionsproto.ListRequest{AccountId: account}); !errs.Is(err, errs.BadRequest) {
		t.Errorf("limit 0: %v", err)
	}
}

func TestWhatIsNobodysIsMissing(t *testing.T) {
	b := newBank(t)
	for unknown, want := range map[string]string{
		b.ids.New("tx"): "not_found.transaction", "tx_1": "not_found.transaction", "card_1": "not_found.transaction",
		"\xff": "not_found.transaction", "": "bad_request.missing_param.transaction_id",
	} {
		_, err := b.Get(t.Context(), &transactionsproto.GetRequest{TransactionId: unknown})
		if !errs.Is(err, want) {
			t.Errorf("getting %q: %v, want %s", unknown, err, want)
		}
	}
}
