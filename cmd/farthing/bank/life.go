package bank

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"farthing/cmd/farthing/demo"
	"farthing/cmd/farthing/newcomer"
	"farthing/pkg/clock"
	"farthing/pkg/day"
	"farthing/pkg/foundation"
)

// beginLife makes the bank's life if this is its first start. It is made beside its place and moved there when it is
// complete: a start that is killed halfway leaves nothing that a later one would take for a bank.
func (b *Bank) beginLife(ctx context.Context) error {
	home := b.options.Folder.life()
	if _, err := os.Stat(home); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, b.checkShape(home), removeMark(home))
	}
	fresh := home + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("removing what an earlier start left: %w", err)
	}
	if err := os.MkdirAll(fresh, 0o700); err != nil {
		return err
	}
	if err := b.live(ctx, fresh); err != nil {
		return err
	}
	if err := writeRecord(fresh, b.record()); err != nil {
		return err
	}
	if err := os.Rename(fresh, home); err != nil {
		return err
	}
	return syncFolder(string(b.options.Folder))
}

// removeMark has an export that was cut off begin anew: the bank is about to change.
func removeMark(home string) error {
	if err := os.Remove(exportMark(home)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// live has the demonstration customer live in a new life, on a clock that begins in the past.
func (b *Bank) live(ctx context.Context, home string) error {
	if b.options.Empty {
		return b.found(ctx, home)
	}
	london, err := day.London()
	if err != nil {
		return err
	}
	life := demo.Life(clock.Real{}.Now().In(london), cmp.Or(b.options.History, demo.DaysMax))
	past := clock.StartingAt(demo.Begin(life))
	process, stop, err := b.together(ctx, b.shape, home, past)
	if err != nil {
		return err
	}
	customer, err := demo.Live(ctx, newcomer.Insistent(process.Dial), past, life, b.lifeName())
	if err = errors.Join(err, stop(ctx)); err != nil {
		return fmt.Errorf("making the demonstration: %w", err)
	}
	return writeCustomer(home, customer)
}

// found makes the keys, schemas and subscriptions of all services, before any of them runs without the others.
func (b *Bank) found(ctx context.Context, home string) error {
	ground, closeAll, err := b.shape.lay(ctx, home, b.clock)
	if err != nil {
		return err
	}
	return errors.Join(foundation.Prepare(ctx, b.partsOf(ground, home)), closeAll())
}

// lifeName tells a life from those that an earlier start may have begun and not ended: in a cluster they are still
// there, under keys that are gone.
func (b *Bank) lifeName() string {
	if b.shape.name() == Clustered {
		return "demonstration-" + rand.Text()[:lifeNameLetters]
	}
	return "demonstration"
}

const lifeNameLetters = 8

func customerFile(home string) string { return filepath.Join(home, "demonstration.json") }

func writeCustomer(home string, c demo.Customer) error {
	text, err := json.MarshalIndent(c, "", "  ") //nolint:gosec // The tokens are what it is written for.
	if err != nil {
		return err
	}
	return writeFile(customerFile(home), append(text, '\n'))
}

// readCustomer answers nil for a life that began empty.
func readCustomer(home string) (*demo.Customer, error) {
	text, err := os.ReadFile(customerFile(home))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading who the demonstration customer is: %w", err)
	}
	var c demo.Customer
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("reading who the demonstration customer is: %w", err)
	}
	return &c, nil
}
