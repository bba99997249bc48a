package archive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"farthing/pkg/store"
)

// Target is where an export goes.
type Target struct {
	// Name tells the imports of one export apart: each keeps in the folder how far it is. Lower case letters, digits,
	// hyphens and underscores, up to 64.
	Name string
	// Store must have been migrated, and nobody may use it meanwhile.
	Store store.Store
	// ExpiringTTL is how long the rows of expiring tables live from now on, for an export does not know it; 0 is 90 days.
	// It is from a second to ten years, and must be longer than any of them still counts by its own columns.
	ExpiringTTL time.Duration
}

const (
	usualTTL = 90 * 24 * time.Hour
	longTTL  = 10 * 365 * 24 * time.Hour

	inFlight = 32 // Batches at once: a node syncs many in one go, and more would only wait for it.
)

// Import writes a finished export into a store, and answers what the export holds. Before it writes anything it refuses
// an export of other tables (ErrForeign) and a damaged one (Damage). What the store holds already must be equal to what
// is imported, else ErrDifferent; such a row is left as it is, but others may have been written. One that was cut off
// is finished when it is asked again, and asking again for a finished one changes nothing. While the store is not
// available it waits, until the context ends. Progress may be nil.
//
// Conditional tables are written by conditional batches only, the rows first and statics last: a partition that is not
// whole yet has no state, so no service takes it for whole.
func Import(
	ctx context.Context, dir string, to Target, schemas []store.Schema, progress func(Progress),
) (Summary, error) {
	return importing(ctx, dir, to, schemas, progress, pieces{rows: 8 * store.MaxRows, bytes: 4 << 20})
}

func importing(
	ctx context.Context, dir string, to Target, schemas []store.Schema, progress func(Progress), size pieces,
) (Summary, error) {
	if err := to.check(); err != nil {
		return Summary{}, fmt.Errorf("importing: %w", err)
	}
	m, tables, err := opened(dir, schemas)
	if err != nil {
		return Summary{}, fmt.Errorf("importing %s: %w", dir, err)
	}
	for _, schema := range schemas {
		if err := to.Store.Check(ctx, schema); err != nil {
			return Summary{}, fmt.Errorf("importing into %s: %w", to.Name, err)
		}
	}
	i := &importer{dir: dir, to: to, size: size, reporter: reporting(progress)}
	if err := checkFiles(ctx, dir, tables, i.reporter); err != nil {
		return Summary{}, fmt.Errorf("importing %s: %w", dir, err)
	}
	if err := i.begin(m); err != nil {
		return Summary{}, fmt.Errorf("importing %s: %w", dir, err)
	}
	for n, t := range tables {
		if err := i.table(ctx, n, t); err != nil {
			return Summary{}, fmt.Errorf("importing %s: %w", t.shape.name(), err)
		}
	}
	return m.summary(), nil
}

func (t *Target) check() error {
	if t.ExpiringTTL == 0 {
		t.ExpiringTTL = usualTTL
	}
	if t.ExpiringTTL < time.Second || t.ExpiringTTL > longTTL {
		return fmt.Errorf("expiring rows live from a second to ten years, not %v", t.ExpiringTTL)
	}
	const longest = 64
	for _, letter := range []byte(t.Name) {
		isSmall := letter >= 'a' && letter <= 'z' || letter >= '0' && letter <= '9'
		if !isSmall && letter != '-' && letter != '_' {
			return fmt.Errorf("target %q: a name is lower case letters, digits, hyphens and underscores", t.Name)
		}
	}
	if t.Name == "" || len(t.Name) > longest {
		return fmt.Errorf("target %q: a name has 1 to %d letters", t.Name, longest)
	}
	return nil
}

// importer is an import under way.
type importer struct {
	dir      string
	to       Target
	size     pieces
	state    importState
	reporter *reporter
}

// importState is how far an import is, durably.
type importState struct {
	Format int           `json:"format"`
	Source string        `json:"source"`
	Tables []importTable `json:"tables"`
}

// importTable is how far a table is: all before this place in its file is in the store.
type importTable struct {
	Table  string `json:"table"`
	Digest digest `json:"digest"` // Of the whole table, so that the state fits its export only.
	Record int64  `json:"record"`
	Offset int64  `json:"offset"`
	Done   bool   `json:"done"`
}

func (i *importer) stateName() string { return "import-" + i.to.Name + ".json" }

// begin goes on where the last import into this target ended.
func (i *importer) begin(m manifest) error {
	state, found, err := loadDocument[importState](i.dir, i.stateName())
	if err != nil {
		return err
	}
	fresh := importState{Format: format, Source: m.Source}
	for _, t := range m.Tables {
		fresh.Tables = append(fresh.Tables, importTable{Table: t.Shape.name(), Digest: t.Holds.Digest})
	}
	if !found {
		i.state = fresh
		return saveDocument(i.dir, i.stateName(), fresh)
	}
	if !state.fits(fresh) {
		return foreign("%s belongs to another export", i.stateName())
	}
	i.state = state
	return nil
}

func (s importState) fits(fresh importState) bool {
	if s.Format != fresh.Format || s.Source != fresh.Source || len(s.Tables) != len(fresh.Tables) {
		return false
	}
	for n, t := range s.Tables {
		if t.Table != fresh.Tables[n].Table || t.Digest != fresh.Tables[n].Digest {
			return false
		}
	}
	return true
}

// table imports a table from where it is durably.
func (i *importer) table(ctx context.Context, n int, t archived) (err error) {
	state := &i.state.Tables[n]
	w := &writer{
		engine: i.to.Store.Open(t.shape.Keyspace), keyspace: t.shape.Keyspace, spec: t.spec, layout: newLayout(t.spec),
		ttl: i.to.ExpiringTTL, reporter: i.reporter,
	}
	if err := i.recognise(ctx, *state, t, w); err != nil {
		return err
	}
	if w.blind, err = i.empty(ctx, *state, w); err != nil {
		return err
	}
	file, err := openFile(i.dir, t, state.Record, state.Offset)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if state.Done {
		i.reporter.report(file.progress(Importing, true))
		return nil
	}
	for !state.Done {
		entries, more, err := file.piece(i.size)
		if err != nil {
			return err
		}
		if err := i.write(ctx, w, entries); err != nil {
			return err
		}
		state.Record, state.Offset, state.Done = file.number, file.offset, !more
		if err := saveDocument(i.dir, i.stateName(), i.state); err != nil {
			return err
		}
		i.reporter.report(file.progress(Importing, !more))
	}
	return nil
}

// write writes entries, many batches at once, but no statics before all rows are there.
func (i *importer) write(ctx context.Context, w *writer, entries []entry) error {
	for _, part := range byKind(entries) {
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(inFlight)
		for _, task := range w.tasks(part) {
			group.Go(func() error { return task(ctx) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// recognise refuses a store that lacks what was imported into a target of this name before: it is another store, or a
// new one in the place of the old, and taking it for the old one would lose rows.
func (i *importer) recognise(ctx context.Context, state importTable, t archived, w *writer) error {
	if state.Record == 0 || w.spec.Class == store.ExpiringClass { // An expired row would be missed in vain.
		return nil
	}
	file, err := openFile(i.dir, t, 0, 0)
	if err != nil {
		return err
	}
	first, some, err := file.entry()
	if err = errors.Join(err, file.Close()); err != nil || !some {
		return err
	}
	_, there, err := w.stored(ctx, first.kind, first.row)
	if err == nil && !there {
		err = foreign("the store lacks what was imported into %s before; to import into it anew, remove %s",
			i.to.Name, i.stateName())
	}
	return err
}

// empty tells whether a plain table may be written without looking: it is, or would be, begun with nothing in it.
func (i *importer) empty(ctx context.Context, state importTable, w *writer) (bool, error) {
	if w.spec.Class != store.PlainClass || state.Record > 0 {
		return false, nil
	}
	first, err := walked(ctx, i.reporter, w.engine, w.spec, rowRecord, "", 1)
	return len(first.rows) == 0 && first.next == "", err
}
