package logic

import (
	"cmp"
	"slices"
	"time"

	"farthing/pkg/events"
	"farthing/pkg/money"
	feedproto "farthing/service.feed/proto"
)

// Suspicion is where phones were told something else than the feed shows. What it says names nobody.
type Suspicion struct{ Transaction, Detail string }

// place is one version of a transaction.
type place struct {
	transaction string
	version     int64
}

// Compare is in which of an account's items the phones of its customer were told something else, in the order of
// transactions. All items and pushes of the account must be given, each once, and since when each customer has had a
// phone all the time, in business time; who has none is left out. What is missing counts only once it is too late for
// it to be under way.
func Compare(items []*feedproto.Item, pushes []Push, since map[string]time.Time, now time.Time) []Suspicion {
	told, newest := make(map[place]Push, len(pushes)), make(map[string]int64)
	for _, p := range pushes {
		told[place{p.Transaction, p.Version}] = p
		newest[p.Transaction] = max(newest[p.Transaction], p.Version)
	}
	var suspicions []Suspicion
	shown := make(map[string]int64, len(items))
	for _, item := range items {
		transaction := item.GetTransactionId()
		if item.GetType() != feedproto.TypeTransaction {
			continue // A program has added it: no phone is told.
		}
		shown[transaction] = item.GetVersion()
		p, ok := told[place{transaction, item.GetVersion()}]
		if says := wrongPush(item, p, ok, newest[transaction], isDue(item, since, now)); says != "" {
			suspicions = append(suspicions, Suspicion{transaction, says})
		}
	}
	for _, p := range pushes {
		if says := notShown(p, shown[p.Transaction]); says != "" && now.Sub(p.ChangedAt) >= events.UnderWay {
			suspicions = append(suspicions, Suspicion{p.Transaction, says})
		}
	}
	slices.SortFunc(suspicions, func(a, b Suspicion) int { return cmp.Compare(a.Transaction, b.Transaction) })
	return suspicions
}

// knownAfter is how long after it was registered a phone may be unknown to a push: the push may have read the phones
// right before, and clocks of two machines differ.
const knownAfter = 10 * time.Second

// isDue tells whether the customer's phones must have been told of an item by now.
func isDue(item *feedproto.Item, since map[string]time.Time, now time.Time) bool {
	first, has := since[item.GetUserId()]
	changed := time.UnixMilli(max(item.GetUpdatedMs(), item.GetCreatedMs()))
	return has && !changed.Before(first.Add(knownAfter)) && now.Sub(changed) >= events.UnderWay
}

// wrongPush is what is wrong with an item's push, if there is one; the newest of its transaction has another version.
func wrongPush(item *feedproto.Item, p Push, ok bool, newest int64, due bool) string {
	amount := money.Amount{Minor: item.GetAmount().GetMinor(), Currency: item.GetAmount().GetCurrency()}
	switch {
	case ok && p.Amount != amount:
		return "the phones were told another amount of it"
	case !due:
		return ""
	case !ok && newest > 0:
		return "the phones were told another version of it"
	case !ok:
		return "no phone was told of it"
	case p.Outcome == Waiting:
		return "a phone still waits to be told of it"
	}
	return ""
}

// notShown is what is wrong with a push by the version that the feed shows, 0 for none.
func notShown(p Push, shown int64) string {
	switch {
	case shown == 0:
		return "it is among the pushes, and the feed does not show it"
	case shown < p.Version:
		return "its push is of a later version than the feed shows"
	}
	return ""
}
