package bank

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/foundation"
	"farthing/pkg/id"
	"farthing/pkg/store"
	"farthing/pkg/store/archive"
)

// An export of a bank is a folder:
//
//	tables/               every row of every service (pkg/store/archive)
//	keys/                 the keys under which they are sealed: as secret as the bank itself
//	demonstration.json    who the demonstration customer is, if there is one
//	clock                 how far its time is ahead, if it was ever moved
const (
	tablesFolder = "tables"
	keysFolder   = "keys"
)

// Move is what an export or an import has to go by.
type Move struct {
	Options                // Of the bank: an export needs no shape, which its folder knows; an import's is the new one.
	Dir     string         // Where the export is.
	Report  func(Progress) // Told of every step, by one goroutine.
	// LeaveDeadLetters exports a bank although some of its events were given up: they stay behind.
	LeaveDeadLetters bool
}

// Progress is how far a move is: a table, or events that are waited for.
type Progress struct {
	archive.Progress
	Backlog map[string]int64 // Of each subscription; nil while tables are moved.
}

// Export writes everything that a bank in a folder has into another folder. The bank must not run. What its services
// have still to do about events is done first, since events are not exported. One that was cut off goes on where it
// was.
func Export(ctx context.Context, m Move) (archive.Summary, error) {
	b := &Bank{options: m.Options}
	summary, err := b.export(ctx, m)
	return summary, errors.Join(err, b.Stop(ctx))
}

func (b *Bank) export(ctx context.Context, m Move) (archive.Summary, error) {
	home := b.options.Folder.life()
	for _, step := range []func(context.Context) error{
		b.takeFolder, func(context.Context) error { return b.adoptShape(home) }, b.startApple,
	} {
		if err := step(ctx); err != nil {
			return archive.Summary{}, err
		}
	}
	if err := b.readClock(home); err != nil {
		return archive.Summary{}, err
	}
	ground, closeAll, err := b.shape.lay(ctx, home, b.clock)
	if err != nil {
		return archive.Summary{}, err
	}
	b.later(func(context.Context) error { return closeAll() })
	resumes, err := b.resumesExport(home, m.Dir)
	if err != nil {
		return archive.Summary{}, err
	}
	if !resumes {
		if err := b.comeToRest(ctx, ground, home, m); err != nil {
			return archive.Summary{}, err
		}
		if err := writeFile(exportMark(home), []byte(absolute(m.Dir))); err != nil {
			return archive.Summary{}, err
		}
	}
	if err := b.keepKeys(home, m.Dir); err != nil {
		return archive.Summary{}, fmt.Errorf("exporting the keys: %w", err)
	}
	from := archive.Source{Name: b.record().String() + " in " + b.options.Folder.Shown(), Store: ground.Store}
	return archive.Export(ctx, from, schemas(), filepath.Join(m.Dir, tablesFolder), m.tables)
}

// exportMark is where a bank at rest says to which folder it is being exported. A start takes it away.
func exportMark(home string) string { return filepath.Join(home, "export-begun") }

func absolute(dir string) string { return Folder(dir).Shown() }

// resumesExport tells whether an export to a folder was begun and the bank has not run since. It refuses a folder that
// holds anything else: half an export of what the bank was, and half of what it is, would be neither.
func (b *Bank) resumesExport(home, dir string) (bool, error) {
	mark, err := os.ReadFile(exportMark(home))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && len(entries) == 0:
		return false, nil
	case err != nil:
		return false, err
	case string(mark) != absolute(dir):
		return false, fmt.Errorf("%s is not empty, and holds no export of this bank as it is: choose another folder", dir)
	}
	return true, nil
}

// tables reports the progress of an archive.
func (m Move) tables(p archive.Progress) { m.report(Progress{Progress: p}) }

func (m Move) report(p Progress) {
	if m.Report != nil {
		m.Report(p)
	}
}

func schemas() []store.Schema {
	var all []store.Schema
	for _, s := range Stateful() {
		all = append(all, s.Schema)
	}
	return all
}

// adoptShape takes the shape that the bank in a folder has.
func (b *Bank) adoptShape(home string) error {
	kept, err := readRecord(home)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no bank in %s", b.options.Folder.Shown())
	}
	if err != nil {
		return err
	}
	b.options.Processes = kept.Shape != OneProcess
	b.options.Site.Prefix = kept.Prefix
	if b.options.Site.Cassandra == "" {
		b.options.Site.Cassandra = kept.Cassandra
	}
	b.shape = b.shapeOf()
	return nil
}

const lookAtBacklogEvery = 200 * time.Millisecond

// comeToRest runs all services, with their doors shut, until there is nothing that they have still to do.
func (b *Bank) comeToRest(ctx context.Context, ground *foundation.Ground, home string, m Move) error {
	process, err := ground.Start(ctx, b.partsOf(ground, home))
	if err != nil {
		return err
	}
	err = waitForRest(ctx, process, m)
	if err == nil && !m.LeaveDeadLetters {
		err = noDeadLetters(ctx, process)
	}
	return errors.Join(err, process.Shutdown(ctx))
}

// waitForRest returns when nothing was outstanding twice in a row: what a handler does may be an event again.
func waitForRest(ctx context.Context, process *foundation.Process, m Move) error {
	for quiet := 0; quiet < 2; {
		if err := clock.Wait(ctx, lookAtBacklogEvery); err != nil {
			return fmt.Errorf("waiting for events to be handled: %w", err)
		}
		backlog, err := process.Backlog(ctx)
		if err != nil {
			return err
		}
		quiet++
		if len(backlog) > 0 {
			quiet = 0
			m.report(Progress{Backlog: backlog})
		}
	}
	return nil
}

func noDeadLetters(ctx context.Context, process *foundation.Process) error {
	letters, err := process.DeadLetters(ctx)
	if err != nil || len(letters) == 0 {
		return err
	}
	var counts []string
	for _, name := range slices.Sorted(maps.Keys(letters)) {
		counts = append(counts, fmt.Sprintf("%s has %d", name, letters[name]))
	}
	return fmt.Errorf("events were given up and would stay behind (%s): replay them with 'farthing deadletters', "+
		"or export with --leave-dead-letters", strings.Join(counts, ", "))
}

// keepKeys copies what is beside the tables.
func (b *Bank) keepKeys(home, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return errors.Join(
		copyFolder(keysIn(home), filepath.Join(dir, keysFolder)),
		copyFile(customerFile(home), customerFile(dir)),
		copyFile(clockFile(home), clockFile(dir)),
	)
}

// Import makes a bank of an export, in a folder that has none and in any shape, and compares every row with the export
// when it is done. One that was cut off goes on where it was; the bank is there only when it is complete.
func Import(ctx context.Context, m Move) (archive.Summary, error) {
	b := &Bank{options: m.Options}
	b.shape = b.shapeOf()
	summary, err := b.importFrom(ctx, m)
	return summary, errors.Join(err, b.Stop(ctx))
}

func (b *Bank) importFrom(ctx context.Context, m Move) (archive.Summary, error) {
	if err := b.takeFolder(ctx); err != nil {
		return archive.Summary{}, err
	}
	home := b.options.Folder.life()
	if _, err := os.Stat(home); !errors.Is(err, fs.ErrNotExist) {
		return archive.Summary{}, errors.Join(err, fmt.Errorf("there is a bank in %s already", b.options.Folder.Shown()))
	}
	fresh := home + ".import"
	if err := b.layKeys(m.Dir, fresh); err != nil {
		return archive.Summary{}, fmt.Errorf("importing the keys: %w", err)
	}
	summary, err := b.fill(ctx, fresh, m)
	if err != nil {
		return archive.Summary{}, err
	}
	if err := writeRecord(fresh, b.record()); err != nil {
		return archive.Summary{}, err
	}
	if err := os.Rename(fresh, home); err != nil {
		return archive.Summary{}, err
	}
	return summary, syncFolder(string(b.options.Folder))
}

func (b *Bank) layKeys(dir, fresh string) error {
	if _, err := os.Stat(filepath.Join(dir, keysFolder)); err != nil {
		return fmt.Errorf("%s is no export of a bank: %w", dir, err)
	}
	if err := os.MkdirAll(fresh, 0o700); err != nil {
		return err
	}
	return errors.Join(
		copyFolder(filepath.Join(dir, keysFolder), keysIn(fresh)),
		copyFile(customerFile(dir), customerFile(fresh)),
		copyFile(clockFile(dir), clockFile(fresh)),
	)
}

// fill writes the tables and compares them.
func (b *Bank) fill(ctx context.Context, fresh string, m Move) (summary archive.Summary, err error) {
	if err := b.readClock(fresh); err != nil {
		return summary, err
	}
	ground, closeAll, err := b.shape.lay(ctx, fresh, b.clock)
	if err != nil {
		return summary, err
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	if err := b.startApple(ctx); err != nil { // Services register with its settings, though nothing is run.
		return summary, err
	}
	if err := foundation.Prepare(ctx, b.partsOf(ground, fresh)); err != nil {
		return summary, err
	}
	tables := filepath.Join(m.Dir, tablesFolder)
	to := archive.Target{Name: b.targetName(), Store: ground.Store}
	if summary, err = archive.Import(ctx, tables, to, schemas(), m.tables); err != nil {
		return summary, err
	}
	differences, err := archive.Verify(ctx, tables, ground.Store, schemas(), m.tables)
	if err == nil && !differences.None() {
		err = fmt.Errorf("the imported bank is not the exported one:\n%s", differences)
	}
	return summary, err
}

// targetName tells imports of one export apart: it is the folder's, wherever it is asked from.
func (b *Bank) targetName() string {
	return strings.ToLower(id.Hash("bank", b.options.Folder.Shown()))
}

// copyFolder copies the files of a folder, for their owner alone.
func copyFolder(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for _, entry := range entries {
		if err := copyFile(filepath.Join(from, entry.Name()), filepath.Join(to, entry.Name())); err != nil {
			return err
		}
	}
	return syncFolder(to)
}

// copyFile copies a file that may not be there.
func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return writeFile(to, content)
}
