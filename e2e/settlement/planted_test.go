package settlement

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"farthing/cmd/farthing/clearing"
	"farthing/e2e/world"
	"farthing/pkg/errs"
	"farthing/pkg/store"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// loses is a store that acknowledges conditional batches on some partitions of a table without writing them, or only
// their rows.
func loses(keyspace, table, partition string, statics bool) func(store.Store) store.Store {
	return world.Hooks{Apply: func(to string, b store.ConditionalBatch) (store.ConditionalBatch, error) {
		name, _ := b.Partition[b.Table.Partition[0]].(string)
		if to == keyspace && b.Table.Name == table && strings.HasPrefix(name, partition) {
			if b.Rows = nil; statics {
				b.Statics = nil
			}
		}
		return b, nil
	}}.Store
}

// forgets is a store that acknowledges plain writes to a table without doing them.
func forgets(table string) func(store.Store) store.Store {
	return world.Hooks{Write: func(_ string, writes []store.Mutation) ([]store.Mutation, error) {
		return slices.DeleteFunc(slices.Clone(writes), func(m store.Mutation) bool { return m.Table.Name == table }), nil
	}}.Store
}

// settlementDay has something on suspense, a dispute that is credited, and a file that comes twice and once changed.
func settlementDay(t testing.TB, d *desk) {
	d.spend(t, 3_00, 4_00)
	due, err := clearing.Due(t.Context(), d.ask(t))
	if err != nil {
		t.Fatal(err)
	}
	file, err := clearing.Generate("planted", day, due, clearing.Breaks{})
	if err != nil {
		t.Fatal(err)
	}
	changed, err := clearing.Generate("planted", day, due[:1], clearing.Breaks{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if report := d.mustIngest(t, file); report.Posted != 2 || report.Breaks.Total() != 0 {
			t.Fatalf("the file came to %+v", report)
		}
	}
	if _, err := d.ingest(t, changed); !errs.Is(err, "conflict.file_id") {
		t.Fatalf("another file under the same id: %v", err)
	}
	d.collect(t, "nobody's", nobody, kiosk, "GBP", 9_00)
	if u := d.only(t); u.Reason != "unknown_card" {
		t.Fatalf("in the queue is %+v", u)
	}
	transactionID := d.bought(t, 9_00)
	var view cardprocessingproto.DisputeView
	d.insist(t, http.MethodPost, "/disputes", opening(transactionID, "d", 0), &view)
	d.insist(t, http.MethodPost, "/disputes/"+view.ID+"/credit", cardprocessingproto.Step{By: "olive"}, &view)
	d.WantSound(t)
}

// An oracle that cannot fail proves nothing: each of these takes away what the design depends on, and must be found.
func TestPlantedBugsAreFound(t *testing.T) {
	for name, bug := range map[string]func(store.Store) store.Store{
		"what is on suspense is not posted":     loses("balance", "accounts", "acc_internal_suspense", true),
		"a provisional credit comes of nothing": loses("balance", "accounts", "acc_internal_disputes", true),
		"a journal's legs are lost":             loses("balance", "journals", "", false),
		"a file's id may stand for two":         loses("card_processing", "clearing_ids", "", false),
		"what became of a file is forgotten":    loses("card_processing", "clearing_files", "", false),
		"the events of a payment are forgotten": loses("card_processing", "payments", "", false),
		"what is unmatched is not listed":       forgets("unmatched"),
		"a dispute is not listed":               forgets("disputes"),
		"no bug":                                nil,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &world.Suspect{TB: t}
				var bugs []func(store.Store) store.Store
				if bug != nil {
					bugs = append(bugs, bug)
				}
				d := newDesk(t, bugs...)
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					settlementDay(s, d)
				}()
				<-ended
				if (s.Found != "") != (bug != nil) {
					t.Errorf("found: %q", s.Found)
				}
				t.Log(s.Found)
			})
		})
	}
}
