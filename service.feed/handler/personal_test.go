package handler

import (
	"fmt"
	"strings"
	"testing"

	"farthing/pkg/errs"
	"farthing/pkg/store"
	feedproto "farthing/service.feed/proto"
	"farthing/service.feed/storage"
)

func TestAPersonalItemIsShownAndNeverStoredInClear(t *testing.T) {
	f := newFeed(t)
	i := item(account, "rent", noon, 1)
	i.Title, i.Body, i.Personal, i.UserId = "Grace Hopper", "RENT FLAT 7", true, "user_alice"
	f.append(t, i)
	rsp, err := f.List(t.Context(), &feedproto.ListRequest{AccountId: account, Limit: 10})
	if err != nil || len(rsp.GetItems()) != 1 || rsp.GetItems()[0].GetTitle() != "Grace Hopper" ||
		rsp.GetItems()[0].GetBody() != "RENT FLAT 7" {
		t.Fatalf("listed %v, %v", rsp, err)
	}
	f.wantSealed(t, account, "Hopper", "RENT")
	i.UserId = ""
	if _, err := f.Append(t.Context(), &feedproto.AppendRequest{Item: i}); !errs.Is(err, errs.BadRequest) {
		t.Errorf("a personal item of nobody: %v", err)
	}
}

// wantSealed fails if one of the texts is stored in clear, or the account is not stored at all.
func (f *feed) wantSealed(t *testing.T, account string, texts ...string) {
	t.Helper()
	var all strings.Builder
	for _, table := range storage.Schema().Tables {
		rows, _, err := f.engine.Walk(t.Context(), table.Spec(), "", store.MaxRows)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s %+q\n", rows, rows)
	}
	for _, text := range texts {
		if strings.Contains(all.String(), text) {
			t.Errorf("%q is stored in clear", text)
		}
	}
	if !strings.Contains(all.String(), account) {
		t.Error("no row was seen: the test looks in the wrong place")
	}
}
