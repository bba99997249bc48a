package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"farthing/client"
	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/terminal"
	"farthing/pkg/clock"
	"farthing/pkg/money"
)

const (
	feedDefault = 20
	pageMax     = 100
	followEvery = 200 * time.Millisecond
)

func (p *program) feed() *cobra.Command {
	follow, limit := false, int32(0)
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
	feed.Flags().Int32Var(&limit, "limit", feedDefault, "how many items to show at first, 1 to 100")
	return feed
}

// item is one thing in the feed, as JSON for programs.
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

func shown(items []client.FeedItem) []item {
	all := make([]item, len(items))
	for i, each := range items {
		all[i] = item{
			each.ID, string(each.Type), each.AccountID, each.TransactionID, each.Created,
			each.Title, each.Body, each.Emoji, each.Amount, each.Currency,
		}
	}
	return all
}

func (p *program) runFeed(ctx context.Context, follow bool, limit int32) error {
	n, err := p.customer(ctx)
	if err != nil {
		return err
	}
	items, err := page(ctx, n, client.ListFeedParams{Limit: limit})
	if err != nil {
		return err
	}
	if follow {
		return ignoreEnd(p.follow(ctx, n, items.Items))
	}
	if p.json() {
		return p.print(shown(items.Items))
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
func (p *program) follow(ctx context.Context, n bank.Notice, items []client.FeedItem) error {
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

func (p *program) showNew(items []client.FeedItem) error {
	if !p.json() {
		return p.showItems(items)
	}
	for _, each := range shown(items) {
		if err := p.print(each); err != nil {
			return err
		}
	}
	return nil
}

// since is every item after one, newest first; all of them if there is none.
func since(ctx context.Context, n bank.Notice, last string) ([]client.FeedItem, error) {
	params := client.ListFeedParams{Since: last, Limit: pageMax}
	var items []client.FeedItem
	for {
		next, err := page(ctx, n, params)
		if err != nil {
			return nil, err
		}
		items = append(items, next.Items...)
		if next.NextPageToken == "" {
			return items, nil
		}
		params.PageToken = next.NextPageToken
	}
}

func page(ctx context.Context, n bank.Notice, params client.ListFeedParams) (client.FeedItems, error) {
	params.AccountID = n.Demonstration.AccountID
	answer, err := publicAPI(n).ListFeed(ctx, params)
	if err != nil {
		return client.FeedItems{}, fmt.Errorf("reading the feed: %w", err)
	}
	return answer, nil
}

// showItems writes items in columns, in their order.
func (p *program) showItems(items []client.FeedItem) error {
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
