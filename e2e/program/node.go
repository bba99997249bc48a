package program

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"farthing/pkg/clock"
)

// Node is a real Cassandra of a test's own, which can be killed, paused and started again.
type Node struct {
	Address string // host:port.
	folder  string
	script  string
}

// StartNode starts a node that is gone when the test ends. Settings are those of node.sh, as in
// CASSANDRA_COMMITLOG_SYNC=periodic.
func StartNode(t testing.TB, settings ...string) *Node {
	t.Helper()
	script, err := filepath.Abs(filepath.Join("..", "..", "deploy", "cassandra", "node.sh"))
	if err != nil {
		t.Fatal(err)
	}
	n := &Node{folder: filepath.Join(t.TempDir(), "node"), script: script}
	t.Cleanup(n.Kill)
	n.Address = n.call(t, settings, "start")
	return n
}

// Again starts a node that was killed, with the data and at the address that it had.
func (n *Node) Again(t testing.TB) {
	t.Helper()
	n.call(t, nil, "again")
}

func (n *Node) call(t testing.TB, settings []string, verb string) string {
	t.Helper()
	var out, errors bytes.Buffer
	//nolint:gosec // Our own script.
	command := exec.CommandContext(context.WithoutCancel(t.Context()), n.script, verb, n.folder)
	command.Env, command.Stdout, command.Stderr = append(os.Environ(), settings...), &out, &errors
	if err := command.Run(); err != nil {
		t.Fatalf("node.sh %s: %v\n%s", verb, err, errors.String())
	}
	return strings.TrimSpace(out.String())
}

// Kill ends the node at once, and returns when it has gone. Killing it again is harmless.
func (n *Node) Kill() {
	pid, runs := n.pid()
	if !runs {
		return
	}
	for syscall.Kill(pid, syscall.SIGKILL) == nil {
		_ = clock.Wait(context.Background(), lookAgain) // A gigabyte takes a moment to give back.
	}
	_ = os.Remove(n.pidFile()) // The number may soon be somebody else's.
}

// Pause stops the node without ending it: its connections stay, and nobody answers.
func (n *Node) Pause() { n.signal(syscall.SIGSTOP) }

// Resume ends a pause.
func (n *Node) Resume() { n.signal(syscall.SIGCONT) }

func (n *Node) signal(with syscall.Signal) {
	if pid, runs := n.pid(); runs {
		_ = syscall.Kill(pid, with)
	}
}

func (n *Node) pidFile() string { return filepath.Join(n.folder, "pid") }

// pid is the node's process, if one was started and not killed since.
func (n *Node) pid() (pid int, runs bool) {
	text, err := os.ReadFile(n.pidFile())
	if err != nil {
		return 0, false
	}
	pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
	return pid, err == nil
}
