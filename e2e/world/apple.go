package world

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"farthing/pkg/clock"
	"farthing/service.apns/fakeapple"
)

const (
	appleHost  = "apple.test"
	appleTopic = "test.farthing.app"
	appleTeam  = "TEAM000001"
	appleKeyID = "KEY0000001"
)

// startApple makes the certificates inside: a bubble begins in the year 2000.
func (w *World) startApple(t testing.TB) map[string]string {
	t.Helper()
	var settings map[string]string
	w.Apple, settings = ServeApple(t, w.network.listen(appleHost), appleHost)
	return settings
}

// ServeApple is an Apple that answers at a listener until the test ends, under a name or address, and the settings
// that tell a bank of it. The host may have a port.
func ServeApple(t testing.TB, listener net.Listener, host string) (*fakeapple.Server, map[string]string) {
	t.Helper()
	name, _, _ := strings.Cut(host, ":")
	key, private, err := fakeapple.NewKey(appleTeam, appleKeyID, appleTopic)
	must(t, "making Apple's key", err)
	apple, err := fakeapple.New(fakeapple.Options{
		Keys: []fakeapple.Key{key}, Clock: clock.Real{}, Names: []string{name}, PerDevice: pushesMax, Max: 10 * pushesMax,
	})
	must(t, "making Apple", err)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- apple.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("Apple ended with %v", err)
		}
	})
	return apple, map[string]string{
		"FARTHING_APNS_HOST": "https://" + host, "FARTHING_APNS_KEY_ID": appleKeyID, "FARTHING_APNS_TEAM_ID": appleTeam,
		"FARTHING_APNS_TOPIC": appleTopic, "FARTHING_APNS_KEY_FILE": write(t, "apple.p8", private),
		"FARTHING_APNS_CA_FILE": write(t, "apple.pem", apple.CA()),
	}
}

func write(t testing.TB, name string, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	must(t, "writing "+name, os.WriteFile(file, content, 0o600))
	return file
}

// pushesMax is how many pushes a phone shows.
const pushesMax = 20_000
