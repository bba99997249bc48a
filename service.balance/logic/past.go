package logic

import (
	"context"
	"fmt"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/store"
)

// Past is an account as it was right after one of its entries.
type Past struct {
	Currency     string
	Sequence     int64 // Of the entry; 0 for none.
	Posted, Held int64 // Minor units.
	TotalIn      int64 // Minor units that had ever come in.
}

// Available is what could be spent, in minor units.
func (p Past) Available() int64 { return p.Posted - p.Held }

// place is one in an account's past: after the entry with a sequence, which is in this bucket or the last of the
// one before.
type place struct {
	bucket   Account // Its newest or closing state.
	sequence int64
}

// At is an account as it was at a time: after the newest entry that was made then or before. It reads the list of
// buckets and a few entries of one of them, however long the account's life is. not_found.account if there is none.
func (l *Ledger) At(ctx context.Context, account string, at time.Time) (Past, error) {
	bucket, err := l.bucketAt(ctx, account, at)
	if err != nil {
		return Past{}, err
	}
	found, err := l.placeAt(ctx, bucket, at)
	if err != nil {
		return Past{}, err
	}
	return l.past(ctx, found)
}

func (l *Ledger) bucketAt(ctx context.Context, account string, at time.Time) (Account, error) {
	n, err := l.accounts.BucketAt(ctx, account, at)
	for ; err == nil && n >= 0; n-- { // The last one that is listed may be yet to be opened.
		state, opened, err := l.accounts.LoadIn(ctx, account, n)
		if err != nil || opened {
			return state, err
		}
	}
	if err == nil {
		err = errs.Missing("account")
	}
	return Account{}, err
}

// placeAt looks in a bucket by halves: its entries are in the order of their times.
func (l *Ledger) placeAt(ctx context.Context, bucket Account, at time.Time) (place, error) {
	low, high := bucket.Opening.Version, bucket.Version
	if !bucket.LastAt.After(at) {
		low = high
	}
	for low < high {
		middle := low + (high-low+1)/2 //nolint:mnd // By halves.
		e, err := l.entryIn(ctx, bucket, middle)
		if err != nil {
			return place{}, err
		}
		if e.At.After(at) {
			high = middle - 1
		} else {
			low = middle
		}
	}
	return place{bucket, low}, nil
}

// entryIn is an entry of a bucket, or the last one of the bucket before.
func (l *Ledger) entryIn(ctx context.Context, bucket Account, sequence int64) (Entry, error) {
	n := bucket.Bucket
	if sequence == bucket.Opening.Version {
		n--
	}
	found, err := l.accounts.ListIn(ctx, bucket.ID, n, sequence-1, 1)
	if err == nil && (len(found) == 0 || found[0].Sequence != sequence) {
		err = errs.Newf(errs.Internal, "%s has no entry %d", bucket.ID, sequence)
	}
	if err != nil {
		return Entry{}, err
	}
	return found[0], nil
}

func (l *Ledger) past(ctx context.Context, at place) (Past, error) {
	p := Past{Currency: at.bucket.Currency, Sequence: at.sequence}
	if at.sequence == 0 {
		return p, nil
	}
	e, err := l.entryIn(ctx, at.bucket, at.sequence)
	if err != nil {
		return Past{}, err
	}
	p.Posted, p.Held = e.Posted, e.Held
	p.TotalIn, err = l.totalIn(ctx, at)
	return p, err
}

const pastPage = 1_000

// totalIn is what had come in at the opening of a bucket, and what came in its entries since.
func (l *Ledger) totalIn(ctx context.Context, at place) (int64, error) {
	if at.sequence == at.bucket.Version {
		return at.bucket.TotalIn, nil
	}
	total, after := int64(0), at.bucket.Opening.Version
	if at.bucket.Bucket > 0 {
		before, _, err := l.accounts.LoadIn(ctx, at.bucket.ID, at.bucket.Bucket-1)
		if err != nil {
			return 0, err
		}
		total = before.TotalIn
	}
	for after < at.sequence {
		page, err := l.accounts.ListIn(ctx, at.bucket.ID, at.bucket.Bucket, after, int(min(pastPage, at.sequence-after)))
		if err != nil {
			return 0, err
		}
		if len(page) == 0 {
			return 0, errs.Newf(errs.Internal, "%s has no entry %d", at.bucket.ID, after+1)
		}
		for _, e := range page {
			total, after = total+max(e.PostedChange, 0), e.Sequence
		}
	}
	return total, nil
}

// Period is a stretch of an account's past, and where in it a page begins.
type Period struct {
	Account  string
	From, To time.Time // To is not in it.
	After    int64     // Entries with greater sequences; 0 for all.
	Limit    int       // Postings at most.
}

// Statement is what an account had before and after a period, and a page of what was posted in it. Opening and In are
// Out and Closing.
type Statement struct {
	Opening, Closing Past
	In, Out          int64   // Minor units, of the whole period.
	Postings         []Entry // That changed what is posted, in order.
	Next             int64   // After which sequence to go on; 0 at the end. A page that is not the last may be short.
}

// pagesRead bounds how many entries one page of a statement looks through: most may be holds.
const pagesRead = 5

// Statement is a page of an account's statement. Of a period that is not over yet each page tells the newest sums:
// those of the last page are of all postings.
func (l *Ledger) Statement(ctx context.Context, p Period) (Statement, error) {
	opening, err := l.At(ctx, p.Account, p.From.Add(-time.Millisecond))
	if err != nil {
		return Statement{}, fmt.Errorf("opening a statement: %w", err)
	}
	closing, err := l.At(ctx, p.Account, p.To.Add(-time.Millisecond))
	if err != nil {
		return Statement{}, fmt.Errorf("closing a statement: %w", err)
	}
	s := Statement{Opening: opening, Closing: closing, In: closing.TotalIn - opening.TotalIn}
	s.Out = opening.Posted + s.In - closing.Posted
	return s, l.postings(ctx, p, &s)
}

// postings fills a page.
func (l *Ledger) postings(ctx context.Context, p Period, s *Statement) error {
	after := max(p.After, s.Opening.Sequence)
	for range pagesRead {
		if after >= s.Closing.Sequence {
			return nil
		}
		entries, err := l.accounts.List(ctx, p.Account, after, int(min(pastPage, s.Closing.Sequence-after)))
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			return store.Unavailable(errs.Newf(errs.Internal, "entry %d is not to be read yet", after+1))
		}
		for _, e := range entries {
			if after = e.Sequence; e.PostedChange == 0 {
				continue
			}
			if s.Postings = append(s.Postings, e); len(s.Postings) == p.Limit {
				break
			}
		}
		if len(s.Postings) == p.Limit {
			break
		}
	}
	if after < s.Closing.Sequence {
		s.Next = after
	}
	return nil
}
