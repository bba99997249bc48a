package shapes

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"farthing/cmd/farthing/bank"
	"farthing/pkg/foundation"
)

// own are the services that are a program by themselves: all but those that only a bank for development has.
func own(t *testing.T) []foundation.Service {
	t.Helper()
	var found []foundation.Service
	for _, service := range bank.Services() {
		if _, err := os.Stat(filepath.Join("..", "..", service.Name, "main.go")); err == nil {
			found = append(found, service)
		}
	}
	if len(found) < len(bank.Services())-1 {
		t.Errorf("only %d of %d services have a program of their own", len(found), len(bank.Services()))
	}
	return found
}

// buildEach builds the programs of services into a folder, under the services' names.
func buildEach(t *testing.T, services ...foundation.Service) string {
	t.Helper()
	folder := t.TempDir() + "/"
	args := []string{"build", "-ldflags=-s -w", "-o", folder} // Without what only a debugger reads: linking is what takes.
	for _, service := range services {
		args = append(args, "farthing/"+service.Name)
	}
	if said, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput(); err != nil {
		t.Fatalf("building the services: %v\n%s", err, said)
	}
	return folder
}

// alone is a service's own program, with no settings but where it keeps things and these.
func alone(t *testing.T, program string, settings ...string) *exec.Cmd {
	t.Helper()
	folder := t.TempDir()
	environ := slices.DeleteFunc(os.Environ(), func(each string) bool { return strings.HasPrefix(each, "FARTHING_") })
	command := exec.CommandContext(t.Context(), program)
	command.Dir = folder
	command.Env = append(append(environ, "FARTHING_STORE="+filepath.Join(folder, "store"),
		"FARTHING_KEYS="+filepath.Join(folder, "keys"), "FARTHING_CREATE_KEYS=true"), settings...)
	return command
}

func TestEachServiceRunsAndDrainsByItself(t *testing.T) {
	services := own(t)
	folder := buildEach(t, services...)
	for _, service := range services {
		t.Run(service.Name, func(t *testing.T) { runs(t, service, folder+service.Name) })
	}
}

func runs(t *testing.T, service foundation.Service, program string) {
	t.Helper()
	var doors []string
	for _, door := range service.Doors { // Its usual port may be somebody's.
		doors = append(doors, string(door)+"=127.0.0.1:0")
	}
	command := alone(t, program, "FARTHING_DOORS="+strings.Join(doors, ","))
	var logged bytes.Buffer
	command.Stderr = &logged
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(soon, func() { _ = command.Process.Kill() }) //nolint:forbidigo // A process's end.
	defer late.Stop()
	var is foundation.Ready
	if err := json.NewDecoder(out).Decode(&is); err != nil {
		t.Fatalf("the service says nothing: %v, %v\n%s", err, command.Wait(), logged.String())
	}
	wantReady(t, service, is)
	_ = command.Process.Signal(syscall.SIGTERM)
	if err := command.Wait(); err != nil {
		t.Errorf("a service that was asked to stop ended with %v\n%s", err, logged.String())
	}
}

// wantReady wants a service to be where it says that it is.
func wantReady(t *testing.T, service foundation.Service, is foundation.Ready) {
	t.Helper()
	if is.Error != "" || !slices.Equal(is.Services, []string{service.Name}) || is.Listening[service.Name] == "" {
		t.Errorf("it says %+v", is)
	}
	for _, door := range append([]foundation.Door{foundation.Admin}, service.Doors...) {
		if door == foundation.ISO8583 { // It speaks no HTTP.
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", is.Doors[string(door)])
			if err != nil {
				t.Errorf("the %s door does not answer: %v", door, err)
				continue
			}
			_ = conn.Close()
			continue
		}
		path := "/"
		if door == foundation.Admin {
			path = "/readyz"
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+is.Doors[string(door)]+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		rsp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Errorf("the %s door does not answer: %v", door, err)
			continue
		}
		_ = rsp.Body.Close()
		if door == foundation.Admin && rsp.StatusCode != http.StatusOK {
			t.Errorf("it answers that it is not ready: %d", rsp.StatusCode)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestAServiceRefusesASettingByItsName(t *testing.T) {
	n := slices.IndexFunc(bank.Services(), func(s foundation.Service) bool { return s.Name == "service.feed" })
	feed := bank.Services()[n]
	program := buildEach(t, feed) + feed.Name
	for name, c := range map[string]struct{ setting, says string }{
		"one that nobody knows":        {"FARTHING_FEED_COLOUR=red", "no service knows the setting FARTHING_FEED_COLOUR"},
		"another service's":            {"FARTHING_APNS_HOST=x", "no service knows the setting FARTHING_APNS_HOST"},
		"a misspelt one":               {"FARTHING_STROE=x", "no service knows the setting FARTHING_STROE"},
		"listening nowhere":            {"FARTHING_LISTEN=nowhere", "setting FARTHING_LISTEN"},
		"listening at a file of words": {"FARTHING_LISTEN=fd:three", "setting FARTHING_LISTEN"},
		"listening at no file":         {"FARTHING_LISTEN=fd:99", "setting FARTHING_LISTEN"},
		"listening for nobody":         {"FARTHING_LISTEN==:80,", "setting FARTHING_LISTEN"},
		"peers without an address":     {"FARTHING_PEERS=service.cards", "setting FARTHING_PEERS"},
		"peers without a name":         {"FARTHING_PEERS==127.0.0.1:1", "setting FARTHING_PEERS"},
		"doors without a place":        {"FARTHING_DOORS=admin", "setting FARTHING_DOORS"},
		"a door that there is not":     {"FARTHING_DOORS=attic=:1", `setting FARTHING_DOORS: there is no door "attic"`},
		"a door that leads nowhere":    {"FARTHING_DOORS=admin=nowhere", "setting FARTHING_DOORS"},
		"a door that is no file":       {"FARTHING_DOORS=admin=fd:99", "setting FARTHING_DOORS"},
		"a truth that is neither":      {"FARTHING_CREATE_KEYS=maybe", "setting FARTHING_CREATE_KEYS: must be true or false"},
		"a number in words":            {"FARTHING_NATS_REPLICAS=many", "setting FARTHING_NATS_REPLICAS: must be a whole"},
		"a loud log":                   {"FARTHING_LOG_LEVEL=loud", "setting FARTHING_LOG_LEVEL"},
		"a lifeline that is no file":   {"FARTHING_LIFELINE=rope", "setting FARTHING_LIFELINE"},
		"a cluster that is nowhere":    {"FARTHING_CASSANDRA=nowhere", "setting FARTHING_CASSANDRA: "},
		"a cluster without events":     {"FARTHING_CASSANDRA=127.0.0.1:1", "FARTHING_NATS"},
	} {
		t.Run(name, func(t *testing.T) {
			command := alone(t, program, c.setting, "FARTHING_ALLOW_UNSAFE=true")
			var logged bytes.Buffer
			command.Stderr = &logged
			out, err := command.Output()
			if exitOf(err) != exitFailed {
				t.Errorf("it ended with %v", err)
			}
			var is foundation.Ready
			decode(t, string(out), &is)
			if logs := lastError(t, logged.String()); !strings.Contains(is.Error, c.says) || logs != is.Error {
				t.Errorf("it says %q and logs %q, want %q", is.Error, logs, c.says)
			}
		})
	}
}

// lastError is the error that the last line of a log tells of.
func lastError(t *testing.T, log string) string {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(log), "\n")
	var last struct{ Error string }
	decode(t, lines[len(lines)-1], &last)
	return last.Error
}
