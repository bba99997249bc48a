// Package world is the whole bank in one process, with Apple's push service around it, for tests: no disk, no network,
// and nothing that would notice whether time is simulated. So it runs inside a bubble of testing/synctest, where an
// hour passes in a second, and outside of one as well.
package world

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"farthing/pkg/clock"
	"farthing/pkg/events/embedded"
	"farthing/pkg/foundation"
	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/store"
	pebblestore "farthing/pkg/store/pebble"
	"farthing/service.apns/fakeapple"
	"farthing/service.auth/mail"
)

// Options choose how a world differs from the ordinary one. The zero value is the ordinary one.
type Options struct {
	Chaos *embedded.Chaos // The bus repeats and reorders on purpose.
	// Store stands between the services and their store: for faults and planted bugs.
	Store func(store.Store) store.Store
	// Replace puts another service in the place of the one with its name.
	Replace []foundation.Service
	// StandIn has small payments approved by policy while the ledger is away. Without it, whatever is answered is the
	// ledger's own: what the Book wants.
	StandIn bool
	// Webhooks lets them call this world's Receiver.
	Webhooks bool
	KeyDir   string // Where the bank's keys are; a folder of this world's own if empty.
	// Embedded has the last word on what the bank stands on; the default is a store in memory.
	Embedded func(*foundation.EmbeddedOptions)
}

// World is a bank that runs, and what is around it.
type World struct {
	Apple *fakeapple.Server
	Clock *clock.Business
	Bank  *foundation.Ground

	network *network
	process *foundation.Process
	client  *http.Client
	log     *foundationtest.Lines
	said    *foundationtest.Lines // Every body that a door has answered.
	keyDir  string
	mail    string // The folder of customers' mails.
}

// LoginURL is where browsers find the login door.
const LoginURL = "http://" + string(foundation.Login)

// NoStandIn is the setting that has nothing approved in the ledger's place, if it is below zero.
const NoStandIn = "FARTHING_CARD_PROCESSING_STAND_IN_MINOR"

// New starts a world, and ends it when the test ends.
func New(t testing.TB, o Options) *World {
	t.Helper()
	w := &World{
		Clock: &clock.Business{}, network: newNetwork(), keyDir: o.KeyDir,
		log: &foundationtest.Lines{}, said: &foundationtest.Lines{}, mail: t.TempDir(),
	}
	if w.keyDir == "" {
		w.keyDir = t.TempDir()
	}
	w.client = &http.Client{
		Transport: Documented(t, &http.Transport{DialContext: w.network.dial, MaxIdleConnsPerHost: 64}, isPublic),
		Timeout:   clientTimeout,
	}
	settings := w.startApple(t)
	settings["FARTHING_AUTH_LOGIN_URL"], settings["FARTHING_AUTH_MAIL_FOLDER"] = LoginURL, w.mail
	if !o.StandIn {
		settings[NoStandIn] = "-1"
	}
	if o.Webhooks {
		settings[AllowLoopback] = "true"
	}
	w.startBank(t, o, settings)
	return w
}

func isPublic(host string) bool { return host == string(foundation.Public) }

// memTableBytes keeps a short life in one table: with the race detector on, each file that Pebble opens costs it dear.
const memTableBytes = 16 << 20

// clientTimeout is longer than any door takes.
const clientTimeout = 30 * time.Second

func (w *World) startBank(t testing.TB, o Options, settings map[string]string) {
	t.Helper()
	embeddedOptions := foundation.EmbeddedOptions{
		Memory: true, Files: pebblestore.Options{MemTable: memTableBytes}, Clock: w.Clock, Chaos: o.Chaos,
		Log: slog.New(slog.NewJSONHandler(w.log, nil)),
	}
	if o.Embedded != nil {
		o.Embedded(&embeddedOptions)
	}
	var err error
	if w.Bank, err = foundation.OpenEmbedded(embeddedOptions); err != nil {
		t.Fatalf("opening the bank: %v", err)
	}
	options := w.Bank.Options(services(o.Replace))
	if o.Store != nil {
		options.Store = o.Store(options.Store)
	}
	options.Log = slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	options.Settings, options.KeyDir, options.CreateKeys = settings, w.keyDir, true
	options.Egress = w.network.dial
	options.Listen = func(door foundation.Door) (net.Listener, error) { return w.network.listen(string(door)), nil }
	if w.process, err = w.Bank.Start(t.Context(), options); err != nil {
		t.Fatalf("starting the bank: %v", err)
	}
	t.Cleanup(func() { w.stop(t) })
	if _, err := w.process.Open(); err != nil {
		t.Fatalf("opening the doors: %v", err)
	}
}

func (w *World) stop(t testing.TB) {
	w.client.CloseIdleConnections()
	if err := w.process.Shutdown(context.Background()); err != nil {
		t.Errorf("stopping the bank: %v", err)
	}
	if err := w.Bank.Close(); err != nil {
		t.Errorf("closing the bank: %v", err)
	}
	if t.Failed() {
		t.Logf("the bank's log:\n%s", tail(w.log.String()))
	}
}

const tailBytes = 8 << 10

func tail(log string) string { return log[max(0, len(log)-tailBytes):] }

// Dial is a connection to a service in the name of a caller.
func (w *World) Dial(t testing.TB, caller, callee string) grpc.ClientConnInterface {
	t.Helper()
	conn, err := w.process.Dial(caller, callee)
	if err != nil {
		t.Fatalf("dialling %s as %s: %v", callee, caller, err)
	}
	return conn
}

// Logged is everything that the bank has logged so far, down to debug.
func (w *World) Logged() string { return w.log.String() }

// Said is every body that a door has answered so far.
func (w *World) Said() string { return w.said.String() }

// Mails are all that customers were mailed, oldest first.
func (w *World) Mails(t testing.TB) []string {
	t.Helper()
	names, err := mail.Names(w.mail)
	must(t, "reading the mails", err)
	var all []string
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(w.mail, name))
		must(t, "reading a mail", err)
		all = append(all, strings.ReplaceAll(string(text), "\r\n", "\n"))
	}
	return all
}

// KeyDir is where the bank's keys are.
func (w *World) KeyDir() string { return w.keyDir }

const (
	lookEvery    = 5 * time.Millisecond // At first; it doubles up to the maximum.
	lookEveryMax = 2 * time.Second
	patience     = 30 * time.Second
)

// Eventually waits until a condition holds, and fails the test if it does not within half a minute.
func (w *World) Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	if !w.settle(t, holds) {
		t.Fatalf("it did not happen within %v: %s", patience, what)
	}
}

// settle waits until a condition holds, for a while, and tells whether it does.
func (w *World) settle(t testing.TB, holds func() bool) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for wait := lookEvery; !holds(); wait = min(2*wait, lookEveryMax) {
		if clock.Wait(ctx, wait) != nil {
			return holds()
		}
	}
	return true
}

// Pass lets real time pass, which is only for simulated worlds.
func (w *World) Pass(t testing.TB, d time.Duration) {
	t.Helper()
	if err := clock.Wait(t.Context(), d); err != nil {
		t.Fatalf("waiting: %v", err)
	}
}
