package handler

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"farthing/pkg/edge/edgetest"
	feedproto "farthing/service.feed/proto"
	transactionsproto "farthing/service.transactions/proto"
)

const needsVerification = "forbidden.verification_required"

// day is 24 hours.
const day = 24 * time.Hour

// afterApproval is a bank so long after its tokens were approved, with a transaction and a feed item so old.
func afterApproval(t *testing.T, later, age time.Duration) (b *bank, door *edgetest.Door, tx string) {
	t.Helper()
	b = newBank()
	b.later = later
	at := noon.Add(later - age)
	b.transactions = []*transactionsproto.Transaction{pending("old", at)}
	b.items = []*feedproto.Item{{Id: idOf("feed", "old", at), AccountId: alicesAcc, CreatedMs: at.UnixMilli()}}
	b.cards = cardsOfAlice()
	return b, b.serve(t).As("alice"), b.transactions[0].GetId()
}

func TestAllOfHistoryMayBeReadForFiveMinutesAndThenOnlyOf90Days(t *testing.T) {
	for name, c := range map[string]struct {
		later, age time.Duration
		may        bool
	}{
		"at once, old":              {0, 365 * day, true},
		"before five minutes, old":  {5*time.Minute - time.Millisecond, 365 * day, true},
		"at five minutes, old":      {5 * time.Minute, 365 * day, false},
		"at five minutes, 90 days":  {5 * time.Minute, 90 * day, false},
		"at five minutes, 89 days":  {5 * time.Minute, 89 * day, true},
		"a day later, almost 90":    {day, 90*day - time.Millisecond, true},
		"a day later, 90 days":      {day, 90 * day, false},
		"a year later, an hour old": {365 * day, time.Hour, true},
	} {
		b, door, tx := afterApproval(t, c.later, c.age)
		since := url.QueryEscape(noon.Add(c.later - c.age).Format(time.RFC3339Nano))
		before := url.QueryEscape(noon.Add(c.later - c.age + time.Millisecond/2).Format(time.RFC3339Nano))
		for _, path := range []string{
			"/transactions/" + tx, "/transactions?account_id=" + alicesAcc + "&since=" + since,
			"/transactions?account_id=" + alicesAcc + "&since=" + tx, "/feed?account_id=" + alicesAcc + "&since=" + since,
			"/feed?account_id=" + alicesAcc + "&since=" + b.items[0].GetId(),
			fmt.Sprintf("/transactions?account_id=%s&since=%s&before=%s", alicesAcc, since, before),
		} {
			rsp := door.Get(path)
			if c.may {
				rsp.Into(new(any))
				continue
			}
			rsp.Refused(http.StatusForbidden, needsVerification)
		}
		annotated := door.Form("PATCH", "/transactions/"+tx, "metadata[a]=b")
		if c.may != (annotated.Status == http.StatusOK) || c.may != (len(b.changes) == 1) {
			t.Errorf("%s: annotating got %d, changed %v", name, annotated.Status, b.changes)
		}
	}
}

// A program that asks for no time gets what it may have, and is not refused for what it has not asked for.
func TestAListWithoutABeginningBeginsWhereTheCallerMayRead(t *testing.T) {
	for name, c := range map[string]struct {
		later, age time.Duration
		shown      int
	}{
		"fresh, old": {0, 365 * day, 1}, "later, old": {time.Hour, 365 * day, 0}, "later, new": {time.Hour, 89 * day, 1},
	} {
		_, door, _ := afterApproval(t, c.later, c.age)
		if got := list(door, ""); len(got) != c.shown {
			t.Errorf("%s: got %v", name, got)
		}
		before := "before=" + url.QueryEscape(noon.Add(c.later).Format(time.RFC3339))
		if got := list(door, before); len(got) != c.shown {
			t.Errorf("%s, %s: got %v", name, before, got)
		}
		var feed struct{ Items []any }
		if door.Get("/feed?account_id=" + alicesAcc).Into(&feed); len(feed.Items) != c.shown {
			t.Errorf("%s: the feed shows %v", name, feed.Items)
		}
	}
}

func TestAWindowThatEndsBeforeThe90DaysIsRefused(t *testing.T) {
	_, door, _ := afterApproval(t, time.Hour, 365*day)
	before := url.QueryEscape(noon.Add(time.Hour - 90*day).Format(time.RFC3339Nano))
	door.Get("/transactions?account_id="+alicesAcc+"&before="+before).Refused(http.StatusForbidden, needsVerification)
	late := url.QueryEscape(noon.Format(time.RFC3339Nano))
	door.Get("/transactions?account_id="+alicesAcc+"&since="+late+"&before="+before).
		Refused(http.StatusBadRequest, "bad_request.bad_time_range") // What can never succeed is told first.
}

func TestSensitiveCallsNeedAFreshApproval(t *testing.T) {
	for _, path := range []string{"/card/pin/reset", "/card-replacement/order"} {
		b, door, _ := afterApproval(t, 5*time.Minute, day)
		door.Form("POST", path, "card_id="+b.cards[0].GetId()).Refused(http.StatusForbidden, needsVerification)
		wantUnchanged(t, b)
		b.tokens["alice"].ApprovedMs = noon.Add(time.Second).UnixMilli()
		door.Form("POST", path, "card_id="+b.cards[0].GetId()).Into(new(any))
	}
}

func TestSomebodyElsesOldTransactionIsStillNotFound(t *testing.T) {
	_, door, tx := afterApproval(t, time.Hour, 365*day)
	door.As("bob").Get("/transactions/"+tx).Refused(http.StatusNotFound, "not_found.transaction")
}

func TestATokenThatNobodyHasApprovedIsNotFresh(t *testing.T) {
	b, door, tx := afterApproval(t, 0, 365*day)
	b.tokens["alice"].ApprovedMs = 0
	door.Get("/transactions/"+tx).Refused(http.StatusForbidden, needsVerification)
}
