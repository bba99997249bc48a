package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"golang.org/x/sync/errgroup"

	"farthing/cmd/farthing/development"
	"farthing/cmd/farthing/web"
)

// preparing is how many requests are under way while a bank is made ready.
const preparing = 16

// People makes customers who may use the public API, and answers them. A repeat answers the same, with new tokens.
func People(ctx context.Context, target Target, n int) ([]development.Person, error) {
	const minor = 10_000_00
	_, admin := target.doors(preparing)
	people := make([]development.Person, n)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(preparing)
	for i := range people {
		group.Go(func() error {
			query := url.Values{"name": {fmt.Sprint("Bench ", i)}, "minor": {strconv.Itoa(minor)}}
			address := target.Admin + development.PersonPath + "?" + query.Encode()
			return web.Send(ctx, admin, http.MethodPost, address, nil, &people[i])
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("making customers: %w", err)
	}
	return people, nil
}

// Pay pays a penny with each card, so many times, and waits until all is in the feeds and on the phones. It fails if
// one is not approved.
func Pay(ctx context.Context, target Target, cards []string, times int) error {
	look := target.looker()
	before, err := look(ctx)
	if err != nil {
		return err
	}
	s := NewSwiper(target, cards...)
	paying, within := errgroup.WithContext(ctx)
	paying.SetLimit(preparing)
	for range times * len(cards) {
		paying.Go(func() error { return s.Pay(within) })
	}
	if err := paying.Wait(); err != nil {
		return err
	}
	_, _, err = caughtUp(ctx, look, before, int64(times*len(cards)))
	return err
}
