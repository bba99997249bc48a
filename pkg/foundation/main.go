package foundation

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"farthing/pkg/clock"
)

// drainWithin is how long a process may take to stop.
const drainWithin = 20 * time.Second

// firstPort is the public door's, in development.
const firstPort = 8080

// Main runs these services in a process of their own, as the settings in the environment say (Site), until it is
// interrupted; then it drains.
func Main(services ...Service) {
	flag.Usage = func() { fmt.Fprintln(os.Stderr, "Settings are read from the environment: see docs/shapes.md.") }
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := Run(ctx, services, SettingsFrom(os.Environ()), os.Stdout, os.Stderr)
	stop()
	if err != nil {
		os.Exit(1)
	}
}

// Ready is what a process says on its standard output, as a line of JSON: once its doors are open, or why it ends
// without.
type Ready struct {
	Services   []string          `json:"services"`
	Listening  map[string]string `json:"listening,omitempty"` // host:port for calls, by service.
	Doors      map[string]string `json:"doors,omitempty"`     // host:port, by door.
	Operations []string          `json:"operations,omitempty"`
	Error      string            `json:"error,omitempty"`
}

// Run is Main for a command that has a context, settings and streams of its own. Its error has been logged.
func Run(ctx context.Context, services []Service, settings map[string]string, out, logs io.Writer) error {
	site, own, err := SiteFrom(settings)
	level := slog.LevelInfo
	if err == nil {
		level, err = site.Level()
	}
	log := NewLog(logs, level)
	if err == nil {
		err = site.run(ctx, services, own, log, out)
	}
	if err != nil {
		log.Error("stopped", "services", namesOf(services), "error", err)
		// Whoever started the process may read one and not the other.
		return errors.Join(err, tell(out, Ready{Services: namesOf(services), Error: err.Error()}))
	}
	return nil
}

func tell(out io.Writer, r Ready) error { return json.NewEncoder(out).Encode(r) }

func (s Site) run(
	ctx context.Context, services []Service, settings map[string]string, log *slog.Logger, out io.Writer,
) error {
	if err := s.holdOn(log); err != nil {
		return err
	}
	if err := s.CheckDurability(ctx, log); err != nil {
		return err
	}
	transport, network, err := s.transport(ctx, services)
	if err != nil {
		return err
	}
	ahead, err := clock.File(s.Clock).Read()
	if err != nil {
		return fmt.Errorf("setting %sCLOCK: %w", settingPrefix, err)
	}
	ground, err := s.Ground(ctx, clock.Ahead(ahead), log, transport)
	if err != nil {
		return err
	}
	s.followClock(ctx, ground)
	options := ground.Options(services)
	options.Settings, options.KeyDir, options.CreateKeys = settings, s.keys(), s.CreateKeys
	if options.Listen, err = s.listenDoor(ctx); err != nil {
		return errors.Join(err, ground.Close())
	}
	process, err := s.start(ctx, ground, options)
	if err != nil {
		return errors.Join(err, transport.Stop(ctx), ground.Close())
	}
	opened, err := process.Open() //nolint:contextcheck // Doors stay open when it has ended, to drain.
	if err == nil {
		err = tell(out, process.ready(opened, network.listening()))
	}
	if err == nil {
		select {
		case <-ctx.Done():
		case <-process.Failed():
		}
	}
	return errors.Join(err, process.Shutdown(ctx), ground.Close())
}

// followClock has business time move with the site's file until the ground closes.
func (s Site) followClock(ctx context.Context, g *Ground) {
	if s.Clock == "" {
		return
	}
	ctx, stop := context.WithCancel(ctx)
	var following sync.WaitGroup
	following.Go(func() { clock.File(s.Clock).Follow(ctx, g.Clock) })
	g.Later(func() error {
		stop()
		following.Wait()
		return nil
	})
}

// start migrates the embedded store, which is this process's own. A cluster's schema is the business of whoever runs
// the services: many processes would change it at once.
func (s Site) start(ctx context.Context, ground *Ground, o Options) (*Process, error) {
	if s.Cassandra != "" {
		return Start(ctx, o)
	}
	return ground.Start(ctx, o)
}

// holdOn ends the process at once when its lifeline does: whoever started it has died, and the next one will want the
// folders that this process holds. What is not yet acknowledged is as after any crash.
func (s Site) holdOn(log *slog.Logger) error {
	if s.Lifeline == 0 {
		return nil
	}
	line := os.NewFile(uintptr(s.Lifeline), "lifeline")
	if _, err := line.Stat(); err != nil {
		return fmt.Errorf("setting %sLIFELINE: must be the number of an open file: %w", settingPrefix, err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, line) // Nothing is ever written.
		log.Error("the supervisor has gone")
		os.Exit(1)
	}()
	return nil
}

func (p *Process) ready(doors map[Door]net.Addr, listening map[string]string) Ready {
	r := Ready{
		Services: namesOf(p.options.Services), Listening: listening, Doors: make(map[string]string),
		Operations: slices.Sorted(maps.Keys(p.operations)),
	}
	for door, address := range doors {
		r.Doors[string(door)] = address.String()
	}
	return r
}

func namesOf(services []Service) []string {
	names := make([]string, len(services))
	for i, s := range services {
		names[i] = s.Name
	}
	return names
}

// Shutdown is Stop within the time that a drain may take, whether ctx has ended or not.
func (p *Process) Shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainWithin)
	defer cancel()
	return p.Stop(ctx)
}
