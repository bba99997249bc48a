package tutorial

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"farthing/pkg/foundation/foundationtest"
)

// shell is the reader's terminal: one bash, so that a variable is there for the commands after it.
type shell struct {
	t    *testing.T
	in   io.WriteCloser
	said *bufio.Reader
}

func bash(t *testing.T, r *reader, arguments ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), "bash", arguments...)
	command.Dir, command.Env = r.folder, r.environ
	// It does not outlive a test that panics, and what it starts is in its group.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return command
}

func newShell(t *testing.T, r *reader) *shell {
	t.Helper()
	command := bash(t, r)
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stdout, command.Stderr = out, out
	if err := command.Start(); err != nil {
		t.Fatalf("starting bash: %v", err)
	}
	_ = out.Close()
	t.Cleanup(func() {
		_ = in.Close()
		_ = command.Wait()
		_ = said.Close()
	})
	return &shell{t, in, bufio.NewReader(said)}
}

// ended is a line that no command prints.
const ended = "⏎ ended with "

// run runs a command, and answers what it printed and how it ended.
func (s *shell) run(command string) (said string, code string) {
	s.t.Helper()
	if _, err := fmt.Fprintf(s.in, "{ %s\n} </dev/null; printf '%s%%d\\n' $?\n", command, ended); err != nil {
		s.t.Fatalf("running %q: %v", command, err)
	}
	var all strings.Builder
	for {
		line, err := s.said.ReadString('\n')
		if err != nil {
			s.t.Fatalf("bash ended at %q: %v", command, err)
		}
		// What a command prints last may have no end of its line.
		text, code, last := strings.Cut(line, ended)
		all.WriteString(text)
		if last {
			return strings.ReplaceAll(all.String(), "\r", ""), strings.TrimSpace(code) // No terminal shows a CR.
		}
	}
}

// terminal is one in which a single command runs, until the page ends.
type terminal struct {
	command *exec.Cmd
	shown   *foundationtest.Lines
	seen    int // How much of what it has shown was compared.
}

// endWithin is how long a command may take to end when it is interrupted.
const endWithin = time.Minute

func newTerminal(t *testing.T, r *reader, command string) *terminal {
	t.Helper()
	of := &terminal{command: bash(t, r, "-c", "exec "+command), shown: &foundationtest.Lines{}}
	of.command.Stdout, of.command.Stderr, of.command.WaitDelay = of.shown, of.shown, endWithin
	if err := of.command.Start(); err != nil {
		t.Fatalf("starting %q: %v", command, err)
	}
	t.Cleanup(func() {
		group := -of.command.Process.Pid
		_ = syscall.Kill(group, syscall.SIGINT)
		late := time.AfterFunc(endWithin, func() { _ = syscall.Kill(group, syscall.SIGKILL) }) //nolint:forbidigo // Its end.
		defer late.Stop()
		_ = of.command.Wait()
		if t.Failed() {
			t.Logf("%q has shown:\n%s", command, of.shown)
		}
	})
	return of
}
