package supervisor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"farthing/cmd/farthing/supervisor"
	"farthing/pkg/clock"
	"farthing/pkg/foundation"
	"farthing/pkg/foundation/foundationtest"
)

// TestMain is a process to be supervised when it is called with a manner.
func TestMain(m *testing.M) {
	if manner := os.Getenv("MANNER"); manner != "" {
		behave(manner)
		return
	}
	goleak.VerifyTestMain(m)
}

// behave is what a supervised process does.
func behave(manner string) {
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	say := json.NewEncoder(os.Stdout)
	switch manner {
	case "refuses":
		_ = say.Encode(foundation.Ready{Services: []string{"service.test"}, Error: "no such setting"})
		os.Exit(1)
	case "dies silently":
		os.Exit(3)
	case "dawdles":
		select {}
	case "clings":
		signal.Ignore(syscall.SIGTERM)
		_ = say.Encode(foundation.Ready{Services: []string{"service.test"}})
		select {}
	case "well":
		_ = say.Encode(foundation.Ready{
			Services: []string{"service.test"}, Doors: map[string]string{"admin": "127.0.0.1:1"}, Operations: []string{"GET /x"},
		})
		<-terminated
		fmt.Fprintln(os.Stderr, "drained")
	}
}

func spec(t *testing.T, name, manner string) supervisor.Spec {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return supervisor.Spec{
		Name: name, Service: "service.test", Command: []string{program}, Env: append(os.Environ(), "MANNER="+manner),
	}
}

func options(log, errors *foundationtest.Lines) supervisor.Options {
	return supervisor.Options{
		Log: slog.New(slog.NewJSONHandler(log, nil)), Errors: errors, StartWithin: time.Minute, StopWithin: time.Minute,
	}
}

func start(t *testing.T, o supervisor.Options, specs ...supervisor.Spec) *supervisor.Supervisor {
	t.Helper()
	s, err := supervisor.Start(t.Context(), specs, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for !holds() {
		if clock.Wait(ctx, 5*time.Millisecond) != nil {
			t.Fatalf("it did not happen: %s", what)
		}
	}
}

func TestProcessesRunAndDrain(t *testing.T) {
	var log, errors foundationtest.Lines
	s := start(t, options(&log, &errors), spec(t, "one", "well"), spec(t, "two", "well"))
	for _, p := range s.Processes() {
		if p.PID == 0 || p.State != supervisor.Running || p.Admin != "127.0.0.1:1" || len(p.Operations) != 1 {
			t.Errorf("a process is %+v", p)
		}
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(errors.String(), "drained"); n != 2 {
		t.Errorf("%d processes drained, want 2", n)
	}
	for _, p := range s.Processes() {
		if p.PID != 0 || p.State != supervisor.Stopped {
			t.Errorf("after the stop a process is %+v", p)
		}
	}
}

func TestAProcessThatEndsIsStartedAgainAndThatIsSaidOnce(t *testing.T) {
	var log, errors foundationtest.Lines
	s := start(t, options(&log, &errors), spec(t, "one", "well"))
	for n := 1; n <= 3; n++ {
		before := s.Processes()[0].PID
		if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "it runs again", func() bool {
			p := s.Processes()[0]
			return p.State == supervisor.Running && p.PID != before && p.Restarts == n
		})
	}
	if n := strings.Count(log.String(), "a process ended and is started again"); n != 3 {
		t.Errorf("3 ends were said %d times: %s", n, log.String())
	}
	if p := s.Processes()[0]; p.LastEnd != "signal: killed" {
		t.Errorf("the last end was %q", p.LastEnd)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAProcessThatCannotComeBackIsSpokenOfOnce(t *testing.T) {
	var log, errors foundationtest.Lines
	dying := spec(t, "one", "well")
	switched := t.TempDir() + "/broken"
	// The second life finds the file, and dies.
	dying.Command = []string{"/bin/sh", "-c", fmt.Sprintf("[ -e %s ] && exit 7; exec %s", switched, dying.Command[0])}
	s := start(t, options(&log, &errors), dying)
	if err := os.WriteFile(switched, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(s.Processes()[0].PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it failed to come back thrice", func() bool { return s.Processes()[0].Restarts >= 4 })
	if n := strings.Count(log.String(), "started again"); n != 1 {
		t.Errorf("said %d times: %s", n, log.String())
	}
	if err := os.Remove(switched); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it came back", func() bool { return s.Processes()[0].State == supervisor.Running })
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAStartThatFailsSaysWhyAndLeavesNothingRunning(t *testing.T) {
	for manner, want := range map[string]string{
		"refuses": "starting two: no such setting", "dies silently": "starting two: exit status 3",
	} {
		var log, errors foundationtest.Lines
		_, err := supervisor.Start(t.Context(), []supervisor.Spec{spec(t, "one", "well"), spec(t, "two", manner)},
			options(&log, &errors))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the start answered %v, want %s", manner, err, want)
		}
	}
}

func TestAProcessThatIsNotReadyInTimeEndsTheStart(t *testing.T) {
	var log, errors foundationtest.Lines
	o := options(&log, &errors)
	o.StartWithin = 200 * time.Millisecond
	_, err := supervisor.Start(t.Context(), []supervisor.Spec{spec(t, "one", "dawdles")}, o)
	if err == nil || !strings.Contains(err.Error(), "was not ready after 200ms") {
		t.Errorf("the start answered %v", err)
	}
}

func TestAProcessThatDoesNotDrainIsKilledAndNamed(t *testing.T) {
	var log, errors foundationtest.Lines
	o := options(&log, &errors)
	o.StopWithin = 200 * time.Millisecond
	s := start(t, o, spec(t, "one", "clings"), spec(t, "two", "well"))
	err := s.Stop(t.Context())
	if err == nil || !strings.Contains(err.Error(), "one did not stop in time and was killed") {
		t.Errorf("the stop answered %v", err)
	}
}
