package jetstream

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"farthing/pkg/errs"
	"farthing/pkg/events"
)

// FuzzReadLetter shows that no bytes panic, and that what is read is stable: written and read again it is the same.
func FuzzReadLetter(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("no letter"))
	f.Add(appendLetter(nil, events.DeadLetter{
		Event: events.Event{ID: "evt_1", Type: "a.b"}, Tries: 3, Reason: "internal: x", At: time.UnixMilli(1),
	}))
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := readLetter(b)
		if err != nil {
			if !errs.Is(err, errs.Internal) {
				t.Fatalf("refused without its code: %v", err)
			}
			return
		}
		second, err := readLetter(appendLetter(nil, first))
		if diff := cmp.Diff(first, second, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatalf("read again: %v\n%s", err, diff)
		}
	})
}
