package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/demo"
	"farthing/pkg/foundation"
	authproto "farthing/service.auth/proto"
)

// upFlags are the flags of up.
type upFlags struct {
	host     string
	port     int
	empty    bool
	history  int
	logLevel string

	processes bool
	replicas  int
	cluster   clusterFlags

	allowLoopback bool
}

func (p *program) up() *cobra.Command {
	var f upFlags
	up := &cobra.Command{
		Use:   "up",
		Short: "Run the whole bank",
		Long: "Up runs the whole bank in this process until it is interrupted, and then drains it. With --processes each\n" +
			"service has a process of its own, which this one keeps running; with --cassandra their data are in a cluster,\n" +
			"and with --nats their events go through servers elsewhere. docs/shapes.md says what each shape is for.\n\n" +
			"The first start in a folder makes a demonstration customer with six months of life; later ones go on with\n" +
			"the same data. Ports, from the first: public API, card edge, console, admin, ISO 8583, login. Pushes go to a\n" +
			"fake of Apple in this process, unless FARTHING_APNS_HOST and its fellows say otherwise; mails go to a\n" +
			"folder, and with their links to this screen, unless FARTHING_AUTH_SMTP_HOST and its fellows name a mail server.",
		Example: "  farthing up\n  farthing up --data /var/lib/farthing --port 9000\n  farthing up --empty -o json\n" +
			"  farthing up --processes\n" +
			"  farthing up --processes --cassandra 10.0.0.1:9042 \\\n" +
			"    --nats nats://10.0.0.9:4222 --nats-monitor http://10.0.0.9:8222",
		Args:              arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(c *cobra.Command, _ []string) error { return p.runUp(c.Context(), f) },
	}
	flags := up.Flags()
	flags.StringVar(&f.host, "host", "127.0.0.1", "the address to listen on")
	flags.IntVar(&f.port, "port", defaultPort, "the first port; 0 takes whichever are free")
	flags.BoolVar(&f.empty, "empty", false, "make no demonstration customer")
	flags.IntVar(&f.history, "history", demo.DaysMax, "how many days the demonstration customer has been with the bank")
	flags.StringVar(&f.logLevel, "log-level", "warn", "what to log to stderr: debug, info, warn or error")
	flags.BoolVar(&f.allowLoopback, "allow-loopback-webhooks", false, "let webhooks call this machine, for development")
	flags.BoolVar(&f.processes, "processes", false, "one process for each service")
	flags.IntVar(&f.replicas, "replicas", 1, "processes of each service, with --cassandra")
	f.cluster.add(up)
	f.cluster.addNATS(up)
	return up
}

const (
	defaultPort = 8080
	// portMax leaves room for all doors.
	portMax = 65535 - 5
)

func (p *program) runUp(ctx context.Context, f upFlags) error {
	options, err := p.upOptions(f)
	if err != nil {
		return err
	}
	collectLess()
	running, err := bank.Up(ctx, options)
	if err != nil {
		return unlessInterrupted(ctx, err)
	}
	if err := p.showUp(running.Notice); err != nil {
		return errors.Join(err, running.Stop(ctx))
	}
	showing, stop := context.WithCancel(ctx)
	var screens sync.WaitGroup
	screens.Go(func() { p.showPhone(showing, running) })
	screens.Go(func() { p.showMail(showing, running) })
	select {
	case <-ctx.Done():
	case <-running.Failed():
	}
	err = running.Stop(ctx)
	stop()
	screens.Wait()
	return err
}

// unlessInterrupted is why a bank did not come up: that somebody did not want it to is no failure.
func unlessInterrupted(ctx context.Context, err error) error {
	select {
	case <-ctx.Done():
		return nil
	default:
		return err
	}
}

func (p *program) upOptions(f upFlags) (bank.Options, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
		return bank.Options{}, usage("--log-level must be debug, info, warn or error, not %q", f.logLevel)
	}
	if f.port < 0 || f.port > portMax {
		return bank.Options{}, usage("--port must be from 0 to %d, not %d", portMax, f.port)
	}
	if f.history < 1 || f.history > demo.DaysMax {
		return bank.Options{}, usage("--history must be from 1 to %d days, not %d", demo.DaysMax, f.history)
	}
	if err := f.checkShape(); err != nil {
		return bank.Options{}, err
	}
	site := f.cluster.site
	site.LogLevel = f.logLevel
	set := settings()
	if f.allowLoopback {
		set[settingAllowLoopback] = "true"
	}
	return bank.Options{
		Folder: p.folder(), Host: f.host, Port: f.port, Empty: f.empty, History: f.history, Settings: set,
		Log: foundation.NewLog(p.errors, level), Processes: f.processes, Replicas: f.replicas, Site: site, Errors: p.errors,
	}, nil
}

// settingAllowLoopback lets webhooks call this machine itself.
const settingAllowLoopback = "FARTHING_WEBHOOK_ALLOW_LOOPBACK"

// replicasMax is more than a machine bears.
const replicasMax = 16

// checkShape refuses flags that do not go together, before anything is begun.
func (f upFlags) checkShape() error {
	site := f.cluster.site
	switch {
	case !f.processes && site.Cassandra != "":
		return usage("--cassandra wants --processes: in one process the bank keeps its data itself")
	case !f.processes && site.NATS != "":
		return usage("--nats wants --processes: in one process the bank keeps its events itself")
	case f.replicas < 1 || f.replicas > replicasMax:
		return usage("--replicas must be from 1 to %d, not %d", replicasMax, f.replicas)
	case f.replicas > 1 && site.Cassandra == "":
		return usage("--replicas wants --cassandra: an embedded store belongs to one process")
	case site.NATSReplicas < 1 || site.NATSReplicas > 5:
		return usage("--nats-replicas must be from 1 to 5, not %d", site.NATSReplicas)
	case site.NATSReplicas > 1 && site.NATS == "":
		return usage("--nats-replicas wants --nats: the bank's own event server is only one")
	}
	return f.cluster.check()
}

// showUp says on one screen what there is and what to try.
func (p *program) showUp(n bank.Notice) error {
	if p.json() {
		return p.print(demonstrationOf(n))
	}
	s := p.screen
	fmt.Fprintf(s, "%s, with its data in %s\n\n", s.Bold("Farthing is running"), p.folder().Shown())
	for _, line := range [][2]string{
		{"public API", n.API}, {"card edge", n.CardEdge}, {"ISO 8583", n.ISO8583},
		{"login", n.Login + "   where programs send customers to log in"},
		{"sign-up", n.Login + authproto.SignUpPath + "   where people apply for an account"},
		{"admin", n.Admin + "   metrics, health, traces, profiles"},
	} {
		fmt.Fprintf(s, "  %-12s %s\n", line[0], line[1])
	}
	if c := n.Demonstration; c != nil {
		fmt.Fprintf(s, "\n%s is the demonstration customer, with a card that ends in %s.\n", s.Bold(c.Name), c.LastFour)
		for _, line := range [][2]string{
			{"user", c.UserID}, {"account", c.AccountID}, {"card", c.CardID}, {"e-mail", demo.Email}, {"program", c.ClientID},
		} {
			fmt.Fprintf(s, "  %-12s %s\n", line[0], line[1])
		}
		fmt.Fprintf(s, "\nTry, in another terminal:\n\n  %s\n  %s\n  %s\n",
			p.command(`swipe 3.50 "PRET A MANGER 1234 LONDON GBR"`), p.command("feed"), curl(n))
	} else {
		fmt.Fprintf(s, "\nIt began empty: it has no demonstration customer.\n")
	}
	_, err := fmt.Fprintf(s, "\nWhat the phone shows, and mails, come below. Ctrl-C stops the bank.\n")
	return err
}

func curl(n bank.Notice) string {
	return fmt.Sprintf(`curl -H "Authorization: Bearer %s" '%s/transactions?account_id=%s&expand[]=merchant'`,
		n.Demonstration.AccessToken, n.API, n.Demonstration.AccountID)
}

// garbagePercent is how much the heap may grow between two collections. A swipe leaves much garbage, and the bank keeps
// little: this costs some 50 MB and gives a fifth more swipes a second (docs/performance.md).
const garbagePercent = 200

// collectLess sets that, unless the operator has chosen with GOGC.
func collectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
}
