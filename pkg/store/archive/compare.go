package archive

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"farthing/pkg/store"
)

// Differences are the tables that are not equal, in the order of their declaration.
type Differences struct {
	Tables []Difference
}

// None tells whether everything is equal.
func (d Differences) None() bool { return len(d.Tables) == 0 }

// String is a line for each table that is not equal, and nothing if all are.
func (d Differences) String() string {
	lines := make([]string, len(d.Tables))
	for n, t := range d.Tables {
		lines[n] = fmt.Sprintf("%s.%s: %d missing, %d extra, %d different (%s)",
			t.Keyspace, t.Table, t.Missing, t.Extra, t.Different, strings.Join(t.Samples, ", "))
	}
	return strings.Join(lines, "\n")
}

// Difference is how a table in the second place differs from the same table in the first.
type Difference struct {
	Keyspace, Table string
	// How many rows and statics of partitions only the first has, only the second has, and both have differently.
	Missing, Extra, Different int64
	// Samples names some of them by a hash of their keys.
	Samples []string
}

// maxSamples is how many rows of a table are named.
const maxSamples = 5

// Compare tells how the tables of two stores differ; b is what should be equal to a. It walks both once, and only where
// they differ looks up row by row where. Nothing may be written meanwhile. Progress may be nil.
func Compare(
	ctx context.Context, a, b store.Store, schemas []store.Schema, progress func(Progress),
) (Differences, error) {
	tables, err := declaredIn(schemas)
	if err != nil {
		return Differences{}, fmt.Errorf("comparing: %w", err)
	}
	var all Differences
	r := reporting(progress)
	for _, t := range tables {
		first := side{a.Open(t.shape.Keyspace), t, r}
		second := side{b.Open(t.shape.Keyspace), t, r}
		found, err := compareStores(ctx, first, second)
		if err != nil {
			return Differences{}, fmt.Errorf("comparing %s: %w", t.shape.name(), err)
		}
		all.add(found)
	}
	return all, nil
}

// Verify tells how the tables of a store differ from a finished export. It walks the store once, and reads the export's
// files only where they differ; of rows that only the store has it tells how many, and does not name any. Progress may
// be nil.
func Verify(
	ctx context.Context, dir string, of store.Store, schemas []store.Schema, progress func(Progress),
) (Differences, error) {
	_, tables, err := opened(dir, schemas)
	if err != nil {
		return Differences{}, fmt.Errorf("verifying: %w", err)
	}
	var all Differences
	r := reporting(progress)
	for _, t := range tables {
		found, err := verify(ctx, dir, t, side{of.Open(t.shape.Keyspace), t.declared, r})
		if err != nil {
			return Differences{}, fmt.Errorf("verifying %s: %w", t.shape.name(), err)
		}
		all.add(found)
	}
	return all, nil
}

func (d *Differences) add(found *Difference) {
	if found != nil {
		d.Tables = append(d.Tables, *found)
	}
}

// side is a table in one of the stores.
type side struct {
	engine   store.Engine
	of       declared
	reporter *reporter
}

// each visits a table in pieces of rows, then of statics.
func (s side) each(ctx context.Context, visit func(recordKind, []store.Row) error) error {
	kinds := []recordKind{rowRecord, staticsRecord}
	if len(s.of.spec.Static) == 0 {
		kinds = kinds[:1]
	}
	for _, kind := range kinds {
		for place, more := "", true; more; more = place != "" {
			found, err := walked(ctx, s.reporter, s.engine, s.of.spec, kind, place, store.MaxRows)
			if err != nil {
				return err
			}
			if err := visit(kind, found.rows); err != nil {
				return err
			}
			place = found.next
		}
	}
	return nil
}

// tally counts and hashes all that the table holds.
func (s side) tally(ctx context.Context, tell func(tally)) (tally, error) {
	var t tally
	rows := newLayout(s.of.spec)
	var body, payload []byte
	err := s.each(ctx, func(kind recordKind, found []store.Row) error {
		for _, row := range found {
			body = rows.appendRow(body[:0], row)
			payload = appendPayload(payload[:0], kind, body)
			t.add(kind, payload)
		}
		tell(t)
		return nil
	})
	return t, err
}

func (s side) report(step Step, rows, total int64, done bool) {
	s.reporter.report(Progress{
		Step: step, Keyspace: s.of.shape.Keyspace, Table: s.of.shape.Table, Rows: rows, Total: total, Done: done,
	})
}

func compareStores(ctx context.Context, a, b side) (*Difference, error) {
	var first, second tally
	group, both := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		first, err = a.tally(both, func(t tally) { a.report(Comparing, t.total(), 0, false) })
		return err
	})
	group.Go(func() (err error) {
		second, err = b.tally(both, func(tally) {})
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	a.report(Comparing, first.total(), first.total(), true)
	if first == second {
		return nil, nil
	}
	missing, extra := &search{in: b, total: first.total()}, &search{in: a, total: second.total()}
	if err := a.each(ctx, missing.look(ctx)); err != nil {
		return nil, err
	}
	if err := b.each(ctx, extra.look(ctx)); err != nil {
		return nil, err
	}
	return missing.difference(extra.missing, extra.samples)
}

func verify(ctx context.Context, dir string, t archived, s side) (_ *Difference, err error) {
	found, err := s.tally(ctx, func(so tally) { s.report(Comparing, so.total(), t.Holds.total(), false) })
	if err != nil {
		return nil, err
	}
	s.report(Comparing, found.total(), t.Holds.total(), true)
	if found == t.Holds {
		return nil, nil
	}
	file, err := openFile(dir, t, 0, 0)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	missing := &search{in: s, total: t.Holds.total()}
	for more := true; more; {
		var entries []entry
		if entries, more, err = file.piece(usualPieces); err != nil {
			return nil, err
		}
		for _, part := range byKind(entries) {
			if err := missing.look(ctx)(part[0].kind, rowsOf(part)); err != nil {
				return nil, err
			}
		}
	}
	extra := found.total() - (t.Holds.total() - missing.missing)
	return missing.difference(extra, nil)
}

// search looks rows of one side up in the other.
type search struct {
	in    side
	total int64
	seen  int64

	mu                 sync.Mutex // Guards the rest.
	missing, different int64
	samples            []string
}

// look is a visitor that looks rows up, several at once.
func (s *search) look(ctx context.Context) func(recordKind, []store.Row) error {
	return func(kind recordKind, rows []store.Row) error {
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(inFlight)
		for _, row := range rows {
			group.Go(func() error { return s.one(ctx, kind, row) })
		}
		s.seen += int64(len(rows))
		s.in.report(Locating, s.seen, s.total, s.seen == s.total)
		return group.Wait()
	}
}

func (s *search) one(ctx context.Context, kind recordKind, row store.Row) error {
	there, found, err := lookUp(ctx, s.in.reporter, s.in.engine, s.in.of.spec, kind, row)
	if err == nil && (!found || !same(there, row)) {
		s.note(kind, row, found)
	}
	return err
}

func (s *search) note(kind recordKind, row store.Row, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	what := "missing "
	if found {
		s.different++
		what = "different "
	} else {
		s.missing++
	}
	if len(s.samples) < maxSamples {
		s.samples = append(s.samples, what+newLayout(s.in.of.spec).nameOf(kind, row))
	}
}

// difference is what both ways of looking found together.
func (s *search) difference(extra int64, extraSamples []string) (*Difference, error) {
	if s.missing == 0 && s.different == 0 && extra == 0 {
		return nil, errors.New("it changed while it was compared")
	}
	d := &Difference{
		Keyspace: s.in.of.shape.Keyspace, Table: s.in.of.shape.Table,
		Missing: s.missing, Extra: extra, Different: s.different, Samples: s.samples,
	}
	for _, sample := range extraSamples {
		if rest, ok := strings.CutPrefix(sample, "missing "); ok && len(d.Samples) < maxSamples {
			d.Samples = append(d.Samples, "extra "+rest)
		}
	}
	return d, nil
}
