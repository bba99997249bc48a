// Package api measures the public API of a bank: how much of it can be read, and how soon streams tell what happened.
package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"farthing/client"
	"farthing/cmd/farthing/bench"
	"farthing/cmd/farthing/bench/loop"
	"farthing/cmd/farthing/development"
)

// Bank is a bank to measure.
type Bank struct {
	bench.Target
	API string // The base address of its public API.
}

// Items is how many transactions a list has.
const Items = 30

// Routes are the routes that can be read, by what they are called.
func Routes() map[string]func(development.Person) string {
	return map[string]func(development.Person) string{
		"balance": func(p development.Person) string { return "/balance?account_id=" + p.AccountID },
		"transactions": func(p development.Person) string {
			return "/transactions?account_id=" + p.AccountID + "&limit=" + strconv.Itoa(Items)
		},
	}
}

// Prepare makes customers, each with Items transactions at least, and answers them. A repeat answers the same.
func Prepare(ctx context.Context, bank Bank, n int) ([]development.Person, error) {
	people, err := bench.People(ctx, bank.Target, n)
	if err != nil {
		return nil, err
	}
	var cards []string
	for _, p := range people {
		asked := client.ListTransactionsParams{AccountID: p.AccountID, Limit: Items}
		found, err := client.New(bank.API, client.WithToken(p.AccessToken)).ListTransactions(ctx, asked)
		if err != nil {
			return nil, fmt.Errorf("looking for transactions: %w", err)
		}
		if len(found.Transactions) < Items {
			cards = append(cards, p.CardID)
		}
	}
	if err := bench.Pay(ctx, bank.Target, cards, Items); err != nil {
		return nil, fmt.Errorf("making transactions: %w", err)
	}
	return people, nil
}

// answerWithin is far more than the API takes.
const answerWithin = 10 * time.Second

// Read reads a route of customers in turn, under a load. The client is a frugal one: what it takes of the machine the
// bank does not have.
func Read(
	ctx context.Context, load loop.Load, api string, people []development.Person, route func(development.Person) string,
) (*loop.Result, error) {
	at, err := url.Parse(api)
	if err != nil {
		return nil, fmt.Errorf("the address of the API: %w", err)
	}
	frugal := &fasthttp.HostClient{
		Addr: at.Host, MaxConns: load.Workers, ReadTimeout: answerWithin, WriteTimeout: answerWithin,
	}
	defer frugal.CloseIdleConnections()
	addresses, bearers := make([]string, len(people)), make([]string, len(people))
	for i, p := range people {
		addresses[i], bearers[i] = api+route(p), "Bearer "+p.AccessToken
	}
	var turn atomic.Int64
	return loop.Run(ctx, load, func(context.Context, int) error {
		i := int(turn.Add(1)) % len(people)
		return get(frugal, addresses[i], bearers[i])
	}), nil
}

func get(frugal *fasthttp.HostClient, address, bearer string) error {
	req, rsp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(rsp)
	req.SetRequestURI(address)
	req.Header.Set("Authorization", bearer)
	if err := frugal.Do(req, rsp); err != nil {
		return err
	}
	if rsp.StatusCode() != http.StatusOK {
		return fmt.Errorf("the API answers %d: %s", rsp.StatusCode(), rsp.Body())
	}
	return nil
}
