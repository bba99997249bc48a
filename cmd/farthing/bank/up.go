package bank

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"farthing/cmd/farthing/demo"
	"farthing/cmd/farthing/newcomer"
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
	History  int               // Days that the customer has been with the bank by then; 0 stands for demo.DaysMax.
	Settings map[string]string // FARTHING_… by name.
	Log      *slog.Logger

	Processes bool            // One process for each service, or several.
	Replicas  int             // Of each service; 0 stands for 1. More than one takes a cluster.
	Site      foundation.Site // What the processes share; the zero one is a folder and an event server of the bank's own.
	Errors    io.Writer       // What the processes write to their standard error.
}

// Bank is a bank that runs.
type Bank struct {
	Notice Notice
	Phones *fakeapple.Book // What the phones show; nil if pushes go to somebody else's Apple.
	Mails  Mails           // What customers are mailed.

	options  Options
	shape    shape
	lock     *os.File // Of the folder.
	clock    *clock.Business
	moving   sync.Mutex // Held while the clock is moved, and what follows from that is done.
	settings map[string]string
	doors    doors
	services running
	undo     []func(context.Context) error
}

// Up starts the bank in a folder, with the life that is there or a new one, and opens its doors. A folder or a port in
// use is an error that names it. On an error nothing is left running.
func Up(ctx context.Context, o Options) (*Bank, error) {
	b := &Bank{options: o}
	b.shape = b.shapeOf()
	for _, step := range []func(context.Context) error{
		b.takeFolder, b.listen, b.startApple, b.settleLogin, b.tellTime, b.beginLife, b.start, b.meetCustomer, b.open,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, b.Stop(ctx))
		}
	}
	return b, nil
}

// Failed is closed when the bank cannot go on; Stop then says why.
func (b *Bank) Failed() <-chan struct{} { return b.services.Failed() }

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

func (b *Bank) takeFolder(ctx context.Context) error {
	lock, err := b.options.Folder.take(ctx)
	if err != nil {
		return err
	}
	b.lock = lock
	b.later(func(context.Context) error { return lock.Close() })
	return nil
}

func (b *Bank) start(ctx context.Context) error {
	services, stop, err := b.shape.run(ctx, b.options.Folder.life())
	if err != nil {
		return err
	}
	b.services = services
	b.later(stop)
	return nil
}

// meetCustomer reads who the demonstration customer is, and sees to the tokens.
func (b *Bank) meetCustomer(ctx context.Context) error {
	customer, err := readCustomer(b.options.Folder.life())
	if err != nil || customer == nil {
		return err
	}
	b.Notice.Demonstration = customer
	_, err = b.renewTokens(ctx)
	return err
}

// renewTokens sees to the demonstration customer's tokens, which may have expired. It tells whether they had.
func (b *Bank) renewTokens(ctx context.Context) (renewed bool, err error) {
	customer := b.Notice.Demonstration
	if customer == nil {
		return false, nil
	}
	known := *customer
	if err := demo.RenewTokens(ctx, newcomer.Insistent(b.services.Dial), customer); err != nil || *customer == known {
		return false, err
	}
	return true, writeCustomer(b.options.Folder.life(), *customer)
}

func (b *Bank) open(context.Context) error {
	opened, err := b.services.Open()
	if err != nil {
		return err
	}
	notice := b.addresses(opened)
	notice.PID, notice.Demonstration = os.Getpid(), b.Notice.Demonstration
	notice.Shape, notice.Peers = b.shape.name(), b.services.Peers()
	if hosts := b.options.Site.Cassandra; hosts != "" {
		notice.Cassandra = strings.Split(hosts, ",")
	}
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
func (b *Bank) HTTP(door foundation.Door) (http.Handler, bool) { return b.services.HTTP(door) }
