package cassandra_test

import (
	"fmt"
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

func TestABatchThatOnlyTestsItsStaticsKeepsThem(t *testing.T) {
	k := openBank(t)
	table := opened(t, k, "acc_1")
	answer, err := table.Batch("acc_1").If("version", int64(1)).If("closed", false).
		Insert(accountRow{Kind: 1, ID: "entry", Amount: 3}).Apply(t.Context())
	if err != nil || !answer.OK {
		t.Fatalf("applying: %+v, %v", answer, err)
	}
	statics, found, err := table.In("acc_1").Statics(t.Context(), store.Latest)
	want := accountRow{Account: "acc_1", Version: 1, State: []byte("one")}
	if diff := cmp.Diff(want, statics); err != nil || !found || diff != "" {
		t.Errorf("statics: %t, %v\n%s", found, err, diff)
	}
}

func TestARowWithoutStaticsIsNotAnOpenPartition(t *testing.T) {
	k := openBank(t)
	table := accounts.On(k)
	answer, err := table.Batch("acc_1").IfNull("version").Insert(accountRow{ID: "void"}).Apply(t.Context())
	if err != nil || !answer.OK {
		t.Fatalf("applying: %+v, %v", answer, err)
	}
	if _, found, err := table.In("acc_1").Statics(t.Context(), store.Latest); found || err != nil {
		t.Errorf("statics: %t, %v, want none", found, err)
	}
}

func TestOneOfManyWritersWinsEachVersion(t *testing.T) {
	k := openBank(t)
	table := opened(t, k, "acc_1")
	won := make(chan bool)
	const writers = 8
	for n := range writers {
		go func() {
			answer, err := table.Batch("acc_1").If("version", int64(1)).SetStatics(accountRow{Version: 2}, "version").
				InsertNew(accountRow{ID: fmt.Sprint("id_", n)}).Apply(t.Context())
			if err != nil {
				t.Errorf("writer %d: %v", n, err)
			}
			won <- answer.OK
		}()
	}
	winners := 0
	for range writers {
		if <-won {
			winners++
		}
	}
	if winners != 1 {
		t.Errorf("%d writers won version 2", winners)
	}
}

func TestAnExpiringRowIsInsertedOnceAndReplacedWhole(t *testing.T) {
	k := openBank(t)
	table, ctx := codes.On(k), t.Context()
	fresh, used := codeRow{"c1", "fresh", "user_1"}, codeRow{"c1", "used", ""}
	if answer, err := table.Insert(ctx, time.Hour, fresh); err != nil || !answer.OK {
		t.Fatalf("the first insert: %+v, %v", answer, err)
	}
	if answer, err := table.Insert(ctx, time.Hour, used); err != nil || answer.OK || !cmp.Equal(answer.Present, []codeRow{fresh}) {
		t.Errorf("the second insert: %+v, %v", answer, err)
	}
	if answer, err := table.Replace(ctx, time.Hour, used, "state", "fresh"); err != nil || !answer.OK {
		t.Errorf("replacing the fresh: %+v, %v", answer, err)
	}
	if answer, err := table.Replace(ctx, time.Hour, fresh, "state", "fresh"); err != nil || answer.OK || !cmp.Equal(answer.Present, []codeRow{used}) {
		t.Errorf("replacing the used: %+v, %v", answer, err)
	}
	absent := codeRow{"c2", "used", ""}
	if answer, err := table.Replace(ctx, time.Hour, absent, "state", "fresh"); err != nil || answer.OK || len(answer.Present) > 0 {
		t.Errorf("replacing what is not there: %+v, %v", answer, err)
	}
	row, found, err := table.In("c1").Find(ctx, store.Latest)
	if diff := cmp.Diff(used, row); err != nil || !found || diff != "" {
		t.Errorf("the row: %t, %v\n%s", found, err, diff)
	}
}

func TestARowReplacedForLessTimeIsGoneWhenThatIsOver(t *testing.T) {
	k := openBank(t)
	table, ctx := codes.On(k), t.Context()
	if answer, err := table.Insert(ctx, time.Hour, codeRow{"c1", "fresh", "user_1"}); err != nil || !answer.OK {
		t.Fatalf("inserting: %+v, %v", answer, err)
	}
	if answer, err := table.Replace(ctx, time.Second, codeRow{"c1", "used", ""}, "state", "fresh"); err != nil || !answer.OK {
		t.Fatalf("replacing: %+v, %v", answer, err)
	}
	within(t, "another may be inserted", func() bool {
		answer, err := table.Insert(ctx, time.Hour, codeRow{"c1", "fresh", "user_2"})
		return err == nil && answer.OK
	})
}
