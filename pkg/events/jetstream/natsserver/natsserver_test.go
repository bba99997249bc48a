package natsserver_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events/jetstream/natsserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAServerAnswersOnceItIsStarted(t *testing.T) {
	s, err := natsserver.Start(natsserver.Options{Dir: t.TempDir(), Token: "a token: with / signs"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	conn, err := nats.Connect(s.URL())
	if err != nil {
		t.Fatalf("connecting: %v", err)
	}
	defer conn.Close()
	if answer, err := conn.Request("$JS.API.INFO", nil, time.Second); err != nil || len(answer.Data) == 0 {
		t.Fatalf("asking for JetStream: %v", err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	rsp, err := client.Get(s.Monitor() + "/healthz")
	if err != nil || rsp.StatusCode != http.StatusOK {
		t.Fatalf("asking the monitoring: %v", err)
	}
	_ = rsp.Body.Close()
}

func TestAPortThatIsTakenFailsAtOnceAndSaysSo(t *testing.T) {
	s, err := natsserver.Start(natsserver.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	port, err := strconv.Atoi(s.URL()[strings.LastIndexByte(s.URL(), ':')+1:])
	if err != nil {
		t.Fatal(err)
	}
	watch := clock.Start()
	_, err = natsserver.Start(natsserver.Options{Dir: t.TempDir(), Port: port})
	if err == nil || !strings.Contains(err.Error(), "in use") || watch.Elapsed() > 10*time.Second {
		t.Fatalf("starting a second server on a port, after %v: %v", watch.Elapsed(), err)
	}
}

func TestAServerNeedsAFolder(t *testing.T) {
	if _, err := natsserver.Start(natsserver.Options{}); !errs.Is(err, "bad_request.missing_param.dir") {
		t.Fatalf("starting a server without a folder: %v", err)
	}
	s, err := natsserver.Start(natsserver.Options{Dir: "/dev/null/x"})
	if err == nil {
		_ = s.Close()
		t.Fatal("a server started on a folder that cannot be")
	}
}
