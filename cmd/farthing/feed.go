package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/terminal"
	"farthing/cmd/farthing/web"
	"farthing/pkg/clock"
	"farthing/pkg/money"
)

const (
	feedDefault = 20
	pageMax     = 100
	followEvery = 200 * time.Millisecond
)

func (p *program) feed() *cobra.Command {
	follow, limit := false, 0
	feed := &cobra.Command{
		Use:   "feed",
		Short: "Show the demonstration customer's feed",
		Long: "Feed shows what the demonstration customer's phone shows, newest first. With --follow it shows the\n" +
			"newest last, waits for more, and ends when it is interrupted; as JSON it is then one item a line.",
		Example: "  farthing feed\n  farthing feed --follow\n  farthing feed -o json | jq '.[0]'",
		Args:    arguments(), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 1 || limit > pageMax {
				return usage("--limit must be from 1 to %d, not %d", pageMax, limit)
			}
			return p.runFeed(c.Context(), follow, limit)
		},
	}
	feed.Flags().BoolVarP(&follow, "follow", "f", false, "wait for more")
	feed.Flags().IntVar(&limit, "limit", feedDefault, "how many items to show at first, 1 to 100")
	return feed
}

// item is one thing in the feed, as the public API sends it.
type item struct {
	ID            string    `json:"id"`
	Type          string    `json:"type"`
	AccountID     string    `json:"account_id"`
	TransactionID string    `json:"transaction_id"`
	Created       time.Time `json:"created"`
	Title         string    `json:"title"`
	Body          string    `json:"body"`
	Emoji         string    `json:"emoji"`
	Amount        int64     `json:"amount"`
	Currency      string    `json:"currency"`
}

func (p *program) runFeed(ctx context.Context, follow bool, limit int) error {
	n, err := p.customer(ctx)
	if err != nil {
		return err
	}
	items, err := page(ctx, n, url.Values{"limit": {strconv.Itoa(limit)}})
	if err != nil {
		return err
	}
	if follow {
		return ignoreEnd(p.follow(ctx, n, items.Items))
	}
	if p.json() {
		return p.print(items.Items)
	}
	return p.showItems(items.Items)
}

// ignoreEnd is err, unless it only says that the program was interrupted.
func ignoreEnd(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// follow shows items, and then whatever comes after them.
func (p *program) follow(ctx context.Context, n bank.Notice, items []item) error {
	last := ""
	for {
		slices.Reverse(items)
		if err := p.showNew(items); err != nil {
			return err
		}
		if len(items) > 0 {
			last = items[len(items)-1].ID
		}
		if err := clock.Wait(ctx, followEvery); err != nil {
			return err
		}
		var err error
		if items, err = since(ctx, n, last); err != nil {
			return err
		}
	}
}

func (p *program) showNew(items []item) error {
	if !p.json() {
		return p.showItems(items)
	}
	for _, each := range items {
		if err := p.print(each); err != nil {
			return err
		}
	}
	return nil
}

// pageOfFeed is an answer of GET /feed, newest first.
type pageOfFeed struct {
	Items         []item `json:"items"`
	NextPageToken string `json:"next_page_token"`
}

// since is every item after one, newest first; all of them if there is none.
func since(ctx context.Context, n bank.Notice, last string) ([]item, error) {
	query := url.Values{"limit": {strconv.Itoa(pageMax)}}
	if last != "" {
		query.Set("since", last)
	}
	var items []item
	for {
		next, err := page(ctx, n, query)
		if err != nil {
			return nil, err
		}
		items = append(items, next.Items...)
		if next.NextPageToken == "" {
			return items, nil
		}
		query.Set("page_token", next.NextPageToken)
	}
}

func page(ctx context.Context, n bank.Notice, query url.Values) (pageOfFeed, error) {
	query.Set("account_id", n.Demonstration.AccountID)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.API+"/feed?"+query.Encode(), http.NoBody)
	if err != nil {
		return pageOfFeed{}, err
	}
	req.Header.Set("Authorization", "Bearer "+n.Demonstration.CLIToken)
	var answer pageOfFeed
	if err := web.Do(nil, req, &answer); err != nil {
		return pageOfFeed{}, fmt.Errorf("reading the feed: %w", err)
	}
	return answer, nil
}

// showItems writes items in columns, in their order.
func (p *program) showItems(items []item) error {
	banks, err := p.folder().Clock()
	if err != nil {
		return err
	}
	now := banks.Now().Local()
	rows := make([][]string, len(items))
	for i, each := range items {
		amount := ""
		if each.Currency != "" {
			amount = money.Amount{Minor: each.Amount, Currency: each.Currency}.Symbolic()
		}
		rows[i] = []string{
			terminal.Visible(each.Emoji), terminal.Visible(each.Title), terminal.Visible(each.Body), amount,
			terminal.Ago(each.Created, now),
		}
	}
	return writeRows(p.screen, rows)
}

// Columns of the feed, at least and at most. An item that comes alone lines up with those before it.
const (
	emojiColumns  = 2
	titleMin      = 22
	titleMax      = 32
	bodyMin       = 14
	bodyMax       = 52
	amountColumns = 10
)

func writeRows(s *terminal.Screen, rows [][]string) error {
	title, body := titleMin, bodyMin
	for _, row := range rows {
		title = min(max(title, terminal.Width(row[1])), titleMax)
		body = min(max(body, terminal.Width(row[2])), bodyMax)
	}
	for _, row := range rows {
		_, err := fmt.Fprintf(io.Writer(s), "%s %s  %s %s   %s\n",
			terminal.Pad(row[0], emojiColumns),
			s.Bold(terminal.Pad(terminal.Clip(row[1], titleMax), title)),
			terminal.Pad(terminal.Clip(row[2], bodyMax), body),
			terminal.PadLeft(row[3], amountColumns), s.Dim(row[4]))
		if err != nil {
			return err
		}
	}
	return nil
}
