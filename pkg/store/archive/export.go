package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"farthing/pkg/store"
)

const exportName = "export.json"

// Source is what is exported.
type Source struct {
	// Name is which bank this is and where it is kept, such as "pebble /var/lib/farthing". A folder that was begun for one
	// source is refused to others: places in a walk mean something in one store only.
	Name  string
	Store store.Store
}

// Export writes all tables of these schemas into a folder, which is made if need be and must be empty or hold an export
// of the same tables from the same source. One that was cut off is finished; a finished one answers what it holds.
// Anything else in the folder is ErrForeign. Progress may be nil.
func Export(
	ctx context.Context, from Source, schemas []store.Schema, dir string, progress func(Progress),
) (Summary, error) {
	return export(ctx, from, schemas, dir, progress, usualPieces)
}

// pieces are how much is read and made durable at once.
type pieces struct {
	rows  int // Of a walk, or of a file.
	bytes int // At least so many between two syncs, as long as there are any.
}

var usualPieces = pieces{rows: store.MaxRows, bytes: 4 << 20} // Never changed.

func export(
	ctx context.Context, from Source, schemas []store.Schema, dir string, progress func(Progress), size pieces,
) (Summary, error) {
	tables, err := declaredIn(schemas)
	if err != nil {
		return Summary{}, fmt.Errorf("exporting: %w", err)
	}
	for _, schema := range schemas {
		if err := from.Store.Check(ctx, schema); err != nil {
			return Summary{}, fmt.Errorf("exporting %s: %w", schema.Keyspace, err)
		}
	}
	e := &exporter{dir: dir, size: size, reporter: reporting(progress)}
	finished, err := e.begin(from.Name, tables)
	if err != nil {
		return Summary{}, fmt.Errorf("exporting to %s: %w", dir, err)
	}
	if finished != nil {
		return finished.summary(), nil
	}
	for n, t := range tables {
		if err := e.table(ctx, n, from.Store.Open(t.shape.Keyspace), t.spec); err != nil {
			return Summary{}, fmt.Errorf("exporting %s: %w", t.shape.name(), err)
		}
	}
	return e.finish()
}

// exporter is an export under way.
type exporter struct {
	dir      string
	size     pieces
	state    exportState
	reporter *reporter
}

// exportState is how far an export is, durably.
type exportState struct {
	Format int          `json:"format"`
	Source string       `json:"source"`
	Tables []tableState `json:"tables"`
}

// tableState is how far a table's export is: what its file holds, and where the walk goes on.
type tableState struct {
	Shape   shape  `json:"shape"`
	Phase   phase  `json:"phase"`
	Place   string `json:"place,omitempty"`
	Bytes   int64  `json:"bytes"`
	Records int64  `json:"records"`
	Holds   tally  `json:"holds"`
}

// phase is what is being walked.
type phase string

const (
	rowsPhase    phase = "rows"
	staticsPhase phase = "statics"
	donePhase    phase = "done"
)

// begin takes the folder for this export, or answers the manifest of one that is finished.
func (e *exporter) begin(source string, tables []declared) (*manifest, error) {
	if err := os.MkdirAll(e.dir, folderMode); err != nil {
		return nil, err
	}
	m, err := loadManifest(e.dir)
	if err == nil {
		shapes := shapesOf(m.Tables, func(t exported) shape { return t.Shape })
		return &m, sameExport(m.Source, source, shapes, tables)
	}
	if !errors.Is(err, ErrUnfinished) {
		return nil, err
	}
	state, found, err := loadDocument[exportState](e.dir, exportName)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, e.start(source, tables)
	}
	if state.Format != format {
		return nil, foreign("its format is %d, and this program knows %d", state.Format, format)
	}
	e.state = state
	shapes := shapesOf(state.Tables, func(t tableState) shape { return t.Shape })
	return nil, sameExport(state.Source, source, shapes, tables)
}

// start makes an empty folder this export's.
func (e *exporter) start(source string, tables []declared) error {
	there, err := os.ReadDir(e.dir)
	if err != nil {
		return err
	}
	for _, entry := range there {
		if entry.Name() != exportName+".new" { // All that a crash leaves this early.
			return foreign("it is not empty, and holds no export")
		}
	}
	e.state = exportState{Format: format, Source: source}
	for _, t := range tables {
		e.state.Tables = append(e.state.Tables, tableState{Shape: t.shape, Phase: rowsPhase})
	}
	return saveDocument(e.dir, exportName, e.state)
}

func shapesOf[T any](tables []T, of func(T) shape) []shape {
	shapes := make([]shape, len(tables))
	for n, t := range tables {
		shapes[n] = of(t)
	}
	return shapes
}

// sameExport refuses a folder that was begun for another source or other tables.
func sameExport(began, source string, shapes []shape, tables []declared) error {
	if began != source {
		return foreign("it was begun for %q, not for %q", began, source)
	}
	for n, s := range shapes {
		if n >= len(tables) {
			return foreign("table %s is not declared any more", s.name())
		}
		if here := tables[n].shape; !s.equal(here) {
			return foreign("it has table %s where %s is declared, or another declaration of it", s.name(), here.name())
		}
	}
	if len(tables) > len(shapes) {
		return foreign("table %s was not declared when it was begun", tables[len(shapes)].shape.name())
	}
	return nil
}

// table writes a table's file from where it ends durably.
func (e *exporter) table(ctx context.Context, n int, engine store.Engine, spec *store.Spec) (err error) {
	state := &e.state.Tables[n]
	file, err := openAt(filepath.Join(e.dir, state.Shape.file()), state.Bytes)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w := walk{engine: engine, spec: spec, layout: newLayout(spec), size: e.size, reporter: e.reporter}
	if state.Phase == donePhase {
		e.report(*state)
	}
	for state.Phase != donePhase {
		next, written, err := w.piece(ctx, *state)
		if err != nil {
			return err
		}
		if _, err := file.Write(written); err != nil {
			return err
		}
		if err := file.Sync(); err != nil {
			return err
		}
		*state = next
		if err := saveDocument(e.dir, exportName, e.state); err != nil {
			return err
		}
		e.report(*state)
	}
	return nil
}

// openAt opens a file to go on behind its first so many bytes, which are durable; what follows them is not.
func openAt(path string, size int64) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && info.Size() < size {
		err = &Damage{File: filepath.Base(path), Offset: info.Size(), Why: "it is shorter than it was"}
	}
	if err == nil {
		err = file.Truncate(size)
	}
	if err == nil {
		_, err = file.Seek(size, 0)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func (e *exporter) report(t tableState) {
	e.reporter.report(Progress{
		Step: Exporting, Keyspace: t.Shape.Keyspace, Table: t.Shape.Table,
		Rows: t.Holds.total(), Bytes: t.Bytes, Done: t.Phase == donePhase,
	})
}

// finish writes the manifest: from here on the export is whole.
func (e *exporter) finish() (Summary, error) {
	m := manifest{Format: format, Source: e.state.Source}
	for _, t := range e.state.Tables {
		m.Tables = append(m.Tables, exported{t.Shape, t.Shape.file(), t.Bytes, t.Records, t.Holds})
	}
	if err := saveDocument(e.dir, manifestName, m); err != nil {
		return Summary{}, err
	}
	// If this is never done, the manifest still counts more.
	if err := os.Remove(filepath.Join(e.dir, exportName)); err != nil {
		return Summary{}, fmt.Errorf("exporting: %w", err)
	}
	return m.summary(), nil
}

// walk reads a table and writes records.
type walk struct {
	engine   store.Engine
	spec     *store.Spec
	layout   *layout
	size     pieces
	reporter *reporter
	body     []byte // Of the last row; used again.
}

// piece is what follows the state, as records, and the state after it.
func (w *walk) piece(ctx context.Context, t tableState) (tableState, []byte, error) {
	var to []byte
	if t.Records == 0 {
		to = t.append(to, headRecord, jsonOf(t.Shape))
	}
	start := t.Bytes
	for t.Phase != donePhase && t.Bytes-start < int64(w.size.bytes) {
		kind := rowRecord
		if t.Phase == staticsPhase {
			kind = staticsRecord
		}
		found, err := walked(ctx, w.reporter, w.engine, w.spec, kind, t.Place, w.size.rows)
		if err != nil {
			return t, nil, err
		}
		for _, row := range found.rows {
			w.body = w.layout.appendRow(w.body[:0], row)
			to = t.append(to, kind, w.body)
		}
		if t.Place = found.next; t.Place == "" {
			t.Phase = w.after(t.Phase)
		}
	}
	if t.Phase == donePhase {
		to = t.append(to, endRecord, jsonOf(t.Holds))
	}
	return t, to, nil
}

func (w *walk) after(p phase) phase {
	if p == rowsPhase && len(w.spec.Static) > 0 {
		return staticsPhase
	}
	return donePhase
}

// append writes the table's next record.
func (t *tableState) append(to []byte, kind recordKind, body []byte) []byte {
	all, payload := appendRecord(to, t.Records, kind, body)
	if kind == rowRecord || kind == staticsRecord {
		t.Holds.add(kind, payload)
	}
	t.Records++
	t.Bytes += int64(len(all) - len(to))
	return all
}

// jsonOf is a value of our own, which always marshals.
func jsonOf(value any) []byte {
	text, _ := json.Marshal(value)
	return text
}
