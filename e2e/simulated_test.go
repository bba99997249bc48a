package e2e

import (
	"strings"
	"testing"
	"testing/synctest"

	"farthing/e2e/world"
)

func TestASwipeReachesTheFeedAndThePhone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, world.Options{})
		alice := w.Customer(t, "alice", 100_00)
		paid := w.Swipe(t, alice, "swipe-1", 3_50, "PRET A MANGER 1234 LONDON GBR")
		if !paid.Approved() || paid.Balance.Minor != 96_50 {
			t.Fatalf("the swipe was %v, want approved, leaving 96.50", paid)
		}
		w.Eventually(t, "a push", func() bool { return len(w.Pushes(alice)) == 1 })
		if push := string(w.Pushes(alice)[0].Payload); !strings.Contains(push, "Pret A Manger") || !strings.Contains(push, "£3.50") {
			t.Errorf("the phone shows %s", push)
		}
		w.Eventually(t, "a feed item", func() bool { return len(w.Feed(t, alice)) == 1 })
		item := w.Feed(t, alice)[0]
		if item.Title != "Pret A Manger" || item.Amount != -3_50 || item.TransactionID != paid.TransactionID {
			t.Errorf("the feed shows %+v", item)
		}
	})
}
