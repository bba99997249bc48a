package api

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"farthing/cmd/farthing/bench"
	"farthing/cmd/farthing/bench/loop"
	"farthing/cmd/farthing/development"
)

const (
	opening = 64 // At once.
	// toldWithin is when a stream has missed an event.
	toldWithin = 10 * time.Second
	happened   = "event: transaction.created"
)

// Streams is streams of events that are open, as many for each customer.
type Streams struct {
	bank   Bank
	people []development.Person
	each   int
	told   map[string]chan struct{} // By account: once for each of its streams that has told of a transaction.
	end    context.CancelFunc
	ended  sync.WaitGroup
}

// Open opens so many streams for each customer, and returns when all are told what comes.
func Open(ctx context.Context, bank Bank, people []development.Person, each int) (*Streams, error) {
	ctx, cancel := context.WithCancel(ctx)
	s := &Streams{bank: bank, people: people, each: each, told: make(map[string]chan struct{}, len(people)), end: cancel}
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, ReadBufferSize: 1 << 10}}
	group, beginning := errgroup.WithContext(ctx)
	group.SetLimit(opening)
	for _, p := range people {
		s.told[p.AccountID] = make(chan struct{}, each)
		for range each {
			group.Go(func() error { return s.open(ctx, beginning, client, p) })
		}
	}
	if err := group.Wait(); err != nil {
		s.Close()
		return nil, fmt.Errorf("opening a stream: %w", err)
	}
	return s, nil
}

// Close ends all streams.
func (s *Streams) Close() {
	s.end()
	s.ended.Wait()
}

// open begins a stream, which lives as long as ctx, unless beginning ends before it has begun.
func (s *Streams) open(ctx, beginning context.Context, client *http.Client, p development.Person) error {
	if beginning.Err() != nil {
		return context.Cause(beginning)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.bank.API+"/events?account_id="+p.AccountID, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+p.AccessToken)
	rsp, err := client.Do(req)
	if err != nil {
		return err
	}
	if rsp.StatusCode != http.StatusOK {
		return errors.Join(fmt.Errorf("the API answers %s", rsp.Status), rsp.Body.Close())
	}
	lines := bufio.NewScanner(rsp.Body)
	if !lines.Scan() { // That it is ready.
		return errors.Join(errors.New("a stream ended at once"), lines.Err(), rsp.Body.Close())
	}
	told := s.told[p.AccountID]
	s.ended.Go(func() {
		defer func() { _ = rsp.Body.Close() }()
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), happened) {
				told <- struct{}{}
			}
		}
	})
	return nil
}

// Pay pays with the customers' cards in turn under a load, and answers how long it took from the beginning of a swipe
// until each stream of its customer had told of it. The load's workers may be no more than there are customers.
func (s *Streams) Pay(ctx context.Context, load loop.Load) (*loop.Result, error) {
	if load.Workers > len(s.people) {
		return nil, errors.New("two workers would pay with one customer's card")
	}
	swipers := make([]*bench.Swiper, len(s.people))
	for i, p := range s.people {
		swipers[i] = bench.NewSwiper(s.bank.Target, p.CardID)
	}
	rounds := make([]int, load.Workers)
	return loop.Run(ctx, load, func(ctx context.Context, worker int) error {
		i := (worker + rounds[worker]*load.Workers) % (len(s.people) / load.Workers * load.Workers)
		rounds[worker]++
		if err := swipers[i].Pay(ctx); err != nil {
			return err
		}
		return s.wait(ctx, s.people[i].AccountID)
	}), nil
}

// wait waits until each stream of an account has told of a transaction.
func (s *Streams) wait(ctx context.Context, account string) error {
	within, cancel := context.WithTimeout(ctx, toldWithin)
	defer cancel()
	for n := range s.each {
		select {
		case <-s.told[account]:
		case <-within.Done():
			return fmt.Errorf("%d of %d streams told nothing for %v", s.each-n, s.each, toldWithin)
		}
	}
	return nil
}
