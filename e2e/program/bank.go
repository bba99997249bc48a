// Package program runs the real program, in any of its shapes, for tests of what a customer, a processor and an
// operator see. Its bank can be killed and started again; Apple is in the test's process and lives on.
package program

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"farthing/cmd/farthing/bank"
	"farthing/e2e/world"
	"farthing/pkg/foundation/foundationtest"
	"farthing/service.apns/fakeapple"
)

// Bank is the real program on a folder.
type Bank struct {
	Shape  Shape
	Apple  *fakeapple.Server
	Folder string

	program string
	environ []string
	client  *http.Client

	command *exec.Cmd
	errors  *foundationtest.Lines // Of the command.

	mu      sync.Mutex // Guards the rest.
	facts   Facts
	started chan struct{} // Closed by the next start.
}

// Facts are what `farthing up -o json` says when the doors are open.
type Facts struct {
	API         string
	CardEdge    string `json:"card_edge"`
	Admin       string
	ISO8583     string `json:"iso8583"` // host:port.
	Login       string
	MailFolder  string `json:"mail_folder"`
	UserID      string `json:"user_id"`
	AccountID   string `json:"account_id"`
	CardID      string `json:"card_id"`
	AccessToken string `json:"access_token"`

	Email        string
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
}

// Build builds the program, and answers where it is.
func Build(t testing.TB) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "farthing")
	//nolint:gosec // Its own program.
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", program, "farthing/cmd/farthing")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, said)
	}
	return program
}

// connectionsMax is how many swipes of a test may be under way at once.
const connectionsMax = 64

// New is a bank in a shape, in a new folder, that has not been started.
func New(t testing.TB, program string, shape Shape) *Bank {
	t.Helper()
	b := &Bank{
		Shape: shape, Folder: filepath.Join(t.TempDir(), "data"), program: program,
		errors: &foundationtest.Lines{}, started: make(chan struct{}),
	}
	b.client = &http.Client{
		Timeout: 10 * time.Second,
		Transport: world.Documented(t, &http.Transport{MaxIdleConnsPerHost: connectionsMax}, func(host string) bool {
			return "http://"+host == b.Facts().API
		}),
	}
	t.Cleanup(b.client.CloseIdleConnections)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var settings map[string]string
	b.Apple, settings = world.ServeApple(t, listener, listener.Addr().String())
	b.environ = append(os.Environ(), "FARTHING_DATA="+b.Folder, world.NoStandIn+"=-1")
	for name, value := range settings {
		b.environ = append(b.environ, name+"="+value)
	}
	t.Cleanup(b.Kill) // Whichever of its tests started it.
	return b
}

// Set gives the program a setting from its next start on, whatever New has set.
func (b *Bank) Set(name, value string) { b.environ = append(b.environ, name+"="+value) }

// startWithin is how long a start may take. It is far more than it does, for a busy machine.
const startWithin = 3 * time.Minute

// Start starts the bank, and returns when its doors are open. More arguments of up may be given.
func (b *Bank) Start(t testing.TB, more ...string) {
	t.Helper()
	if err := b.TryStart(t, more...); err != nil {
		t.Fatalf("the bank did not start: %v\n%s", err, b.complained())
	}
}

// history is how many days of life a bank begins with: not the six months that somebody who looks around is shown.
const history = "14"

// outliveMax is how long what a bank started may hold its standard error after its end: then that end is a failure.
const outliveMax = 30 * time.Second

// TryStart is Start of a bank that may refuse. What it wrote to stderr is then in Errors.
func (b *Bank) TryStart(t testing.TB, more ...string) error {
	t.Helper()
	b.errors = &foundationtest.Lines{}
	args := append(append([]string{"up", "--port", "0", "--history", history, "-o", "json"}, b.Shape.Args...), more...)
	b.command = exec.Command(b.program, args...) //nolint:gosec,noctx // The program under test; end ends it.
	b.command.Env, b.command.Stderr, b.command.WaitDelay = b.environ, b.errors, outliveMax
	b.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // It does not outlive a test that panics.
	said, err := b.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.command.Start(); err != nil {
		t.Fatalf("starting the program: %v", err)
	}
	late := time.AfterFunc(startWithin, func() { _ = b.command.Process.Kill() }) //nolint:forbidigo // A process's end.
	defer late.Stop()
	var is Facts
	if err := json.NewDecoder(said).Decode(&is); err != nil {
		return b.end(syscall.SIGTERM)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.facts = is
	close(b.started)
	b.started = make(chan struct{})
	return nil
}

// Errors is what the bank has written to its standard error since its latest start.
func (b *Bank) Errors() string { return b.errors.String() }

// Kill ends the bank at once, whatever it is doing: its processes go with it.
func (b *Bank) Kill() { _ = b.end(syscall.SIGKILL) }

// Stop has the bank drain, and waits for its end.
func (b *Bank) Stop(t testing.TB) {
	t.Helper()
	b.drain(t, syscall.SIGTERM)
}

// Interrupt is Stop as a Ctrl-C does it.
func (b *Bank) Interrupt(t testing.TB) {
	t.Helper()
	b.drain(t, syscall.SIGINT)
}

func (b *Bank) drain(t testing.TB, with syscall.Signal) {
	t.Helper()
	if err := b.end(with); err != nil {
		t.Errorf("a bank that was asked to stop ended with %v\n%s", err, b.complained())
	}
}

// end sends a signal to the bank, and waits for its end.
func (b *Bank) end(with syscall.Signal) error {
	if b.command == nil {
		return nil
	}
	_ = b.command.Process.Signal(with)
	err := b.command.Wait()
	b.command = nil
	return err
}

// lookAgain is for a request that failed though the bank is up: it started meanwhile.
const lookAgain = 20 * time.Millisecond

// AwaitStart waits until the bank starts again, or a moment.
func (b *Bank) AwaitStart(ctx context.Context) {
	b.mu.Lock()
	started := b.started
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, lookAgain)
	defer cancel()
	select {
	case <-started:
	case <-ctx.Done():
	}
}

// Facts are those of the latest start.
func (b *Bank) Facts() Facts {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.facts
}

// Notice is what the bank says of itself to the commands.
func (b *Bank) Notice(t testing.TB) bank.Notice {
	t.Helper()
	n, err := bank.Find(t.Context(), bank.Folder(b.Folder))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Customer is the demonstration customer.
func (b *Bank) Customer() *world.Customer {
	is := b.Facts()
	return &world.Customer{UserID: is.UserID, AccountID: is.AccountID, CardID: is.CardID, Token: is.AccessToken}
}

const tailBytes = 8 << 10

// complained is the end of what the bank has written to its standard error.
func (b *Bank) complained() string {
	text := b.errors.String()
	return text[max(0, len(text)-tailBytes):]
}
