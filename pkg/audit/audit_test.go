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
		"what others may move too": {map[string]int64{"funding GBP": -9}, nil, 0},
		"what nobody may move":     {map[string]int64{"fees GBP": -9}, nil, 1},
	} {
		if got := audit.Disagreement(audit.Gaps(c.ledger, c.because)); len(got) != c.faults {
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

// A gap lasts though money moves through the account, and what was on its way is none.
func TestOnlyWhatStaysAsFarOffLasts(t *testing.T) {
	gap := func(name string, has, must int64) audit.Gap { return audit.Gap{Name: name, Has: has, Must: must} }
	before := []audit.Gap{gap("fees GBP", 1, 0), gap("losses GBP", 2, 0), gap("nostro GBP", -500, -400)}
	now := []audit.Gap{gap("losses GBP", 3, 0), gap("nostro GBP", -900, -800), gap("suspense GBP", 7, 0)}
	if got := audit.Lasting(now, before); len(got) != 1 || got[0] != now[1] {
		t.Errorf("what lasts is %v, want %v", got, now[1])
	}
}
