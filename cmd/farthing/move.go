package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/terminal"
	"farthing/pkg/foundation"
	"farthing/pkg/store/archive"
)

func (p *program) export() *cobra.Command {
	f := moveFlags{}
	leave := false
	command := &cobra.Command{
		Use:   "export DIR",
		Short: "Write a whole bank that does not run into a folder",
		Long: "Export writes every row of every service into DIR, with the keys under which they are sealed: keep it as\n" +
			"you keep the bank. What services have still to do about events is done first, which takes a minute after the\n" +
			"last swipe. An export that is cut off goes on where it was when it is asked for again, unless the bank has run\n" +
			"meanwhile.",
		Example: "  farthing export /backup/farthing\n  farthing export /backup/farthing --data /var/lib/farthing",
		Args:    arguments("DIR"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.runMove(c.Context(), f, args[0], leave, bank.Export, "")
		},
	}
	f.add(command)
	command.Flags().BoolVar(&leave, "leave-dead-letters", false, "export though some events were given up, without them")
	return command
}

func (p *program) importing() *cobra.Command {
	f := moveFlags{}
	command := &cobra.Command{
		Use:   "import DIR",
		Short: "Make a bank of an export, in any shape",
		Long: "Import makes a bank of what 'farthing export' wrote into DIR, in a data folder that has none, in the shape\n" +
			"that its flags ask for, and then compares every row with the export. One that is cut off goes on where it was\n" +
			"when it is asked for again; the bank is there only when it is complete.",
		Example: "  farthing import /backup/farthing --data new\n" +
			"  farthing import /backup/farthing --data new --processes --cassandra 10.0.0.1:9042",
		Args: arguments("DIR"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.runMove(c.Context(), f, args[0], false, bank.Import, ", every one compared with the export")
		},
	}
	f.add(command)
	command.Flags().BoolVar(&f.processes, "processes", false, "for one process for each service")
	return command
}

// moveFlags are the flags of export and import.
type moveFlags struct {
	processes bool
	cluster   clusterFlags
}

func (f *moveFlags) add(command *cobra.Command) {
	f.cluster.add(command)
	f.cluster.addNATS(command)
}

// mover is bank.Export or bank.Import.
type mover func(context.Context, bank.Move) (archive.Summary, error)

func (p *program) runMove(ctx context.Context, f moveFlags, dir string, leave bool, move mover, said string) error {
	if err := f.cluster.check(); err != nil {
		return err
	}
	if f.cluster.site.Cassandra != "" && !f.processes {
		f.processes = true // Nothing else is on a cluster.
	}
	bar := &bar{screen: p.screen, quiet: p.json()}
	summary, err := move(ctx, bank.Move{
		Dir: dir, Report: bar.show, LeaveDeadLetters: leave,
		Options: bank.Options{
			Folder: p.folder(), Settings: settings(), Log: foundation.NewLog(p.errors, slog.LevelWarn),
			Processes: f.processes, Site: f.cluster.site, Errors: p.errors,
		},
	})
	bar.end()
	if err != nil {
		return reason(err)
	}
	return p.showMoved(summary, said)
}

func (p *program) showMoved(summary archive.Summary, said string) error {
	if p.json() {
		return p.print(summary)
	}
	var rows int64
	for _, t := range summary.Tables {
		rows += t.Rows + t.Statics
	}
	_, err := fmt.Fprintf(p.screen, "%d rows in %d tables%s\n", rows, len(summary.Tables), said)
	return err
}

// bar shows how far a move is: on a terminal in one line that changes, elsewhere a line for each table.
type bar struct {
	screen *terminal.Screen
	quiet  bool
	drawn  bool
}

const barWidth = 24

func (b *bar) show(p bank.Progress) {
	switch {
	case b.quiet:
	case p.Backlog != nil:
		b.draw(waitingFor(p.Backlog), false)
	case p.Waiting != nil:
		b.draw("waiting for the store: "+p.Waiting.Error(), false)
	default:
		b.draw(fmt.Sprintf("%-10s %s %s.%s %d rows",
			p.Step, filled(p.Rows, p.Total, p.Done), p.Keyspace, p.Table, p.Rows), p.Done)
	}
}

// step shows how many of something were done, of a total that nobody knows.
func (b *bar) step(what string, n int64, done bool) {
	if !b.quiet {
		b.draw(fmt.Sprintf("%s %s %d", filled(n, 0, done), what, n), done)
	}
}

func waitingFor(backlog map[string]int64) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(backlog)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, backlog[name]))
	}
	return "waiting for events to be handled: " + strings.Join(parts, ", ")
}

// filled is the bar itself; of a total that nobody knows it only tells when it is reached.
func filled(rows, total int64, done bool) string {
	n := 0
	switch {
	case done:
		n = barWidth
	case total > 0:
		n = int(min(rows, total) * barWidth / total)
	}
	return "[" + strings.Repeat("█", n) + strings.Repeat(" ", barWidth-n) + "]"
}

// draw replaces the line on a terminal. Elsewhere only what is over is worth a line.
func (b *bar) draw(line string, over bool) {
	if !b.screen.Terminal() {
		if over {
			fmt.Fprintln(b.screen, line)
		}
		return
	}
	_, _ = io.WriteString(b.screen, "\r\x1b[K"+terminal.Clip(line, b.screen.Columns()-1))
	b.drawn = true
}

func (b *bar) end() {
	if b.drawn {
		_, _ = io.WriteString(b.screen, "\r\x1b[K")
	}
}
