package shapes

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"farthing/e2e/program"
	"farthing/e2e/world"
	"farthing/pkg/clock"
)

func lifeTests() []test {
	return []test{
		{"a second bank in the folder is refused by name", refusesASecond},
		{"a port in use is refused by name", refusesAPort},
		{"a bank that is interrupted drains, and the next start goes on with the same data", goesOn},
		{"a supervisor that is killed takes all its processes with it", goesWithAll},
	}
}

// How the program ends.
const (
	exitFailed = 1
	exitUsage  = 2
)

// exitOf is with what a command ended; -1 if it never did.
func exitOf(err error) int {
	ended, ok := errors.AsType[*exec.ExitError](err)
	switch {
	case ok:
		return ended.ExitCode()
	case err == nil:
		return 0
	}
	return -1
}

// wantRefused wants a start in a shape to fail, with one line that says all of this.
func (s *suite) wantRefused(t *testing.T, shape program.Shape, more []string, says ...string) {
	t.Helper()
	args := append(append([]string{"up", "--port", "0", "-o", "json"}, shape.Args...), more...)
	printed, complained, err := s.Try(t, args...)
	if exitOf(err) != exitFailed || printed != "" || strings.Count(complained, "\n") != 1 {
		t.Errorf("%v ends with %v and says %q, %q", args, err, printed, complained)
	}
	for _, each := range says {
		if !strings.Contains(complained, each) {
			t.Errorf("%v complains %q, want %q", args, complained, each)
		}
	}
}

func refusesASecond(t *testing.T, s *suite) {
	holder := "is in use by another bank, process " + strconv.Itoa(s.Notice(t).PID)
	s.wantRefused(t, s.Shape, nil, s.Folder, holder)
	for _, other := range s.others {
		s.wantRefused(t, other, nil, s.Folder, holder)
	}
	if !s.swipes(t) {
		t.Error("the first bank does not answer any more")
	}
}

func refusesAPort(t *testing.T, s *suite) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	s.wantRefused(t, s.Shape, []string{"--port", port, "--data", elsewhere},
		"port "+port+", for the public door, is in use")
}

// swipes tells whether the bank approves a penny.
func (s *suite) swipes(t *testing.T) bool {
	t.Helper()
	return s.swipe(t, "0.01").Outcome == "approved"
}

// goesOn stops the bank, tries to start it in other shapes, and starts it again.
func goesOn(t *testing.T, s *suite) {
	first := s.swipe(t, "5.25", "--id", "before-the-stop")
	s.wantInFeed(t, first.TransactionID)
	pot := s.makePot(t)
	s.rename(t, pot)
	balance, feed, facts := s.balance(t), s.Feed(t), s.Facts()
	pids, said := s.pids(t), s.Errors()
	s.Interrupt(t)
	if more := strings.TrimPrefix(s.Errors(), said); more != "" {
		t.Errorf("a bank that is well says while it stops: %s", more)
	}
	if _, err := os.Stat(filepath.Join(s.Folder, "bank.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the stop bank.json is still there: %v", err)
	}
	if alive := living(pids); len(alive) > 0 {
		t.Errorf("after the stop the processes %v still live", alive)
	}
	for _, other := range s.others {
		s.wantRefused(t, other, nil, s.Folder, "is in the shape", "'farthing export' and 'farthing import' move it")
	}

	s.Start(t)
	if now := s.Facts(); now.UserID != facts.UserID || now.AccountID != facts.AccountID ||
		now.CardID != facts.CardID || now.AccessToken != facts.AccessToken {
		t.Errorf("the customer was %+v and is %+v", facts, now)
	}
	if now := s.balance(t); now != balance {
		t.Errorf("the balance was %d and is %d", balance, now)
	}
	if now := s.Feed(t); !slices.Equal(now, feed) {
		t.Errorf("the feed was %v and is %v", feed, now)
	}
	again := s.swipe(t, "5.25", "--id", "before-the-stop")
	if again.TransactionID != first.TransactionID || *again.Balance != *first.Balance {
		t.Errorf("a repeat after the start was answered %+v, after %+v", again, first)
	}
	if again := s.makePot(t); !bytes.Equal(again.Body, pot.Body) || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("a repeat with its key was answered %s after the start, and %s before it", again.Body, pot.Body)
	}
}

// makePot asks for one and the same pot, with a key.
func (s *suite) makePot(t *testing.T) world.Answer {
	t.Helper()
	return s.program(t, http.MethodPut, "/pots", "name=Holiday&dedupe_id=holiday&current_account_id="+s.Facts().AccountID,
		"Idempotency-Key", "b2d5c9a0-holiday")
}

func (s *suite) rename(t *testing.T, made world.Answer) {
	t.Helper()
	var pot struct{ ID string }
	wantOK(t, made, &pot)
	wantOK(t, s.program(t, http.MethodPatch, "/pots/"+pot.ID, "name=Porto"), &pot)
}

// goneWithin is how soon after their supervisor's end processes are gone.
const goneWithin = 2 * time.Second

func goesWithAll(t *testing.T, s *suite) {
	first := s.swipe(t, "0.75", "--id", "before-the-kill")
	pids := append(s.pids(t), s.Notice(t).PID)
	watch := clock.Start()
	s.Kill()
	eventually(t, "all processes are gone", func() bool { return len(living(pids)) == 0 })
	if took := watch.Elapsed(); took > goneWithin {
		t.Errorf("the processes were gone after %v, want %v at most", took, goneWithin)
	}
	s.Start(t)
	again := s.swipe(t, "0.75", "--id", "before-the-kill")
	if again.TransactionID != first.TransactionID || *again.Balance != *first.Balance {
		t.Errorf("a repeat after the kill was answered %+v, after %+v", again, first)
	}
}

func (s *suite) pids(t *testing.T) []int {
	t.Helper()
	var all []int
	for _, p := range s.Processes(t) {
		all = append(all, p.PID)
	}
	return all
}

// living are those processes that are there, and more than the record of one that ended.
func living(pids []int) []int {
	return slices.DeleteFunc(slices.Clone(pids), func(pid int) bool {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return true
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || strings.Contains(string(stat), ") Z ")
	})
}
