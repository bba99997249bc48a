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
	var all strings.Builder
	for _, table := range storage.Schema().Tables {
		rows, _, err := f.engine.Walk(t.Context(), table.Spec(), "", store.MaxRows)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s %+q\n", rows, rows)
	}
	if strings.Contains(all.String(), "Hopper") || strings.Contains(all.String(), "RENT") {
		t.Error("a name is stored in clear")
	}
	if !strings.Contains(all.String(), account) {
		t.Error("no row was seen: the test looks in the wrong place")
	}
	i.UserId = ""
	if _, err := f.Append(t.Context(), &feedproto.AppendRequest{Item: i}); !errs.Is(err, errs.BadRequest) {
		t.Errorf("a personal item of nobody: %v", err)
	}
}
