package handler

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"farthing/pkg/store/faults"
	"farthing/pkg/store/worklist"
	"farthing/service.attachment/logic"
	attachmentproto "farthing/service.attachment/proto"
)

// fileOf is the id of a file that was begun.
func fileOf(t *testing.T, begun *attachmentproto.BeginResponse) string {
	t.Helper()
	file, _, ok := logic.ReadToken(begun.GetFileToken())
	if !ok {
		t.Fatal("it has no token")
	}
	return file
}

// A customer who attaches a file a day later may come between the sweep's look at it and its deletion.
func TestWhatIsAttachedWhileItIsClearedStays(t *testing.T) {
	var left atomic.Int64 // Operations until somebody comes between.
	var come func()
	b := newBank(t, func(faults.Op) faults.Fault {
		if left.Add(-1) == 0 {
			come()
		}
		return faults.None
	})
	begun, tx := b.uploaded(t, picture(100)), transaction("lunch")
	b.Bank.Clock.AdvanceTo(b.Bank.Clock.Now().Add(logic.AttachWithin))
	come = func() {
		if _, err := b.Register(t.Context(), registering(begun.GetFileToken(), tx)); err != nil {
			t.Errorf("attaching: %v", err)
		}
	}
	left.Store(2) // The first is the look.
	err := b.clear(t.Context(), worklist.Item{
		Hour: b.Bank.Clock.Now().Truncate(time.Hour), Name: fileOf(t, begun) + "/",
	})
	if err != nil && !errors.Is(err, worklist.ErrStays) {
		t.Fatalf("clearing: %v", err)
	}
	got, err := b.read(t, begun.GetFileToken())
	if listed := b.listed(t, tx); err != nil || len(got) != 100 || len(listed) != 1 {
		t.Errorf("what was attached has %d bytes, %v, and is listed as %v", len(got), err, listed)
	}
}

// Who deregisters lists the file first, and marks it then.
func TestASweepBetweenTheStepsOfADeregistrationForgetsNothing(t *testing.T) {
	b := newBank(t, nil)
	begun := b.uploaded(t, picture(100))
	a, err := b.register(t, registering(begun.GetFileToken(), transaction("lunch")))
	if err != nil {
		t.Fatal(err)
	}
	file := fileOf(t, begun)
	if err := b.kept.List(t.Context(), b.Bank.Clock.Now(), file, ""); err != nil {
		t.Fatal(err)
	}
	b.sweep(t, time.Second)
	was, _, err := b.kept.FileState(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	next := was
	next.State = logic.Removed // And then it dies.
	if done, err := b.kept.ChangeFile(t.Context(), was, next, b.Bank.Clock.Now()); err != nil || !done {
		t.Fatalf("removing: %v, %v", done, err)
	}
	b.sweep(t, time.Minute)
	b.wantGone(t, begun, a)
}
