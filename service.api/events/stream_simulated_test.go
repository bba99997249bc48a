package events

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	feedproto "farthing/service.feed/proto"
)

// simulate runs a test in a bubble, with a bank and a door that permits all.
func simulate(t *testing.T, test func(t *testing.T, b *bank, h http.Handler)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBank()
		test(t, b, b.handler(allScopes()...))
	})
}

// swiped are the events of a new transaction.
func swiped() []string {
	return []string{"transaction.created", "balance.updated", "feed_item.created"}
}

func wantSaid(t *testing.T, c *client, want ...string) (lastID string) {
	t.Helper()
	synctest.Wait()
	got, lastID := c.said()
	if !slices.Equal(got, want) {
		t.Fatalf("said is %v, want %v", got, want)
	}
	return lastID
}

func pass(t *testing.T, d time.Duration) {
	t.Helper()
	if err := clock.Wait(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

func TestAStreamTellsOfWhatChangesFromNowOn(t *testing.T) {
	simulate(t, func(t *testing.T, b *bank, h http.Handler) {
		b.change(-5_000, "long ago", true)
		c, stop := follow(t, h, "")
		defer stop()
		wantSaid(t, c, "ready")
		b.change(20, "coffee", true)
		wantSaid(t, c, append([]string{"ready"}, swiped()...)...)
		b.change(30, "coffee", false)
		wantSaid(t, c, slices.Concat([]string{"ready"}, swiped(),
			[]string{"transaction.updated", "balance.updated", "feed_item.updated"})...)
	})
}

func TestWhoComesBackIsToldWhatWasMissedAndNothingTwice(t *testing.T) {
	simulate(t, func(t *testing.T, b *bank, h http.Handler) {
		c, stop := follow(t, h, "")
		synctest.Wait()
		for n, name := range []string{"a", "b", "c", "d", "e"} { // More than a page, all within ten seconds.
			b.change(n*100, name, true)
		}
		synctest.Wait()
		_, lastID := c.said()
		stop()
		b.change(350, "late", true) // Written late, with an id that is older than what was told.
		b.change(9_000, "missed", true)
		c, stop = follow(t, h, lastID)
		defer stop()
		wantSaid(t, c, slices.Concat([]string{"ready"}, swiped(), swiped())...)
		pass(t, time.Hour)
		wantSaid(t, c, slices.Concat([]string{"ready"}, swiped(), swiped())...)
	})
}

func TestALostNudgeIsMadeUpForAtTheNextBeat(t *testing.T) {
	simulate(t, func(t *testing.T, b *bank, h http.Handler) {
		c, stop := follow(t, h, "")
		defer stop()
		wantSaid(t, c, "ready")
		b.hub = NewHub(b.hub.open) // Nobody is nudged any more.
		b.change(20, "coffee", true)
		wantSaid(t, c, "ready")
		pass(t, beatEvery+time.Millisecond)
		wantSaid(t, c, append([]string{"ready"}, swiped()...)...)
	})
}

func TestAPeerThatIsAwayIsAskedAgain(t *testing.T) {
	simulate(t, func(t *testing.T, b *bank, h http.Handler) {
		c, stop := follow(t, h, "")
		defer stop()
		wantSaid(t, c, "ready")
		b.set(func() { b.fails = errs.New(errs.Unavailable, "Away") })
		b.change(20, "coffee", true)
		wantSaid(t, c, "ready")
		b.set(func() { b.fails = nil })
		pass(t, againAfter+time.Millisecond)
		wantSaid(t, c, append([]string{"ready"}, swiped()...)...)
	})
}

func TestATokenThatEndsEndsItsStream(t *testing.T) {
	simulate(t, func(t *testing.T, b *bank, h http.Handler) {
		c, stop := follow(t, h, "")
		wantSaid(t, c, "ready")
		b.set(func() { b.ended = true })
		pass(t, beatEvery+time.Millisecond)
		wantSaid(t, c, "ready", "end")
		stop() // It has ended by itself already.
		if b.hub.all != 0 || len(b.hub.byAccount) != 0 || len(b.hub.byCaller) != 0 {
			t.Errorf("the hub still knows %d streams", b.hub.all)
		}
	})
}

func TestATokenThatEndsEndsItsStreamAlsoOfAnAccountThatIsBusy(t *testing.T) {
	simulate(t, func(t *testing.T, b *bank, h http.Handler) {
		c, stop := follow(t, h, "")
		defer stop()
		wantSaid(t, c, "ready")
		b.set(func() { b.ended = true })
		for range 3 { // It is woken again and again before it would have beaten.
			pass(t, beatEvery/3)
			b.hub.Wake(alicesAcc)
			synctest.Wait()
		}
		wantSaid(t, c, "ready", "end")
	})
}

func TestWhoOnlyAsksWhatAStreamWouldSayTakesNoPlace(t *testing.T) {
	b := newBank()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodHead, "/events?account_id="+alicesAcc, nil)
	b.handler(allScopes()...).ServeHTTP(httptest.NewRecorder(), req)
	if b.hub.all != 0 {
		t.Errorf("the hub knows %d streams", b.hub.all)
	}
}

func TestAnItemThatIsNewIsToldOfAsNewWhereverItsStreamIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank()
		h := b.handler(readsFeed)
		begins := cursorAt(noon).String()
		b.change(20, "coffee", true)
		b.change(30, "tea", true)
		b.change(60_000, "coffee", false) // On the same page as the first.
		told := heard(t, h, begins)
		for n, cut := range told {
			all := slices.Concat(told[:n+1], heard(t, h, cut.id))
			for _, title := range []string{"coffee", "tea"} {
				isNew := func(s sentence) bool {
					return s.event == "feed_item.created" && strings.Contains(s.data, `"title":"`+title+`"`)
				}
				if !slices.ContainsFunc(all, isNew) {
					t.Errorf("cut off after %d, nobody was told that %s is new: %v", n+1, title, all)
				}
			}
		}
		if len(told) != 2 {
			t.Errorf("told was %v", told)
		}
	})
}

// heard is what a stream says to somebody who comes back, until it waits.
func heard(t *testing.T, h http.Handler, lastID string) []sentence {
	t.Helper()
	c, stop := follow(t, h, lastID)
	synctest.Wait()
	stop()
	return c.sentences()[1:] // But for that it is ready.
}

func TestAClientThatHasGoneIsNoticedAtTheNextBeat(t *testing.T) {
	simulate(t, func(t *testing.T, b *bank, h http.Handler) {
		c, stop := follow(t, h, "")
		synctest.Wait()
		c.mu.Lock()
		c.gone = true
		c.mu.Unlock()
		pass(t, beatEvery+time.Millisecond)
		synctest.Wait()
		if b.hub.all != 0 {
			t.Error("the stream goes on")
		}
		stop()
	})
}

func TestATokenIsToldWhatItPermits(t *testing.T) {
	for scope, want := range map[string][]string{
		readsFeed: {"feed_item.created", "feed_item.created", "feed_item.deleted"}, readsBalance: {"balance.updated"},
		readsTransactions: {"transaction.created"},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBank()
			c, stop := follow(t, b.handler(scope), "")
			defer stop()
			synctest.Wait()
			b.change(20, "coffee", true)
			synctest.Wait()
			added := &feedproto.Item{Id: "feed_added", Type: feedproto.TypeBasic, AccountId: alicesAcc}
			b.put(&feedproto.Change{Id: changeAt(30, "added"), First: true, Item: added})
			synctest.Wait()
			b.put(&feedproto.Change{Id: changeAt(40, "gone"), Item: &feedproto.Item{Id: "feed_added", Deleted: true}})
			wantSaid(t, c, append([]string{"ready"}, want...)...)
		})
	}
}

func TestWhatCannotBeFollowedIsRefused(t *testing.T) {
	b := newBank()
	for want, c := range map[string]struct {
		path   string
		scopes []string
	}{
		"bad_request.missing_param.account_id": {"/events", allScopes()},
		"bad_request.bad_param.last_event_id":  {"/events?last_event_id=x&account_id=" + alicesAcc, allScopes()},
		"forbidden.insufficient_permissions":   {"/events?account_id=" + alicesAcc, []string{"cards:read"}},
		"not_found.account":                    {"/events?account_id=acc_x", allScopes()},
	} {
		recorder := httptest.NewRecorder()
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, c.path, nil)
		b.handler(c.scopes...).ServeHTTP(recorder, req)
		if !strings.Contains(recorder.Body.String(), `"`+want+`"`) {
			t.Errorf("%s: got %s", want, recorder.Body)
		}
	}
}

func TestStreamsAreCounted(t *testing.T) {
	h := newBank().hub
	var open []*waker
	for range streamsOfOne {
		one, err := h.join(alicesAcc, "app/alice")
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, one)
	}
	if _, err := h.join(alicesAcc, "app/alice"); !errs.Is(err, "rate_limited.streams") {
		t.Errorf("one too many: %v", err)
	}
	if _, err := h.join(alicesAcc, "app/bob"); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	h.leave(open[0])
	if _, err := h.join(alicesAcc, "app/alice"); err != nil {
		t.Errorf("after one has left: %v", err)
	}
	h.all = streamsMax
	if _, err := h.join(alicesAcc, "app/carol"); !errs.Is(err, "unavailable.streams") {
		t.Errorf("at the end of all: %v", err)
	}
}
