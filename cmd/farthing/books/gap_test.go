package books

import (
	"slices"
	"testing"

	"farthing/pkg/audit"
)

func TestTheBanksOwnAccountsMustHaveWhatStandsForThem(t *testing.T) {
	for name, c := range map[string]struct {
		ledger, cards, bank map[string]int64
		gaps                []Gap
	}{
		"nothing at all": {nil, nil, nil, nil},
		"as it must be":  {map[string]int64{"suspense GBP": -9}, map[string]int64{"suspense GBP": -9}, nil, nil},
		"two stand for it": {
			map[string]int64{"suspense GBP": -9}, map[string]int64{"suspense GBP": -4}, map[string]int64{"suspense GBP": -5},
			nil,
		},
		"nobody stands for it": {
			map[string]int64{"suspense GBP": -9}, nil, nil, []Gap{{"own account", "suspense GBP", -9, 0}},
		},
		"it is not there": {
			nil, map[string]int64{"disputes GBP": -9}, nil, []Gap{{"own account", "disputes GBP", 0, -9}},
		},
		"something and nothing": {nil, map[string]int64{"disputes GBP": 0}, nil, nil},
		"another currency": {
			map[string]int64{"suspense EUR": -9}, nil, map[string]int64{"suspense GBP": -9},
			[]Gap{{"own account", "suspense EUR", -9, 0}, {"own account", "suspense GBP", 0, -9}},
		},
		"less than it must have": {
			map[string]int64{"disputes GBP": -8}, map[string]int64{"disputes GBP": -9}, nil,
			[]Gap{{"own account", "disputes GBP", -8, -9}},
		},
		"what others may move too": {map[string]int64{"funding GBP": -9}, nil, nil, nil},
		"what nobody may move": {
			map[string]int64{"fees GBP": -9}, nil, nil, []Gap{{"own account", "fees GBP", -9, 0}},
		},
	} {
		r := Reading{
			Accounts: audit.Page{Own: c.ledger}, Payments: audit.Page{Own: c.cards}, BankPayments: audit.Page{Own: c.bank},
		}
		if got := r.Gaps(); !slices.Equal(got, c.gaps) {
			t.Errorf("%s: %v, want %v", name, got, c.gaps)
		}
	}
}

func TestAllAccountsTogetherComeToZero(t *testing.T) {
	r := Reading{Accounts: audit.Page{Posted: map[string]int64{"GBP": 5, "EUR": 0}}}
	if got, want := r.Gaps(), (Gap{"zero sum", "the whole ledger in GBP", 5, 0}); len(got) != 1 || got[0] != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A gap lasts though money moves through the account, and what was on its way is none.
func TestOnlyWhatStaysAsFarOffLasts(t *testing.T) {
	gap := func(name string, has, must int64) Gap { return Gap{"own account", name, has, must} }
	before := []Gap{gap("fees GBP", 1, 0), gap("losses GBP", 2, 0), gap("nostro GBP", -500, -400)}
	now := []Gap{gap("losses GBP", 3, 0), gap("nostro GBP", -900, -800), gap("suspense GBP", 7, 0)}
	if got, want := both(before, now, Gap.isAsWide), gap("nostro GBP", -900, -800); len(got) != 1 || got[0] != want {
		t.Errorf("what lasts is %v, want %v", got, want)
	}
}
