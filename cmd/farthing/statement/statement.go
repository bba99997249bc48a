// Package statement reads an account's statement from the operator's door, and adds it up again.
package statement

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	balanceproto "farthing/service.balance/proto"
)

// Get asks the operator's door; the answer is decoded.
type Get func(ctx context.Context, path string, into any) error

// Fetch is an account's statement of the days between two dates, such as 2026-11-01, both of them in it: all pages as
// one, its sums derived again from its postings. It fails if they are not the same.
func Fetch(ctx context.Context, get Get, account, from, to string) (balanceproto.StatementPage, error) {
	path := balanceproto.LedgersPath + url.PathEscape(account) + balanceproto.StatementPath
	query, postings := url.Values{"from": {from}, "to": {to}}, []balanceproto.PostingView{}
	for {
		var page balanceproto.StatementPage
		if err := get(ctx, path+"?"+query.Encode(), &page); err != nil {
			return page, err
		}
		postings = append(postings, page.Postings...)
		if page.Next == 0 {
			page.Postings = postings
			return page, addUp(page)
		}
		query.Set("after", strconv.FormatInt(page.Next, 10))
	}
}

// addUp derives a statement's sums again from its postings.
func addUp(s balanceproto.StatementPage) error {
	balance, in, out := s.Opening, int64(0), int64(0)
	for _, posting := range s.Postings {
		balance, in, out = balance+posting.Amount, in+max(posting.Amount, 0), out-min(posting.Amount, 0)
		if balance != posting.Balance {
			return fmt.Errorf("the statement does not add up at entry %d", posting.Sequence)
		}
	}
	if balance != s.Closing || in != s.TotalIn || out != s.TotalOut {
		return errors.New("the statement does not add up")
	}
	return nil
}
