package handler

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/audit"
	"farthing/pkg/audit/audittest"
	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/money"
	moneyproto "farthing/pkg/money/proto"
	"farthing/service.apns/logic"
	feedproto "farthing/service.feed/proto"
)

// feed is a fake of service.feed with accounts in order.
type feed struct {
	feedproto.FeedClient
	accounts []string
	items    map[string][]*feedproto.Item
}

// ListAccounts is one account at a time.
func (f *feed) ListAccounts(
	_ context.Context, req *feedproto.ListAccountsRequest, _ ...grpc.CallOption,
) (*feedproto.ListAccountsResponse, error) {
	at := 0
	_, _ = fmt.Sscan(req.GetAfter(), &at)
	if next := at + 1; next < len(f.accounts) {
		return &feedproto.ListAccountsResponse{AccountIds: f.accounts[at:next], Next: fmt.Sprint(next)}, nil
	}
	return &feedproto.ListAccountsResponse{AccountIds: f.accounts[at:]}, nil
}

func (f *feed) List(
	_ context.Context, req *feedproto.ListRequest, _ ...grpc.CallOption,
) (*feedproto.ListResponse, error) {
	return &feedproto.ListResponse{Items: f.items[req.GetAccountId()]}, nil
}

const perAccount = 20

// newShown is a world in which three customers with a phone each, and one without, were told of all that their feeds
// show, an hour ago.
func newShown(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.Handler.clock = clock.Ahead(-2 * time.Hour)
	w.shown.items = make(map[string][]*feedproto.Item)
	for n := range 4 {
		account, user := fmt.Sprint("acc_", n), fmt.Sprint("user_", n)
		w.shown.accounts = append(w.shown.accounts, account)
		if n < 3 {
			w.register(t, user, n)
		}
		for i := range perAccount {
			item := itemOf(account, user, i, w.Handler.clock.Now().Add(time.Hour))
			w.shown.items[account] = append(w.shown.items[account], item)
			if n < 3 {
				w.tell(t, item, func(*logic.Push) {})
			}
		}
		w.shown.items[account] = append(w.shown.items[account], &feedproto.Item{Id: "feed_x", Type: "basic", UserId: user})
	}
	w.Handler.clock = &clock.Business{}
	return w
}

func itemOf(account, user string, n int, at time.Time) *feedproto.Item {
	return &feedproto.Item{
		Id: fmt.Sprint("feed_", n), Type: "transaction", AccountId: account, UserId: user,
		TransactionId: txID(fmt.Sprint(account, n)), Version: 2, UpdatedMs: at.UnixMilli(), CreatedMs: at.UnixMilli(),
		Amount: &moneyproto.Money{Minor: -1_00, Currency: "GBP"},
	}
}

// tell keeps that the phones were told of an item, after a change of that.
func (w *world) tell(t *testing.T, item *feedproto.Item, change func(*logic.Push)) {
	t.Helper()
	p := logic.Push{
		Account: item.GetAccountId(), Transaction: item.GetTransactionId(), Version: item.GetVersion(),
		Amount:    money.Amount{Minor: item.GetAmount().GetMinor(), Currency: item.GetAmount().GetCurrency()},
		ChangedAt: time.UnixMilli(item.GetUpdatedMs()).UTC(), Outcome: logic.Delivered,
	}
	change(&p)
	if err := w.pushes.Keep(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

// audited is all faults, and how often the audit waited to look again; then what is under way comes.
func audited(t *testing.T, w *world, accounts int64, comes func()) (faults []audit.Fault, waits int) {
	t.Helper()
	w.wait = func(context.Context, time.Duration) error {
		waits++
		comes()
		return nil
	}
	whole := audittest.Whole(t, 1, w.audit)
	if whole.Checked != accounts {
		t.Errorf("%d accounts were compared, want %d", whole.Checked, accounts)
	}
	return whole.Faults, waits
}

func nothing() {}

func TestPhonesThatWereToldOfAllHaveNoFault(t *testing.T) {
	if faults, waits := audited(t, newShown(t), 3, nothing); len(faults) != 0 || waits != 0 {
		t.Errorf("found %v after %d waits", faults, waits)
	}
}

func TestOneDifferenceOfPushesIsFoundAndNamed(t *testing.T) {
	const account = "acc_1"
	for says, change := range map[string]func(t *testing.T, w *world, fresh *feedproto.Item){
		"no phone was told of it": func(*testing.T, *world, *feedproto.Item) {},
		"the phones were told another version of it": func(t *testing.T, w *world, fresh *feedproto.Item) {
			w.tell(t, fresh, func(p *logic.Push) { p.Version-- })
		},
		"the phones were told another amount of it": func(t *testing.T, w *world, fresh *feedproto.Item) {
			w.tell(t, fresh, func(p *logic.Push) { p.Amount.Minor-- })
		},
		"a phone still waits to be told of it": func(t *testing.T, w *world, fresh *feedproto.Item) {
			w.tell(t, fresh, func(p *logic.Push) { p.Outcome = logic.Waiting })
		},
		"its push is of a later version than the feed shows": func(t *testing.T, w *world, fresh *feedproto.Item) {
			w.tell(t, fresh, func(*logic.Push) {})
			w.tell(t, fresh, func(p *logic.Push) { p.Version++ })
		},
		"it is among the pushes, and the feed does not show it": func(t *testing.T, w *world, fresh *feedproto.Item) {
			w.tell(t, fresh, func(*logic.Push) {})
			w.shown.items[account] = w.shown.items[account][:perAccount]
		},
		"it is among the pushes, and the feed does not show it but as a program's": func(
			t *testing.T, w *world, fresh *feedproto.Item,
		) {
			w.tell(t, fresh, func(*logic.Push) {})
			fresh.Type = feedproto.TypeBasic
		},
	} {
		t.Run(says, func(t *testing.T) {
			w := newShown(t)
			fresh := itemOf(account, "user_1", perAccount, w.Handler.clock.Now().Add(-events.UnderWay-time.Minute))
			w.shown.items[account] = append(w.shown.items[account][:perAccount], fresh)
			change(t, w, fresh)
			faults, waits := audited(t, w, 3, nothing)
			detail, _, _ := strings.Cut(says, " but as")
			want := audit.Fault{Account: account, Transaction: fresh.GetTransactionId(), Rule: "push", Detail: detail}
			if len(faults) != 1 || faults[0] != want || waits != 3 {
				t.Errorf("found %+v after %d waits", faults, waits)
			}
		})
	}
}

func TestPushesOfAnAccountWithoutAFeedAreFound(t *testing.T) {
	w := newShown(t)
	w.tell(t, itemOf("acc_9", "user_9", 0, w.Handler.clock.Now().Add(-time.Hour)), func(*logic.Push) {})
	if faults, _ := audited(t, w, 4, nothing); len(faults) != 1 || faults[0].Account != "acc_9" {
		t.Errorf("found %+v", faults)
	}
}

func TestWhatMayBeUnderWayIsNoFault(t *testing.T) {
	w := newShown(t)
	young := w.Handler.clock.Now().Add(-events.UnderWay + time.Minute)
	w.shown.items["acc_0"] = append(w.shown.items["acc_0"], itemOf("acc_0", "user_0", perAccount, young))
	w.tell(t, itemOf("acc_1", "user_1", perAccount, young), func(*logic.Push) {})
	if faults, waits := audited(t, w, 3, nothing); len(faults) != 0 || waits != 0 {
		t.Errorf("of young ones: found %v after %d waits", faults, waits)
	}
	late := itemOf("acc_2", "user_2", perAccount, w.Handler.clock.Now().Add(-time.Hour))
	w.shown.items["acc_2"] = append(w.shown.items["acc_2"], late)
	comes := func() { w.tell(t, late, func(*logic.Push) {}) }
	if faults, waits := audited(t, w, 3, comes); len(faults) != 0 || waits != 1 {
		t.Errorf("of one that comes meanwhile: found %v after %d waits", faults, waits)
	}
}

// A phone need not have been told of what happened before it was there, and registering it again changes nothing of
// that.
func TestNobodyIsToldOfWhatWasBeforeTheirPhone(t *testing.T) {
	w := newShown(t)
	register := func(ahead time.Duration) {
		w.Handler.clock = clock.Ahead(ahead)
		w.register(t, "user_3", 3)
	}
	register(-30 * time.Minute)
	if faults, _ := audited(t, w, 4, nothing); len(faults) != 0 {
		t.Errorf("of what was before the phone: found %v", faults)
	}
	fresh := itemOf("acc_3", "user_3", perAccount, w.Handler.clock.Now().Add(time.Minute))
	w.shown.items["acc_3"] = append(w.shown.items["acc_3"], fresh)
	register(0)
	if faults, _ := audited(t, w, 4, nothing); len(faults) != 1 || faults[0].Transaction != fresh.GetTransactionId() {
		t.Errorf("of what was after it: found %v", faults)
	}
}

func TestAPlaceThatIsNoneIsRefused(t *testing.T) {
	_, err := newWorld(t).audit(t.Context(), audit.Window{After: "elsewhere", Limit: 1})
	if !errs.Is(err, "bad_request.bad_param.after") {
		t.Errorf("got %v", err)
	}
}

// What is pushed and what is shown follow from one event each, and agree.
func TestThePushOfAnEventAgreesWithItsItem(t *testing.T) {
	w := newWorld(t)
	w.Handler.clock = clock.Ahead(-time.Hour)
	w.register(t, "user_alice", 0)
	w.Handler.clock = &clock.Business{}
	w.clock.advance(-20 * time.Minute)
	e := w.enriched(t, "user_alice", 1)
	if err := w.push(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	item := &feedproto.Item{
		Type: "transaction", AccountId: "acc_1", UserId: "user_alice", TransactionId: txID("coffee"), Version: 1,
		UpdatedMs: e.OccurredAt.UnixMilli(), Amount: &moneyproto.Money{Minor: -3_50, Currency: "GBP"},
	}
	w.shown.accounts = []string{"acc_1"}
	w.shown.items = map[string][]*feedproto.Item{"acc_1": {item}}
	if faults, _ := audited(t, w, 1, nothing); len(faults) != 0 {
		t.Errorf("found %v", faults)
	}
	item = proto.CloneOf(item)
	item.Version = 2
	w.shown.items["acc_1"][0] = item
	if faults, _ := audited(t, w, 1, nothing); len(faults) != 1 {
		t.Errorf("of an item of another version: found %v", faults)
	}
}
