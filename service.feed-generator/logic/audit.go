package logic

import (
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/events"
	feedproto "farthing/service.feed/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// Suspicion is where a feed does not show an account's transactions. What it says names nobody.
type Suspicion struct{ Transaction, Detail string }

// Compare is in which of an account's transactions the feed shows something else. All of both must be given, each once.
// What is not there, or in an older version, counts only once it is too late for it to be under way. What programs have
// added stands for no transaction, whatever it says of itself.
func Compare(
	transactions []*transactionsproto.Transaction, items []*feedproto.Item, now time.Time,
) []Suspicion {
	shown := make(map[string]*feedproto.Item, len(items))
	var suspicions []Suspicion
	for _, item := range items {
		switch {
		case item.GetType() == feedproto.TypeTransaction:
			shown[item.GetId()] = item
		case item.GetTransactionId() != "":
			suspicions = append(suspicions, Suspicion{
				item.GetTransactionId(), "the feed shows it as " + item.GetId() + ", which a program has added",
			})
		}
	}
	for _, t := range transactions {
		want := ItemOf(t)
		if says := differs(shown[want.GetId()], want, now.Sub(time.UnixMilli(t.GetUpdatedMs()))); says != "" {
			suspicions = append(suspicions, Suspicion{t.GetId(), says})
		}
		delete(shown, want.GetId())
	}
	for _, item := range shown {
		suspicions = append(suspicions, Suspicion{
			item.GetTransactionId(), "the feed shows it as " + item.GetId() + ", and there is no such transaction",
		})
	}
	slices.SortStableFunc(suspicions, func(a, b Suspicion) int { return strings.Compare(a.Transaction, b.Transaction) })
	return suspicions
}

// differs is what is wrong with an item, nil for none, of a transaction that has not changed for so long.
func differs(item, want *feedproto.Item, age time.Duration) string {
	switch {
	case age < events.UnderWay && item.GetVersion() < want.GetVersion(): // Or there is none.
		return ""
	case item == nil:
		return "the feed does not show it"
	case item.GetVersion() != want.GetVersion():
		return "the feed shows another version of it"
	case item.GetTitle() != want.GetTitle():
		return "the feed shows it under another title"
	case item.GetBody() != want.GetBody():
		return "the feed says something else of it"
	case !proto.Equal(item.GetAmount(), want.GetAmount()):
		return "the feed shows another amount of it"
	case !proto.Equal(timed(item, want), want):
		return "the feed shows it differently"
	}
	return ""
}

// timed is an item with the time of its last change, also if it was made before items had one.
func timed(item, want *feedproto.Item) *feedproto.Item {
	if item.GetUpdatedMs() == 0 {
		item = proto.CloneOf(item)
		item.UpdatedMs = want.GetUpdatedMs()
	}
	return item
}
