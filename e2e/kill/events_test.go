package kill

import (
	"bufio"
	"encoding/json"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"farthing/e2e/program"
	"farthing/pkg/clock"
	"farthing/pkg/events/jetstream/natsserver"
)

// What a copy of this program is called with, to be an event server.
const (
	eventsFolder = "FARTHING_TEST_EVENTS_FOLDER"
	eventsPort   = "FARTHING_TEST_EVENTS_PORT"
)

// eventsFacts are what an event server says of itself when it answers.
type eventsFacts struct{ URL, Monitor string }

// serveEvents is an event server, until it is killed.
func serveEvents(folder string) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	port, err := strconv.Atoi(os.Getenv(eventsPort))
	if err != nil {
		log.Error("no port for the event server", "reason", err)
		os.Exit(1)
	}
	server, err := natsserver.Start(natsserver.Options{Dir: folder, Port: port, Log: log})
	if err != nil {
		log.Error("no event server", "reason", err)
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(eventsFacts{server.URL(), server.Monitor()})
	select {}
}

// eventServer is an event server in a process of its own, which can be killed and started again.
type eventServer struct {
	eventsFacts
	folder  string
	port    int
	command *exec.Cmd
}

func startEvents(t *testing.T) *eventServer {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address, _ := free.Addr().(*net.TCPAddr)
	s := &eventServer{folder: t.TempDir(), port: address.Port}
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	s.again(t)
	return s
}

// again starts the server, on the folder and the port that it had.
func (s *eventServer) again(t *testing.T) {
	t.Helper()
	s.command = exec.Command(os.Args[0])
	s.command.Env = append(os.Environ(), eventsFolder+"="+s.folder, eventsPort+"="+strconv.Itoa(s.port))
	s.command.Stderr = os.Stderr
	s.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	said, err := s.command.StdoutPipe()
	if err == nil {
		err = s.command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(said).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &s.eventsFacts)
	}
	if err != nil {
		t.Fatalf("the event server said %q: %v", line, err)
	}
}

// shape is many processes whose events go through the server.
func (s *eventServer) shape() program.Shape {
	shape := program.ManyProcesses()
	shape.Args = append(shape.Args, "--nats", s.URL, "--nats-monitor", s.Monitor)
	return shape
}

func (s *eventServer) kill() {
	if s.command == nil || s.command.Process == nil {
		return
	}
	_ = s.command.Process.Kill()
	_ = s.command.Wait() // It was killed.
	s.command = nil
}

// What an outage of the event server may cost a swipe: nothing. The allowance is for a busy machine; whoever waited for
// the bus would wait for longer.
const (
	slowerTimes  = 3
	slowerBy     = 50 * time.Millisecond
	longestSwipe = 1500 * time.Millisecond
	outagePause  = 50 * time.Millisecond
)

func TestAnOutageOfTheEventServerLosesNothingAndSlowsNoSwipe(t *testing.T) {
	outage := time.Duration(program.Count(t, "FARTHING_TEST_OUTAGE_SECONDS", 10)) * time.Second
	server := startEvents(t)
	b, traffic, began := started(t, server.shape())
	var times program.Times
	traffic.Pause, traffic.Once, traffic.Send = outagePause, true, times.Of(b.Send)
	finish := traffic.Start(t.Context())
	wait(t, outage/2)
	before := times.Taken()

	server.kill()
	wait(t, outage)
	during := times.Taken()
	if during.Unknown+during.Refused+len(during.Failed) > 0 {
		t.Error("without an event server some swipes had no definite answer")
	}
	b.KillProcess(t, "service.transactions") // What it was to tell of is in its tables only.
	b.KillProcess(t, "service.balance")
	server.again(t)
	back := clock.Start()
	traffic.AwaitAnswers(t, hands)
	finish()

	t.Logf("before the outage %+v, in %v of it %+v", before, outage, during)
	if during.Median > slowerTimes*before.Median+slowerBy || during.Longest > longestSwipe {
		t.Errorf("swipes took %v, at most %v; before the outage %v", during.Median, during.Longest, before.Median)
	}
	b.CatchUp(t, traffic.Book)
	t.Logf("feed and phone had caught up %v after it was back", back.Elapsed())
	if took := back.Elapsed(); took > time.Minute {
		t.Errorf("feed and phone took %v to catch up", took)
	}
	enough(t, traffic, int(outage/time.Second)*hands)
	b.Shape = server.shape() // Its monitoring has another port now.
	traffic.Agree(t, began)
}

func wait(t *testing.T, d time.Duration) {
	t.Helper()
	if err := clock.Wait(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}
