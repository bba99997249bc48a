package statement

import (
	"context"
	"errors"
	"strings"
	"testing"

	balanceproto "farthing/service.balance/proto"
)

// pages answers a statement of three postings, in two pages, that was changed.
func pages(change func(*balanceproto.StatementPage)) Get {
	return func(_ context.Context, path string, into any) error {
		page, ok := into.(*balanceproto.StatementPage)
		if !ok || !strings.HasPrefix(path, "/ledgers/acc_1/statement?") {
			return errors.New("another page was asked for")
		}
		*page = balanceproto.StatementPage{
			Opening: 10, TotalIn: 5, TotalOut: 7, Closing: 8, Next: 2,
			Postings: []balanceproto.PostingView{
				{Sequence: 1, Amount: 5, Balance: 15}, {Sequence: 2, Amount: -4, Balance: 11},
			},
		}
		if strings.Contains(path, "after=2") {
			page.Next, page.Postings = 0, []balanceproto.PostingView{{Sequence: 3, Amount: -3, Balance: 8}}
		}
		change(page)
		return nil
	}
}

func TestAStatementIsAllItsPages(t *testing.T) {
	whole, err := Fetch(t.Context(), pages(func(*balanceproto.StatementPage) {}), "acc_1", "2026-11-01", "2026-11-02")
	if err != nil || len(whole.Postings) != 3 || whole.Closing != 8 {
		t.Errorf("it is %+v, %v", whole, err)
	}
}

func TestAStatementThatDoesNotAddUpIsRefused(t *testing.T) {
	for name, change := range map[string]func(*balanceproto.StatementPage){
		"another opening": func(p *balanceproto.StatementPage) { p.Opening++ },
		"another closing": func(p *balanceproto.StatementPage) { p.Closing++ },
		"more came in":    func(p *balanceproto.StatementPage) { p.TotalIn++ },
		"more went out":   func(p *balanceproto.StatementPage) { p.TotalOut++ },
		"a line is wrong": func(p *balanceproto.StatementPage) { p.Postings[0].Balance++ },
		"a line is lost":  func(p *balanceproto.StatementPage) { p.Postings = p.Postings[1:] },
	} {
		if _, err := Fetch(t.Context(), pages(change), "acc_1", "2026-11-01", "2026-11-02"); err == nil {
			t.Errorf("%s: nobody minds", name)
		}
	}
}
