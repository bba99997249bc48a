package audit_test

import (
	"testing"

	"farthing/pkg/audit"
)

func TestTheBanksOwnAccountsMustHaveWhatStandsForThem(t *testing.T) {
	for name, c := range map[string]struct {
		ledger, because map[string]int64
		faults          int
	}{
		"nothing at all":           {nil, nil, 0},
		"as it must be":            {map[string]int64{"suspense GBP": -9}, map[string]int64{"suspense GBP": -9}, 0},
		"nobody stands for it":     {map[string]int64{"suspense GBP": -9}, nil, 1},
		"it is not there":          {nil, map[string]int64{"disputes GBP": -9}, 1},
		"something and nothing":    {nil, map[string]int64{"disputes GBP": 0}, 0},
		"another currency":         {map[string]int64{"suspense EUR": -9}, map[string]int64{"suspense GBP": -9}, 2},
		"less than it must have":   {map[string]int64{"disputes GBP": -8}, map[string]int64{"disputes GBP": -9}, 1},
		"what others may move too": {map[string]int64{"funding GBP": -9, "losses GBP": -1}, nil, 0},
	} {
		if got := audit.Disagreement(c.ledger, c.because); len(got) != c.faults {
			t.Errorf("%s: %v, want %d faults", name, got, c.faults)
		}
	}
}

func TestPagesAddUp(t *testing.T) {
	var whole audit.Page
	for range 2 {
		whole.Add(audit.Page{
			Checked: 1, Posted: map[string]int64{"GBP": 5}, Own: map[string]int64{"suspense GBP": -9}, Next: "there",
		})
	}
	if whole.Checked != 2 || whole.Posted["GBP"] != 10 || whole.Own["suspense GBP"] != -18 || whole.Next != "there" {
		t.Errorf("together they are %+v", whole)
	}
	if wrong := whole.Unbalanced(); len(wrong) != 1 || wrong[0] != "GBP" {
		t.Errorf("unbalanced are %v", wrong)
	}
}
