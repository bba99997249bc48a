// Package bench measures a bank: swipes through the card edge, and how soon they reach the feed and the phone.
package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"farthing/cmd/farthing/bench/loop"
	"farthing/cmd/farthing/development"
	"farthing/cmd/farthing/web"
)

// Target is a bank to measure.
type Target struct {
	CardEdge, Admin string // Base addresses.
	// Handlers answer in place of the network, if set.
	CardEdgeHandler, AdminHandler http.Handler
}

// do sends a request and answers the response, whose body is the caller's to close.
type do func(*http.Request) (*http.Response, error)

// RoundTrip is http.RoundTripper's.
func (d do) RoundTrip(req *http.Request) (*http.Response, error) { return d(req) }

// doors are ways to the card edge and to the admin door.
func (t Target) doors(connections int) (edge do, admin *http.Client) {
	if t.CardEdgeHandler != nil {
		return inProcess(t.CardEdgeHandler), &http.Client{Transport: inProcess(t.AdminHandler)}
	}
	return overHTTP(connections).Do, overHTTP(1)
}

// Report is a run's result. Latencies are those of the card edge's answers, as the processor sees them.
type Report struct {
	Approved     int64   `json:"approved"`
	Declined     int64   `json:"declined"`
	Failed       int64   `json:"failed"`
	FirstFailure string  `json:"first_failure,omitempty"`
	Seconds      float64 `json:"seconds"`
	PerSecond    float64 `json:"approved_per_second"` // Until the last answer.
	// EndToEnd counts until every approved swipe is in the feed and on the phone.
	EndToEnd      float64 `json:"approved_per_second_end_to_end"`
	CatchUpMillis float64 `json:"catch_up_ms"`

	P50Millis float64 `json:"p50_ms"`
	P90Millis float64 `json:"p90_ms"`
	P99Millis float64 `json:"p99_ms"`
	MaxMillis float64 `json:"max_ms"`

	// Upper bounds of the buckets that hold the 99th percentile.
	FeedLagP99Millis float64 `json:"feed_lag_p99_ms"`
	PushLagP99Millis float64 `json:"push_lag_p99_ms"`

	// ConditionalWrites are those of all services meanwhile, applied or refused; 0 if the bank does not count them.
	ConditionalWrites int64 `json:"conditional_writes"`
}

// Run makes the accounts, swipes, and waits until feed and phones have caught up.
func Run(ctx context.Context, target Target, accounts int, load loop.Load) (*Report, error) {
	edge, admin := target.doors(load.Workers)
	cards, err := makeCards(ctx, admin, target.Admin, accounts)
	if err != nil {
		return nil, fmt.Errorf("making accounts: %w", err)
	}
	s := newSwiper(edge, target.CardEdge, cards)
	look := target.looker()
	before, err := look(ctx)
	if err != nil {
		return nil, err
	}
	result := drive(ctx, load, s)
	if result.Approved == 0 {
		return nil, fmt.Errorf("no swipe was approved; the first failure: %s", result.FirstFailure)
	}
	after, lag, err := caughtUp(ctx, look, before, result.Approved)
	if err != nil {
		return nil, err
	}
	return reportOf(result, before, after, lag), nil
}

// Cards makes accounts to drive messages at, in the bank whose admin door is at an address, and answers their cards. A
// repeat answers the same.
func Cards(ctx context.Context, admin string, n int) ([]string, error) {
	cards, err := makeCards(ctx, overHTTP(1), admin, n)
	if err != nil {
		return nil, fmt.Errorf("making accounts: %w", err)
	}
	return cards, nil
}

func makeCards(ctx context.Context, admin *http.Client, address string, n int) ([]string, error) {
	query := url.Values{"count": {strconv.Itoa(n)}, "batch": {"default"}}
	var made development.Customers
	err := web.Send(ctx, admin, http.MethodPost, address+development.CustomersPath+"?"+query.Encode(), nil, &made)
	return made.Cards, err
}

func reportOf(d *driven, before, after reading, catchUp time.Duration) *Report {
	asMillis := func(t time.Duration) float64 { return float64(t) / float64(time.Millisecond) }
	return &Report{
		Approved: d.Approved, Declined: d.Declined, Failed: d.Failed, FirstFailure: d.FirstFailure,
		Seconds: d.Seconds, PerSecond: float64(d.Approved) / d.Seconds,
		EndToEnd: float64(d.Approved) / (d.Seconds + catchUp.Seconds()), CatchUpMillis: asMillis(catchUp),
		P50Millis: d.P50Millis, P90Millis: d.P90Millis, P99Millis: d.P99Millis, MaxMillis: d.MaxMillis,
		FeedLagP99Millis: asMillis(after.quantileSince(before, feedLag, lagQuantile)),
		PushLagP99Millis: asMillis(after.quantileSince(before, pushLag, lagQuantile)),

		ConditionalWrites: after.conditionalWrites() - before.conditionalWrites(),
	}
}
