package program

import (
	"context"
	"slices"
	"syscall"
	"testing"

	"farthing/e2e/world"
	"farthing/pkg/clock"
	"farthing/pkg/foundation"
)

// KillProcess ends one process of a bank of many at once, as soon as it runs. It is started again by its supervisor.
func (b *Bank) KillProcess(t testing.TB, name string) {
	t.Helper()
	victim := b.await(t, func(all []foundation.Status) (foundation.Status, bool) {
		n := slices.IndexFunc(all, func(s foundation.Status) bool { return s.Name == name && isUp(s) })
		if n < 0 {
			return foundation.Status{}, false
		}
		return all[n], true
	})
	if err := syscall.Kill(victim.PID, syscall.SIGKILL); err != nil {
		t.Fatalf("killing %s: %v", name, err)
	}
}

// AwaitProcesses waits until all processes of a bank of many run, and answers what they are.
func (b *Bank) AwaitProcesses(t testing.TB) []foundation.Status {
	t.Helper()
	var found []foundation.Status
	b.await(t, func(all []foundation.Status) (foundation.Status, bool) {
		found = all
		return foundation.Status{}, !slices.ContainsFunc(all, func(s foundation.Status) bool { return !isUp(s) })
	})
	return found
}

func isUp(s foundation.Status) bool { return s.PID != 0 && s.State == foundation.Running }

// await asks the supervisor for its processes until they are as wanted.
func (b *Bank) await(
	t testing.TB, wanted func([]foundation.Status) (foundation.Status, bool),
) foundation.Status {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startWithin)
	defer cancel()
	for {
		var found struct{ Processes []foundation.Status }
		b.Admin(t, "/processes", &found)
		if status, ok := wanted(found.Processes); ok {
			return status
		}
		if clock.Wait(ctx, lookAgain) != nil {
			t.Fatalf("after %v the processes are %+v\n%s", startWithin, found.Processes, b.complained())
		}
	}
}

// Look reads what a bank of many processes has of the demonstration customer, while it runs. The ledger is of one
// moment: it is read again until nothing was posted meanwhile.
func (b *Bank) Look(t testing.TB, since int64) world.Records {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), catchUpWithin)
	defer cancel()
	records := b.ask(t)
	for {
		again := b.ask(t)
		if len(again.Entries) == len(records.Entries) {
			records.Since = since
			return records
		}
		records = again
		if ctx.Err() != nil {
			t.Fatal("the ledger does not come to rest")
		}
	}
}
