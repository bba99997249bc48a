package cassandra_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/store"
)

func opened(t *testing.T, k *store.Keyspace, account string) store.Conditional[accountRow] {
	t.Helper()
	table := accounts.On(k)
	answer, err := table.Batch(account).IfNull("version").
		SetStatics(accountRow{Version: 1, State: []byte("one")}).
		InsertNew(accountRow{ID: "first", Amount: 5, Outcome: "approved"}).
		Apply(t.Context())
	if err != nil || !answer.OK {
		t.Fatalf("opening: %+v, %v", answer, err)
	}
	return table
}

func TestARefusedBatchAnswersItsStaticsAndTheRowsThatArePresent(t *testing.T) {
	k := openBank(t)
	table := opened(t, k, "acc_1")
	statics := accountRow{Account: "acc_1", Version: 1, State: []byte("one")}
	first := accountRow{Account: "acc_1", ID: "first", Amount: 5, Outcome: "approved"}

	for _, c := range []struct {
		name  string
		batch *store.Batch[accountRow]
		want  store.Answer[accountRow]
	}{
		{
			"a stale version and a new row",
			table.Batch("acc_1").If("version", int64(9)).InsertNew(accountRow{ID: "second"}),
			store.Answer[accountRow]{Opened: true, Statics: statics},
		}, {
			"a stale version and rows old and new",
			table.Batch("acc_1").If("version", int64(9)).
				InsertNew(accountRow{ID: "second"}).InsertNew(accountRow{ID: "first"}),
			store.Answer[accountRow]{Opened: true, Statics: statics, Present: []accountRow{first}},
		}, {
			"the right version and an old row",
			table.Batch("acc_1").If("version", int64(1)).InsertNew(accountRow{ID: "first"}),
			store.Answer[accountRow]{Opened: true, Statics: statics, Present: []accountRow{first}},
		}, {
			"a stale version alone",
			table.Batch("acc_1").If("version", int64(9)).Insert(accountRow{ID: "first", Amount: 8}),
			store.Answer[accountRow]{Opened: true, Statics: statics},
		}, {
			"an old row alone",
			table.Batch("acc_1").InsertNew(accountRow{ID: "first"}),
			store.Answer[accountRow]{Opened: true, Statics: statics, Present: []accountRow{first}},
		}, {
			"a partition that was never opened, by version",
			table.Batch("acc_2").If("version", int64(1)).Insert(accountRow{ID: "first"}),
			store.Answer[accountRow]{},
		}, {
			"a partition that was never opened, by version and row",
			table.Batch("acc_2").If("version", int64(1)).InsertNew(accountRow{ID: "first"}),
			store.Answer[accountRow]{},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.batch.Apply(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(c.want.Present) == 0 {
				c.want.Present = []accountRow{}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("the refusal differs:\n%s", diff)
			}
		})
	}
}

func TestARowReplacedForLessTimeIsGoneWhenThatIsOver(t *testing.T) {
	k := openBank(t)
	table, ctx := codes.On(k), t.Context()
	if answer, err := table.Insert(ctx, time.Hour, codeRow{"c1", "fresh", "user_1"}); err != nil || !answer.OK {
		t.Fatalf("inserting: %+v, %v", answer, err)
	}
	answer, err := table.Replace(ctx, time.Second, codeRow{"c1", "used", ""}, "state", "fresh")
	if err != nil || !answer.OK {
		t.Fatalf("replacing: %+v, %v", answer, err)
	}
	within(t, "another may be inserted", func() bool {
		answer, err := table.Insert(ctx, time.Hour, codeRow{"c1", "fresh", "user_2"})
		return err == nil && answer.OK
	})
}
