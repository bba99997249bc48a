package bank

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"farthing/cmd/farthing/demo"
	"farthing/pkg/clock"
	"farthing/pkg/foundation"
	"farthing/service.apns/fakeapple"
)

// Options choose where a bank runs.
type Options struct {
	Folder   Folder
	Host     string            // The address to listen on.
	Port     int               // The first port; 0 takes whichever are free.
	Empty    bool              // No demonstration customer, if this is the first start.
	Settings map[string]string // FARTHING_… by name.
	Log      *slog.Logger
}

// Bank is a bank that runs.
type Bank struct {
	Notice Notice
	Phones *fakeapple.Book // What the phones show; nil if pushes go to somebody else's Apple.

	options  Options
	settings map[string]string
	doors    doors
	process  *foundation.Process
	undo     []func(context.Context) error
}

// Up starts the bank in a folder, with the life that is there or a new one, and opens its doors. A folder or a port in
// use is an error that names it. On an error nothing is left running.
func Up(ctx context.Context, o Options) (*Bank, error) {
	b := &Bank{options: o}
	for _, step := range []func(context.Context) error{
		b.takeFolder, b.listen, b.startApple, b.beginLife, b.start, b.meetCustomer, b.open,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, b.Stop(ctx))
		}
	}
	return b, nil
}

// Failed is closed when the bank cannot go on; Stop then says why.
func (b *Bank) Failed() <-chan struct{} { return b.process.Failed() }

// Stop drains the bank and gives up its folder, whether ctx has ended or not. It is to be called once.
func (b *Bank) Stop(ctx context.Context) error {
	var problems []error
	for _, f := range slices.Backward(b.undo) {
		problems = append(problems, f(ctx))
	}
	return errors.Join(problems...)
}

// later has f done when the bank stops, before what was asked for earlier.
func (b *Bank) later(f func(context.Context) error) { b.undo = append(b.undo, f) }

func (b *Bank) takeFolder(context.Context) error {
	lock, err := b.options.Folder.take()
	if err != nil {
		return err
	}
	b.later(func(context.Context) error { return lock.Close() })
	return nil
}

func (b *Bank) start(ctx context.Context) error {
	process, stop, err := b.run(ctx, b.options.Folder.life(), &clock.Business{})
	if err != nil {
		return err
	}
	b.process = process
	b.later(stop)
	return nil
}

// run runs all services on what a life's folder holds.
func (b *Bank) run(
	ctx context.Context, home string, clk *clock.Business,
) (process *foundation.Process, stop func(context.Context) error, err error) {
	embedded, err := foundation.OpenEmbedded(foundation.EmbeddedOptions{ //nolint:contextcheck // It outlives the start.
		Dir: filepath.Join(home, "store"), Clock: clk, Log: b.options.Log,
	})
	if err != nil {
		return nil, nil, err
	}
	options := embedded.Options(Services())
	options.Listen, options.Settings = b.doors.take, b.settings
	options.KeyDir, options.CreateKeys = filepath.Join(home, "keys"), true
	process, err = embedded.Start(ctx, options)
	if err != nil {
		return nil, nil, errors.Join(err, embedded.Close())
	}
	stop = func(ctx context.Context) error { return errors.Join(process.Shutdown(ctx), embedded.Close()) }
	return process, stop, nil
}

// meetCustomer reads who the demonstration customer is, and sees to the tokens.
func (b *Bank) meetCustomer(ctx context.Context) error {
	customer, err := readCustomer(b.options.Folder.life())
	if err != nil || customer == nil {
		return err
	}
	known := *customer
	if err := demo.RenewTokens(ctx, b.process.Dial, customer); err != nil {
		return err
	}
	if *customer != known {
		err = writeCustomer(b.options.Folder.life(), *customer)
	}
	b.Notice.Demonstration = customer
	return err
}

func (b *Bank) open(context.Context) error {
	opened, err := b.process.Open()
	if err != nil {
		return err
	}
	notice := b.addresses(opened)
	notice.PID, notice.Demonstration = os.Getpid(), b.Notice.Demonstration
	if err := notice.leave(b.options.Folder); err != nil {
		return err
	}
	b.Notice = notice
	b.later(func(context.Context) error {
		if err := os.Remove(b.options.Folder.notice()); err != nil {
			return fmt.Errorf("taking the notice away: %w", err)
		}
		return nil
	})
	return nil
}

// HTTP is a door's handler, for a caller in this process.
func (b *Bank) HTTP(door foundation.Door) (http.Handler, bool) { return b.process.HTTP(door) }
