// Package storagetest is what service.pot's storage promises, on any engine.
package storagetest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/money"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	"farthing/pkg/store/worklist"
	"farthing/service.pot/logic"
	"farthing/service.pot/storage"
)

// Run proves it on a keyspace that was just migrated. Every engine must pass it, word for word.
func Run(t *testing.T, k *store.Keyspace) {
	s := suite{storage.New(k, seal.Ephemeral("persons"))}
	for name, test := range map[string]func(*testing.T, logic.Pot){
		"a pot is written once":                             s.writtenOnce,
		"a change on what is no longer so changes nothing":  s.staleChange,
		"a move is asked for once and ended once":           s.movedOnce,
		"a deleted pot takes no move, but its own emptying": s.deletedTakesNothing,
		"a walk meets each pot and each move once":          s.walk,
		"a caller's id belongs to one pot":                  s.begunOnce,
		"each change of a pot makes a version":              s.versions,
		"moves that end at once make a version each":        s.endedAtOnce,
	} {
		t.Run(name, func(t *testing.T) { test(t, potNamed(name)) })
	}
}

type suite struct{ pots *storage.Pots }

func at() time.Time { return time.UnixMilli(1_790_000_000_123).UTC() }

func potNamed(name string) logic.Pot {
	return logic.Pot{
		ID: id.Derived("pot", at(), name), User: "user_alice", Account: id.Derived("acc", at(), name),
		Ledger: id.Derived("acc", at(), "ledger of "+name), Currency: "GBP", Name: "Lisbon", Style: "beach_ball",
		Goal: 600_00, Created: at(), Updated: at(), Version: 1,
	}
}

func (s suite) insert(t *testing.T, p logic.Pot) logic.Pot {
	t.Helper()
	got, err := s.pots.Insert(t.Context(), p)
	if err != nil {
		t.Fatalf("inserting: %v", err)
	}
	return got
}

func (s suite) want(t *testing.T, want logic.Pot) {
	t.Helper()
	got, found, err := s.pots.Find(t.Context(), want.ID)
	if err != nil || !found {
		t.Fatalf("finding: %v, %v", found, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the pot differs:\n%s", diff)
	}
}

func (s suite) writtenOnce(t *testing.T, p logic.Pot) {
	s.insert(t, p)
	other := p
	other.Name = "Porto"
	if got := s.insert(t, other); got.Name != "Lisbon" {
		t.Errorf("the second one is %v", got)
	}
	s.want(t, p)
	listed, err := s.pots.List(t.Context(), p.Account, 10)
	if diff := cmp.Diff([]logic.Pot{p}, listed); err != nil || diff != "" {
		t.Errorf("listed: %v\n%s", err, diff)
	}
}

func (s suite) staleChange(t *testing.T, p logic.Pot) {
	s.insert(t, p)
	next := p
	next.Name, next.Goal, next.Updated, next.Version = "Porto", 0, at().Add(time.Hour), 2
	if changed, err := s.pots.Change(t.Context(), p, next); err != nil || !changed {
		t.Fatalf("changing: %v, %v", changed, err)
	}
	if changed, err := s.pots.Change(t.Context(), p, next); err != nil || changed {
		t.Fatalf("changing what was: %v, %v", changed, err)
	}
	s.want(t, next)
}

func moveOf(p logic.Pot, name string) logic.Move {
	return logic.Move{
		Pot: p.ID, DedupeID: name, Way: logic.Deposit, Amount: money.Amount{Minor: 5_00, Currency: "GBP"}, At: at(),
	}
}

func (s suite) movedOnce(t *testing.T, p logic.Pot) {
	s.insert(t, p)
	first, later := moveOf(p, "m1"), moveOf(p, "m1")
	later.At = at().Add(3 * time.Hour)
	for _, m := range []logic.Move{first, later} {
		got, err := s.pots.Ask(t.Context(), p, m)
		if diff := cmp.Diff(first, got); err != nil || diff != "" {
			t.Errorf("asking: %v\n%s", err, diff)
		}
	}
	if open, err := s.pots.OpenMoves(t.Context(), p); err != nil || len(open) != 1 || s.listed(t, p) != 1 {
		t.Errorf("open: %v, %v", open, err)
	}
	first.Outcome = logic.Refused
	for range 2 {
		if _, err := s.pots.End(t.Context(), first, at()); err != nil {
			t.Fatalf("ending: %v", err)
		}
	}
	got, found, err := s.pots.FindMove(t.Context(), p, "m1")
	if diff := cmp.Diff(first, got); err != nil || !found || diff != "" {
		t.Errorf("ended: %v, %v\n%s", found, err, diff)
	}
	if open, err := s.pots.OpenMoves(t.Context(), p); err != nil || len(open) != 0 || s.listed(t, p) != 0 {
		t.Errorf("open: %v, %v", open, err)
	}
}

func (s suite) wantChanges(t *testing.T, p logic.Pot, after int64, want ...storage.Change) {
	t.Helper()
	got, err := s.pots.Changes(t.Context(), p.ID, after, 10)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("changes: %v\n%s", err, diff)
	}
}

func (s suite) versions(t *testing.T, p logic.Pot) {
	if none, err := s.pots.Changes(t.Context(), p.ID, 0, 10); err != nil || len(none) > 0 {
		t.Errorf("of no pot: %v, %v", none, err)
	}
	s.insert(t, p)
	done, refused := moveOf(p, "done"), moveOf(p, "refused")
	done.Outcome, refused.Outcome = logic.Done, logic.Refused
	ended := at().Add(time.Minute)
	for _, want := range []int64{2, 0} { // Once, however often it is said.
		if version, err := s.pots.End(t.Context(), done, ended); err != nil || version != want {
			t.Errorf("ending what was done: %d, %v", version, err)
		}
	}
	if version, err := s.pots.End(t.Context(), refused, ended); err != nil || version != 0 {
		t.Errorf("ending what was refused: %d, %v", version, err)
	}
	was := p
	was.Version = 2
	next := was
	next.Name, next.Updated = "Porto", at().Add(time.Hour)
	if changed, err := s.pots.Change(t.Context(), p, next); err != nil || changed {
		t.Errorf("changing what was before the move: %v, %v", changed, err)
	}
	if changed, err := s.pots.Change(t.Context(), was, next); err != nil || !changed {
		t.Errorf("changing: %v, %v", changed, err)
	}
	made, moved := storage.Change{Version: 1, At: at()}, storage.Change{Version: 2, At: ended, Moved: true}
	renamed := storage.Change{Version: 3, At: next.Updated}
	s.wantChanges(t, p, 0, made, moved, renamed)
	s.wantChanges(t, p, 1, moved, renamed)
}

func (s suite) endedAtOnce(t *testing.T, p logic.Pot) {
	s.insert(t, p)
	const moves = 8
	versions := make([]int64, moves)
	var all errgroup.Group
	for n := range moves {
		all.Go(func() (err error) {
			m := moveOf(p, strconv.Itoa(n))
			m.Outcome = logic.Done
			versions[n], err = s.pots.End(t.Context(), m, at())
			return err
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(versions)
	if diff := cmp.Diff([]int64{2, 3, 4, 5, 6, 7, 8, 9}, versions); diff != "" {
		t.Errorf("versions:\n%s", diff)
	}
}

// listed is how many lines about a pot are on the list.
func (s suite) listed(t *testing.T, p logic.Pot) (lines int) {
	t.Helper()
	err := s.pots.Unfinished().Each(t.Context(), at().Add(-time.Hour), at().Add(4*time.Hour),
		func(_ context.Context, item worklist.Item) error {
			if strings.HasPrefix(item.Name, p.ID) {
				lines++
			}
			return nil
		})
	if err != nil {
		t.Fatalf("reading the list: %v", err)
	}
	return lines
}

func (s suite) deletedTakesNothing(t *testing.T, p logic.Pot) {
	s.insert(t, p)
	gone := p
	gone.Deleted = true
	if changed, err := s.pots.Change(t.Context(), p, gone); err != nil || !changed {
		t.Fatalf("deleting: %v, %v", changed, err)
	}
	if _, err := s.pots.Ask(t.Context(), p, moveOf(p, "late")); !errs.Is(err, "precondition_failed.pot_deleted") {
		t.Errorf("a late deposit: %v", err)
	}
	if _, err := s.pots.Ask(t.Context(), gone, moveOf(p, "emptying")); err != nil {
		t.Errorf("emptying: %v", err)
	}
}

func (s suite) begunOnce(t *testing.T, p logic.Pot) {
	for n := range 2 {
		got, err := s.pots.Begin(t.Context(), p.Account, "d1", fmt.Sprint(p.ID, n), []byte("r"))
		if err != nil || got != p.ID+"0" {
			t.Errorf("beginning: %s, %v", got, err)
		}
	}
	if _, err := s.pots.Begin(t.Context(), p.Account, "d1", p.ID, []byte("x")); !errs.Is(err, "conflict.dedupe_id") {
		t.Errorf("another request: %v", err)
	}
}

func (s suite) walk(t *testing.T, p logic.Pot) {
	const pots, moves = 3, 4
	wantPots, wantMoves := make(map[string]int), make(map[logic.Move]int)
	for n := range pots {
		each := p
		each.ID = id.Derived("pot", at(), p.ID+strconv.Itoa(n))
		each = s.insert(t, each)
		wantPots[each.ID] = 1
		for m := range moves {
			move := logic.Move{
				Pot: each.ID, DedupeID: strconv.Itoa(m), Way: logic.Deposit, At: at(),
				Amount: money.Amount{Minor: int64(m + 1), Currency: each.Currency},
			}
			if _, err := s.pots.Ask(t.Context(), each, move); err != nil {
				t.Fatal(err)
			}
			if move.Outcome = logic.Outcome(m % 3); move.Outcome != logic.Open {
				if _, err := s.pots.End(t.Context(), move, at()); err != nil {
					t.Fatal(err)
				}
			}
			wantMoves[move] = 1
		}
	}
	gotPots, gotMoves := make(map[string]int), make(map[logic.Move]int)
	walkAll(t, s.pots.Walk, func(each logic.Pot) {
		if wantPots[each.ID] > 0 { // The others are other tests'.
			gotPots[each.ID]++
		}
	})
	walkAll(t, s.pots.WalkMoves, func(each storage.PotMove) {
		if wantPots[each.Pot.ID] > 0 {
			gotMoves[each.Move]++
		}
	})
	if diff := cmp.Diff(wantPots, gotPots); diff != "" {
		t.Errorf("pots:\n%s", diff)
	}
	if diff := cmp.Diff(wantMoves, gotMoves); diff != "" {
		t.Errorf("moves:\n%s", diff)
	}
}

func walkAll[T any](
	t *testing.T, walk func(context.Context, string, int) ([]T, string, error), meet func(T),
) {
	t.Helper()
	for after := ""; ; {
		page, next, err := walk(t.Context(), after, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range page {
			meet(each)
		}
		if after = next; after == "" {
			return
		}
	}
}
