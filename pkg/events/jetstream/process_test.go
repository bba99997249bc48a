package jetstream_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"farthing/pkg/events"
	"farthing/pkg/events/eventstest"
	"farthing/pkg/events/jetstream/natsserver"
)

// serverDir, if set, has this very program be a server on that folder instead of running tests.
const (
	serverDir  = "FARTHING_TEST_NATS_DIR"
	serverPort = "FARTHING_TEST_NATS_PORT"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(serverDir); dir != "" {
		os.Exit(beServer(dir, os.Getenv(serverPort)))
	}
	goleak.VerifyTestMain(m)
}

// beServer serves until the parent is gone, after it has told it where.
func beServer(dir, port string) int {
	n, _ := strconv.Atoi(port)
	server, err := natsserver.Start(natsserver.Options{Dir: dir, Port: n})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintln(os.Stdout, server.URL())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

func TestTheBusKeepsItsContractAcrossKills(t *testing.T) {
	eventstest.RunReopening(t, func(t testing.TB) eventstest.Site { return newProcess(t) })
}

// process is a server in a process of its own, on one folder and port however often it is started.
type process struct {
	dir, url, port string
	command        *exec.Cmd
}

func newProcess(t testing.TB) *process {
	p := &process{dir: t.TempDir(), port: "0"}
	t.Cleanup(func() { p.Kill(t) })
	return p
}

// Open starts the server and answers a new bus on it.
func (p *process) Open(t testing.TB) events.Bus {
	t.Helper()
	p.start(t)
	return busAt(t, p.url, "")
}

func (p *process) start(t testing.TB) {
	t.Helper()
	p.command = exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0])
	p.command.Env = append(os.Environ(), serverDir+"="+p.dir, serverPort+"="+p.port)
	p.command.Stderr = os.Stderr
	if _, err := p.command.StdinPipe(); err != nil { // Held open while this process lives.
		t.Fatal(err)
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatalf("starting a server: %v", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the server says nothing: %v", err)
	}
	p.url = strings.TrimSpace(line)
	p.port = p.url[strings.LastIndexByte(p.url, ':')+1:]
}

// Kill is SIGKILL, and the wait until the process is no more.
func (p *process) Kill(testing.TB) {
	if p.command == nil {
		return
	}
	_ = p.command.Process.Signal(syscall.SIGKILL)
	_ = p.command.Wait()
	p.command = nil
}
