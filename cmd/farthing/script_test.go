package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"farthing/pkg/clock"
)

// The scripts run the real program, in processes of its own.
func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"farthing": main}) }

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               takePort,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"await": await, "follow": follow, "listen": listen, "eventually": eventually,
			"keep": keep, "usage": ends(exitUsage), "failure": ends(exitFailed),
		},
	})
}

// takePort sets $TAKEN to a port that somebody listens on until the script ends.
func takePort(env *testscript.Env) error {
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	env.Defer(func() { _ = listener.Close() })
	_, port, err := net.SplitHostPort(listener.Addr().String())
	env.Setenv("TAKEN", port)
	return err
}

// ends wants a command to end with a code and one line on stderr that matches: usage PATTERN ARG...
func ends(code int) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < 2 {
			ts.Fatalf("usage: usage|failure PATTERN ARG...")
		}
		exit, _ := errors.AsType[*exec.ExitError](ts.Exec("farthing", args[1:]...))
		if exit == nil || exit.ExitCode() != code {
			ts.Fatalf("%q ends with %v, want %d", args[1:], exit, code)
		}
		line := regexp.MustCompile("^farthing: .*" + args[0] + ".*\n$")
		if stdout, stderr := ts.ReadFile("stdout"), ts.ReadFile("stderr"); stdout != "" || !line.MatchString(stderr) {
			ts.Fatalf("%q says %q, %q, want %s", args[1:], stdout, stderr, line)
		}
	}
}

// patience is how long what must happen may take: far more than it does, for a busy machine.
const patience = 3 * time.Minute

// eventually runs a command until it prints a line that matches: eventually PATTERN ARG...
func eventually(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: eventually PATTERN ARG...")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	pattern := regexp.MustCompile("(?m)" + args[0])
	for {
		ts.Check(ts.Exec("farthing", args[1:]...))
		if pattern.MatchString(ts.ReadFile("stdout")) {
			return
		}
		if clock.Wait(ctx, 50*time.Millisecond) != nil {
			ts.Fatalf("%q does not print %s", args[1:], pattern)
		}
	}
}

// follow runs feed --follow until it has shown a line that matches, and interrupts it: follow PATTERN.
func follow(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: follow PATTERN")
	}
	feed := watch(ts, "feed", "--follow", "--limit", "1", "-o", "json")
	feed.until(args[0])
	feed.end()
}

// listen runs listen for some events until it has shown a line that matches, after another command has had its way, and
// interrupts it: listen EVENTS PATTERN ARG...
func listen(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: listen EVENTS PATTERN ARG...")
	}
	ear := watch(ts, "listen", "--events", args[0], "-o", "json")
	ear.until(`^{"id":"webhook_`)
	ts.Check(ts.Exec("farthing", args[2:]...))
	ear.until(args[1])
	ear.end()
}

// watched is a command that shows something until it is interrupted.
type watched struct {
	ts      *testscript.TestScript
	command *exec.Cmd
	lines   *bufio.Scanner
	cancel  context.CancelFunc
}

func watch(ts *testscript.TestScript, args ...string) *watched {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	command := exec.CommandContext(ctx, "farthing", args...)
	command.Env = append(os.Environ(), "FARTHING_DATA="+ts.Getenv("FARTHING_DATA"))
	shown, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		cancel()
		ts.Fatalf("starting %v: %v", args, err)
	}
	return &watched{ts, command, bufio.NewScanner(shown), cancel}
}

// until returns when a line that matches was shown.
func (w *watched) until(pattern string) {
	for matches := regexp.MustCompile(pattern); ; {
		if !w.lines.Scan() {
			w.ts.Fatalf("%v ended without %s: %v", w.command.Args, pattern, w.command.Wait())
		}
		if matches.Match(w.lines.Bytes()) {
			return
		}
	}
}

// end interrupts the command.
func (w *watched) end() {
	defer w.cancel()
	w.ts.Check(w.command.Process.Signal(os.Interrupt))
	w.ts.Check(w.command.Wait())
}

// await returns when a file is there: a bank that is up leaves bank.json in its folder.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: await FILE")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
		ts.Check(clock.Wait(ctx, 5*time.Millisecond))
	}
}

// keep sets a variable to a field of the JSON object that the last command printed, or of the first of several.
func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keep VARIABLE field")
	}
	var whole any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &whole))
	if all, several := whole.([]any); several && len(all) > 0 {
		whole = all[0]
	}
	printed, _ := whole.(map[string]any)
	value, ok := printed[args[1]]
	if !ok {
		ts.Fatalf("%s is not in what was printed", args[1])
	}
	if number, isNumber := value.(float64); isNumber {
		value = strconv.FormatFloat(number, 'f', -1, 64)
	}
	ts.Setenv(args[0], fmt.Sprint(value))
}
