package audit_test

import (
	"slices"
	"testing"

	"farthing/pkg/audit"
)

func TestPagesAddUp(t *testing.T) {
	var whole audit.Page
	for _, id := range []string{"one", "two"} {
		whole.Add(audit.Page{
			Checked: 1, Posted: map[string]int64{"GBP": 5}, Own: map[string]int64{"suspense GBP": -9}, Next: "there",
			UnderWay: []string{id},
		})
	}
	if whole.Checked != 2 || whole.Posted["GBP"] != 10 || whole.Own["suspense GBP"] != -18 || whole.Next != "there" ||
		!slices.Equal(whole.UnderWay, []string{"one", "two"}) {
		t.Errorf("together they are %+v", whole)
	}
}
