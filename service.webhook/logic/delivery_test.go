package logic

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAMessageIsTriedForThreeDaysAndThenGivenUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		var all time.Duration
		last := time.Duration(0)
		for n := 1; n < AttemptsMax(); n++ {
			wait, again := Wait(name, n)
			if !again || wait <= last || wait%time.Millisecond != 0 {
				t.Fatalf("after attempt %d: %v, %v", n, wait, again)
			}
			last = wait
			all += wait
		}
		if _, again := Wait(name, AttemptsMax()); again {
			t.Fatal("it is never given up")
		}
		if all < 72*time.Hour || all > 90*time.Hour {
			t.Fatalf("it is tried for %v", all)
		}
	})
}

func TestWhatFailedTogetherDoesNotComeBackTogether(t *testing.T) {
	waits := make(map[time.Duration]bool)
	for n := range 100 {
		wait, _ := Wait(fmt.Sprint("message ", n), 5)
		waits[wait] = true
	}
	if len(waits) < 80 {
		t.Errorf("only %d different waits", len(waits))
	}
}

func TestTheSameEventMakesTheSameMessage(t *testing.T) {
	one := NewDelivery("webhook_1", "card.updated", "card_1", "evt_1", noon, noon.Add(time.Second))
	again := NewDelivery("webhook_1", "card.updated", "card_1", "evt_1", noon, noon.Add(time.Hour))
	if one.ID != again.ID {
		t.Errorf("%s and %s", one.ID, again.ID)
	}
	for name, other := range map[string]Delivery{
		"webhook": NewDelivery("webhook_2", "card.updated", "card_1", "evt_1", noon, noon),
		"kind":    NewDelivery("webhook_1", "pot.updated", "card_1", "evt_1", noon, noon),
		"event":   NewDelivery("webhook_1", "card.updated", "card_1", "evt_2", noon, noon),
	} {
		if other.ID == one.ID {
			t.Errorf("another %s makes the same", name)
		}
	}
}

// at is so many minutes past noon.
func at(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

func failed(minute, next int) Attempt {
	return Attempt{At: at(minute), Problem: "timeout", Next: at(next)}
}
func lost(minute int) Attempt    { return Attempt{At: at(minute), Problem: "status"} }
func arrived(minute int) Attempt { return Attempt{At: at(minute), Status: 200} }

func TestADeliverysStatusIsWhatBecameOfWhoeverAskedLast(t *testing.T) {
	for name, c := range map[string]struct {
		orders []Order
		want   Status
		next   time.Time
	}{
		"new":       {[]Order{NewOrder("", at(0))}, Pending, at(1)},
		"delivered": {[]Order{{At: at(0), Due: at(1), Attempts: []Attempt{arrived(0)}}}, Delivered, time.Time{}},
		"failing":   {[]Order{{At: at(0), Due: at(1), Attempts: []Attempt{failed(0, 5), failed(5, 9)}}}, Pending, at(9)},
		"given up":  {[]Order{{At: at(0), Due: at(1), Attempts: []Attempt{failed(0, 5), lost(5)}}}, Failed, time.Time{}},
		"late": {[]Order{
			{At: at(0), Due: at(1), Attempts: []Attempt{failed(0, 5), arrived(5)}},
		}, Delivered, time.Time{}},
		"asked for again": {[]Order{
			{At: at(0), Due: at(1), Attempts: []Attempt{arrived(0)}}, NewOrder("r", at(7)),
		}, Pending, at(8)},
		"arrived again": {[]Order{
			{At: at(0), Due: at(1), Attempts: []Attempt{lost(0)}},
			{Name: "r", At: at(7), Due: at(8), Attempts: []Attempt{arrived(7)}},
		}, Delivered, time.Time{}},
		"in vain": {[]Order{
			{At: at(0), Due: at(1), Attempts: []Attempt{arrived(0)}},
			{Name: "r", At: at(7), Due: at(8), Attempts: []Attempt{lost(7)}},
		}, Failed, time.Time{}},
		"overtaken by a replay": {[]Order{
			{At: at(0), Due: at(1), Attempts: []Attempt{failed(0, 60)}},
			{Name: "r", At: at(7), Due: at(8), Attempts: []Attempt{arrived(8)}},
		}, Delivered, time.Time{}},
		"a replay that the first overtook": {[]Order{
			{At: at(0), Due: at(1), Attempts: []Attempt{failed(0, 9), arrived(9)}},
			{Name: "r", At: at(7), Due: at(8), Attempts: []Attempt{failed(8, 90)}},
		}, Delivered, time.Time{}},
		"both": {[]Order{
			{At: at(0), Due: at(1), Attempts: []Attempt{failed(0, 60)}},
			{Name: "r", At: at(7), Due: at(8), Attempts: []Attempt{failed(8, 20)}},
		}, Pending, at(20)},
	} {
		status, next := Delivery{Orders: c.orders}.Status()
		if status != c.want || !next.Equal(c.next) {
			t.Errorf("%s: %v, %v, want %v, %v", name, status, next, c.want, c.next)
		}
	}
}

func TestOfVeryManyAttemptsTheLastOnesAreShownInTheirOrder(t *testing.T) {
	d := Delivery{Orders: []Order{
		{At: at(0), Attempts: []Attempt{failed(0, 10), failed(10, 20), lost(20)}},
		{Name: "r", At: at(5), Attempts: []Attempt{failed(5, 15), arrived(15)}},
	}}
	got := d.Attempts(3)
	if len(got) != 3 || !got[0].At.Equal(at(10)) || !got[1].At.Equal(at(15)) || !got[2].At.Equal(at(20)) ||
		got[0].Replay || !got[1].Replay {
		t.Errorf("shown are %+v", got)
	}
}
