package kill

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"farthing/e2e/world"
	"farthing/pkg/clock"
	"farthing/pkg/foundation"
	"farthing/service.apns/fakeapple"
	balance "farthing/service.balance/handler"
	feed "farthing/service.feed/handler"
	transactions "farthing/service.transactions/handler"
)

// bank is the real program on a folder, with an Apple in this process, which lives on when the bank dies.
type bank struct {
	program, folder string
	apple           *fakeapple.Server
	environ         []string
	client          *http.Client

	command *exec.Cmd
	errors  bytes.Buffer // Of the command; read only when it has ended.

	mu      sync.Mutex // Guards the rest.
	facts   facts
	started chan struct{} // Closed by the next start.
}

// facts are what `farthing up -o json` says when the doors are open.
type facts struct {
	API         string
	CardEdge    string `json:"card_edge"`
	UserID      string `json:"user_id"`
	AccountID   string `json:"account_id"`
	CardID      string `json:"card_id"`
	AccessToken string `json:"access_token"`
}

func newBank(t *testing.T) *bank {
	t.Helper()
	b := &bank{
		folder: filepath.Join(t.TempDir(), "data"), program: filepath.Join(t.TempDir(), "farthing"),
		client:  &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 2 * workers}},
		started: make(chan struct{}),
	}
	t.Cleanup(b.client.CloseIdleConnections)
	build := exec.CommandContext(t.Context(), "go", "build", "-o", b.program, "farthing/cmd/farthing")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, said)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var settings map[string]string
	b.apple, settings = world.ServeApple(t, listener, listener.Addr().String())
	b.environ = os.Environ()
	for name, value := range settings {
		b.environ = append(b.environ, name+"="+value)
	}
	return b
}

// startWithin is how long a start may take. It is far more than it does, for a busy machine.
const startWithin = 60 * time.Second

// start starts the bank, and returns when its doors are open.
func (b *bank) start(t *testing.T) {
	t.Helper()
	b.errors.Reset()
	b.command = exec.Command(b.program, "up", "--data", b.folder, "--port", "0", "-o", "json")
	b.command.Env, b.command.Stderr = b.environ, &b.errors
	b.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // It does not outlive a test that panics.
	said, err := b.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.command.Start(); err != nil {
		t.Fatalf("starting the bank: %v", err)
	}
	t.Cleanup(b.kill)
	late := time.AfterFunc(startWithin, func() { _ = b.command.Process.Kill() }) //nolint:forbidigo // A process's end.
	defer late.Stop()
	var is facts
	if err := json.NewDecoder(said).Decode(&is); err != nil {
		b.kill()
		t.Fatalf("the bank did not start: %v\n%s", err, b.errors.String())
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.facts = is
	close(b.started)
	b.started = make(chan struct{})
}

// kill ends the bank at once, whatever it is doing.
func (b *bank) kill() { _ = b.end(syscall.SIGKILL) }

// end sends a signal to the bank, and waits for its end.
func (b *bank) end(with syscall.Signal) error {
	if b.command == nil {
		return nil
	}
	_ = b.command.Process.Signal(with)
	err := b.command.Wait()
	b.command = nil
	return err
}

// awaitStart waits until the bank starts again.
func (b *bank) awaitStart(ctx context.Context) {
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

// lookAgain is for a request that failed though the bank is up: it started meanwhile.
const lookAgain = 20 * time.Millisecond

func (b *bank) now() facts {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.facts
}

// customer is the demonstration customer.
func (b *bank) customer() *world.Customer {
	is := b.now()
	return &world.Customer{UserID: is.UserID, AccountID: is.AccountID, CardID: is.CardID, Token: is.AccessToken}
}

// send is a world.Sender.
func (b *bank) send(ctx context.Context, p world.Payment) (world.Answer, error) {
	req, err := http.NewRequestWithContext(
		ctx, http.MethodPost, b.now().CardEdge+"/authorisations", bytes.NewReader(p.Body()),
	)
	if err != nil {
		return world.Answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	return b.do(req)
}

func (b *bank) do(req *http.Request) (world.Answer, error) {
	rsp, err := b.client.Do(req)
	if err != nil {
		return world.Answer{}, err
	}
	defer rsp.Body.Close()
	read, err := io.ReadAll(rsp.Body)
	return world.Answer{Status: rsp.StatusCode, Header: rsp.Header, Body: read}, err
}

// settled waits until feed and phone have caught up, stops the bank, and answers what is wrong.
func settled(t *testing.T, b *bank, book *world.Book, began int64) []world.Finding {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), catchUpWithin)
	defer cancel()
	for !b.caughtUp(t, book) {
		if clock.Wait(ctx, 200*time.Millisecond) != nil {
			break // What is missing will be found.
		}
	}
	if err := b.end(syscall.SIGTERM); err != nil {
		t.Errorf("a bank that was asked to stop ended with %v\n%s", err, b.errors.String())
	}
	records := read(t, filepath.Join(b.folder, "bank", "store"), b.now().AccountID)
	records.Pushes, records.Since = b.apple.Book().Latest(0), began
	return world.Audit(records, book.Pages(), true)
}

const catchUpWithin = 30 * time.Second

// caughtUp tells whether the phone and the newest page of the feed show every swipe. All pages are read when the bank
// has stopped.
func (b *bank) caughtUp(t *testing.T, book *world.Book) bool {
	t.Helper()
	shown := make(map[string]bool)
	for _, push := range b.apple.Book().Latest(0) {
		shown[push.CollapseID] = true
	}
	for _, page := range book.Definite() {
		if !shown[page.Answer.TransactionID] {
			return false
		}
	}
	return b.inFeed(t) >= len(book.Definite())
}

// inFeed is how many items the feed has, the customer's life before included.
func (b *bank) inFeed(t *testing.T) int {
	t.Helper()
	is, count := b.now(), 0
	for token := ""; ; {
		address := fmt.Sprintf("%s/feed?account_id=%s&limit=100&page_token=%s", is.API, is.AccountID, token)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+is.AccessToken)
		answer, err := b.do(req)
		var page struct {
			Items []struct{ ID string }
			Next  string `json:"next_page_token"`
		}
		if err != nil || json.Unmarshal(answer.Body, &page) != nil || answer.Status != http.StatusOK {
			t.Fatalf("the feed was answered %d %s, %v", answer.Status, answer.Body, err)
		}
		count += len(page.Items)
		if token = page.Next; token == "" {
			return count
		}
	}
}

// read reads the records of an account from the folder of a bank that has stopped.
func read(t *testing.T, folder, account string) world.Records {
	t.Helper()
	kept, err := foundation.OpenEmbedded(foundation.EmbeddedOptions{
		Dir: folder, Clock: &clock.Business{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	options := kept.Options([]foundation.Service{balance.Service, feed.Service, transactions.Service})
	process, err := kept.Start(t.Context(), options)
	if err != nil {
		t.Fatalf("starting to read: %v", err)
	}
	records, err := world.Read(t.Context(), process, account)
	if err != nil {
		t.Error(err)
	}
	if err := process.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := kept.Close(); err != nil {
		t.Error(err)
	}
	return records
}
