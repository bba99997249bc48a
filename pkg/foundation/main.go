package foundation

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"farthing/pkg/clock"
)

// drainWithin is how long a process may take to stop.
const drainWithin = 20 * time.Second

// Main runs these services in this process, on an embedded store, until it is interrupted; then it drains.
func Main(services ...Service) {
	dir := flag.String("data", ".farthing", "the folder of the data")
	host := flag.String("host", "127.0.0.1", "the address to listen on")
	port := flag.Int("port", firstPort, "the first port")
	flag.Parse()
	log := NewLog(os.Stderr, slog.LevelInfo)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, log, *dir, *host, *port, services)
	stop()
	if err != nil {
		log.Error("stopped", "error", err)
		os.Exit(1)
	}
}

const firstPort = 8080

func run(ctx context.Context, log *slog.Logger, dir, host string, port int, services []Service) error {
	home := filepath.Join(dir, "bank")         // As cmd/farthing keeps it.
	bank, err := OpenEmbedded(EmbeddedOptions{ //nolint:contextcheck // The store outlives the start: Close ends it.
		Dir: filepath.Join(home, "store"), Clock: &clock.Business{}, Log: log,
	})
	if err != nil {
		return err
	}
	options := bank.Options(services)
	options.Listen, options.Settings = Loopback(ctx, host, port), SettingsFrom(os.Environ())
	options.KeyDir, options.CreateKeys = filepath.Join(home, "keys"), true
	process, err := bank.Start(ctx, options)
	if err != nil {
		return errors.Join(err, bank.Close())
	}
	if _, err := process.Open(); err != nil {
		return errors.Join(err, process.Shutdown(ctx), bank.Close())
	}
	select {
	case <-ctx.Done():
	case <-process.Failed():
	}
	return errors.Join(process.Shutdown(ctx), bank.Close())
}

// Shutdown is Stop within the time that a drain may take, whether ctx has ended or not.
func (p *Process) Shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainWithin)
	defer cancel()
	return p.Stop(ctx)
}
