package events_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"

	"farthing/pkg/errs"
	"farthing/pkg/events"
)

func TestAnEnvelopeKeepsEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		instant := func(name string) time.Time {
			return time.UnixMilli(rapid.Int64Range(-1e12, 1e14).Draw(t, name)).UTC()
		}
		want := events.Event{
			ID: rapid.String().Draw(t, "id"), Type: rapid.String().Draw(t, "type"), Key: rapid.String().Draw(t, "key"),
			Version: rapid.Int64().Draw(t, "version"), OccurredAt: instant("occurred"), PublishedAt: instant("published"),
			Traceparent: rapid.String().Draw(t, "trace"), ClockOffset: time.Duration(rapid.Int64().Draw(t, "offset")),
			Body: rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(t, "body"),
		}
		got, err := events.ReadEnvelope(events.AppendEnvelope(nil, want))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("read back: %v\n%s", err, diff)
		}
	})
}

func TestTheZeroEventIsAnEmptyEnvelope(t *testing.T) {
	if b := events.AppendEnvelope(nil, events.Event{}); len(b) != 0 {
		t.Fatalf("the zero event takes %d bytes", len(b))
	}
	if got, err := events.ReadEnvelope(nil); err != nil || !got.OccurredAt.IsZero() {
		t.Fatalf("an empty envelope reads as %+v, %v", got, err)
	}
}

func TestFieldsOfALaterVersionAreLeftOut(t *testing.T) {
	b := events.AppendEnvelope(nil, events.Event{ID: "evt_1"})
	b = protowire.AppendString(protowire.AppendTag(b, 99, protowire.BytesType), "later")
	b = protowire.AppendFixed64(protowire.AppendTag(b, 98, protowire.Fixed64Type), 7)
	b = protowire.AppendVarint(protowire.AppendTag(b, 97, protowire.VarintType), 7)
	if got, err := events.ReadEnvelope(b); err != nil || got.ID != "evt_1" {
		t.Fatalf("got %+v, %v", got, err)
	}
}

// FuzzReadEnvelope shows that no bytes panic, and that what is read is stable: written and read again it is the same.
func FuzzReadEnvelope(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("no envelope"))
	f.Add(events.AppendEnvelope(nil, events.Event{
		ID: "evt_1", Type: "a.b", Key: "k", Version: -1, OccurredAt: time.UnixMilli(0), Body: []byte{1},
	}))
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := events.ReadEnvelope(b)
		if err != nil {
			if !errs.Is(err, "internal.bad_envelope") {
				t.Fatalf("refused without its code: %v", err)
			}
			return
		}
		second, err := events.ReadEnvelope(events.AppendEnvelope(nil, first))
		if diff := cmp.Diff(first, second, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatalf("read again: %v\n%s", err, diff)
		}
	})
}

func TestRetriesComeLaterEachTimeAndSpread(t *testing.T) {
	longest := time.Duration(0)
	for tries := 1; tries <= 15; tries++ {
		wait := events.RetryAfter("evt_1", tries)
		if wait <= 0 || wait > 80*time.Second {
			t.Errorf("after %d tries: %v", tries, wait)
		}
		longest += wait
		if events.RetryAfter("evt_1", tries) == events.RetryAfter("evt_2", tries) {
			t.Errorf("after %d tries two events come back together", tries)
		}
	}
	if longest < 5*time.Minute || longest > 20*time.Minute {
		t.Errorf("sixteen tries take %v, want about ten minutes", longest)
	}
	if events.RetryAfter("evt_1", 1_000) > 80*time.Second {
		t.Error("the back-off grows without bound")
	}
}

func TestAReasonIsTheCodedPartOnly(t *testing.T) {
	err := errs.New(errs.Unavailable+".merchant", "away").Because(errs.New(errs.Internal, "secret"))
	if got := events.Reason(err); got != "unavailable.merchant: away" {
		t.Fatalf("the reason is %q", got)
	}
}
