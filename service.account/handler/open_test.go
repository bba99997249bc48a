package handler

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/store/faults"
	accountproto "farthing/service.account/proto"
)

func TestAnOpenAccountHasANumberAndALedger(t *testing.T) {
	b := newBank(t, nil, "12345678")
	account := b.until(t, user, "one")
	found, err := b.accounts.Find(t.Context(), &accountproto.FindRequest{SortCode: "001960", AccountNumber: "12345678"})
	if err != nil || found.GetAccount().GetId() != account.GetId() {
		t.Errorf("by its number there is %v, %v", found, err)
	}
	_, err = b.accounts.Find(t.Context(), &accountproto.FindRequest{SortCode: "001960", AccountNumber: "87654321"})
	wantCode(t, err, "not_found.account")
	want := &accountproto.Account{
		Id: account.GetId(), UserId: user, Type: "uk_retail", Currency: "GBP", SortCode: "001960",
		AccountNumber: "12345678", CreatedMs: account.GetCreatedMs(),
	}
	if diff := cmp.Diff(want, account, protocmp.Transform()); diff != "" {
		t.Fatal(diff)
	}
	if got := b.ledger.opened(account.GetId()); got != "GBP" {
		t.Errorf("its ledger is in %q", got)
	}
	got, err := b.accounts.Get(t.Context(), &accountproto.GetRequest{AccountId: account.GetId()})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.GetAccount(), protocmp.Transform()); diff != "" {
		t.Fatal(diff)
	}
}

func TestADedupeIDOpensOneAccount(t *testing.T) {
	b := newBank(t, nil)
	first := b.until(t, user, "one")
	if diff := cmp.Diff(first, b.until(t, user, "one"), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if b.until(t, otherUser, "one").GetId() == first.GetId() {
		t.Error("another user's dedupe_id found this user's account")
	}
	other := asked(user, "one")
	other.Currency = "EUR"
	_, err := b.accounts.Open(t.Context(), other)
	wantCode(t, err, "conflict.dedupe_id")
}

func TestADedupeIDOpensOneAccountForAllAtOnce(t *testing.T) {
	b := newBank(t, nil)
	accounts := make([]*accountproto.Account, 16)
	var all sync.WaitGroup
	for i := range accounts {
		all.Go(func() {
			rsp, err := b.accounts.Open(t.Context(), asked(user, "one"))
			if err != nil {
				t.Error(err)
			}
			accounts[i] = rsp.GetAccount()
		})
	}
	all.Wait()
	for _, account := range accounts {
		if diff := cmp.Diff(accounts[0], account, protocmp.Transform()); diff != "" {
			t.Fatal(diff)
		}
	}
	if diff := cmp.Diff(accounts[:1], b.list(t, user), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestANumberIsNeverUsedTwice(t *testing.T) {
	b := newBank(t, nil, "00000001", "00000001", "00000002")
	numbers := make(map[string]bool)
	for n := range 5 {
		numbers[b.until(t, user, fmt.Sprint(n)).GetAccountNumber()] = true
	}
	if len(numbers) != 5 || !numbers["00000001"] || !numbers["00000002"] {
		t.Errorf("five accounts have the numbers %v", numbers)
	}
}

func TestARepeatFinishesAnOpeningThatWasCutShort(t *testing.T) {
	foundationtest.AtEachWrite(t, func(t *testing.T, pick faults.Pick) {
		b := newBank(t, pick, "00000001")
		other, account := b.until(t, otherUser, "other"), b.until(t, user, "one")
		b.Settle(t)
		if diff := cmp.Diff([]*accountproto.Account{account}, b.list(t, user), protocmp.Transform()); diff != "" {
			t.Errorf("on the user's list:\n%s", diff)
		}
		if other.GetAccountNumber() != "00000001" || account.GetAccountNumber() == "00000001" {
			t.Errorf("the numbers are %s and %s", other.GetAccountNumber(), account.GetAccountNumber())
		}
	})
}

func TestAnAccountIsNotSeenBeforeItsLedgerIsOpen(t *testing.T) {
	b := newBank(t, nil)
	b.ledger.fails = []error{
		errs.New(errs.OutcomeUnknown, "The outcome is not known"), errs.New(errs.Internal, "Something went wrong"),
	}
	for _, code := range []string{errs.OutcomeUnknown, errs.Internal} {
		_, err := b.accounts.Open(t.Context(), asked(user, "one"))
		wantCode(t, err, code)
		if listed := b.list(t, user); len(listed) != 0 {
			t.Fatalf("listed after %s: %v", code, listed)
		}
	}
	account := b.until(t, user, "one")
	if len(b.ledger.open) != 1 || b.ledger.opened(account.GetId()) != "GBP" {
		t.Errorf("the ledgers are %v", b.ledger.open)
	}
}

func TestAnOpeningNamesWhatIsWrongWithIt(t *testing.T) {
	b := newBank(t, nil)
	for code, change := range map[string]func(*accountproto.OpenRequest){
		"bad_request.missing_param.user_id":   func(r *accountproto.OpenRequest) { r.UserId = "" },
		"bad_request.bad_param.user_id":       func(r *accountproto.OpenRequest) { r.UserId = "acc" + user[4:] },
		"bad_request.missing_param.dedupe_id": func(r *accountproto.OpenRequest) { r.DedupeId = "" },
		"bad_request.bad_param.dedupe_id":     func(r *accountproto.OpenRequest) { r.DedupeId = fmt.Sprintf("%065d", 1) },
		"bad_request.bad_param.type":          func(r *accountproto.OpenRequest) { r.Type = "uk_business" },
		"bad_request.bad_param.currency":      func(r *accountproto.OpenRequest) { r.Currency = "pounds" },
	} {
		req := asked(user, "one")
		change(req)
		_, err := b.accounts.Open(t.Context(), req)
		wantCode(t, err, code)
	}
	if len(b.ledger.open) != 0 {
		t.Errorf("refused requests opened ledgers: %v", b.ledger.open)
	}
}

func TestAUsersAccountsAreListedOldestFirst(t *testing.T) {
	b := newBank(t, nil)
	var want []*accountproto.Account
	for _, dedupeID := range []string{"c", "a", "b"} {
		want = append(want, b.until(t, user, dedupeID))
	}
	b.until(t, otherUser, "d")
	if diff := cmp.Diff(want, b.list(t, user), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	_, err := b.accounts.List(t.Context(), &accountproto.ListRequest{UserId: "ada"})
	wantCode(t, err, "bad_request.bad_param.user_id")
}

func TestGettingNamesWhatIsWrong(t *testing.T) {
	b := newBank(t, nil)
	for code, accountID := range map[string]string{
		"bad_request.missing_param.account_id": "",
		"bad_request.bad_param.account_id":     user,
		"not_found.account":                    "acc" + user[4:],
	} {
		_, err := b.accounts.Get(t.Context(), &accountproto.GetRequest{AccountId: accountID})
		wantCode(t, err, code)
	}
}
