package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"farthing/client"
	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/terminal"
	"farthing/pkg/errs"
)

// How a command ends.
const (
	exitOK     = 0
	exitFailed = 1 // It could have been done, but was not.
	exitUsage  = 2 // It can never be done as it was asked.
)

// program is what all commands share.
type program struct {
	name   string // As it was called: "bin/farthing".
	data   string
	output string // "" for people, "json" for programs, "csv" for spreadsheets.
	screen *terminal.Screen
	errors io.Writer
}

// usageError is what was asked for in a way that can never be done.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run runs the command that args ask for, and answers the exit code. An error is one line on stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	p := &program{name: args[0], screen: terminal.New(stdout), errors: stderr}
	root := p.root() //nolint:contextcheck // Cobra hands each command its context.
	root.SetArgs(args[1:])
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(stderr, "farthing: "+p.explain(err))
	if _, ok := errors.AsType[usageError](err); ok || errs.Is(err, errs.BadRequest) ||
		client.IsCode(err, errs.BadRequest) {
		return exitUsage
	}
	return exitFailed
}

// explain is an error as one line for people.
func (p *program) explain(err error) string {
	text := err.Error()
	if _, ok := errors.AsType[bank.NotRunningError](err); ok {
		text += ": start it with '" + p.command("up") + "'"
	} else if coded, ok := errors.AsType[*errs.Error](err); ok {
		text = coded.Message
	} else if answered, ok := errors.AsType[*client.Error](err); ok && answered.Message != "" {
		text = answered.Message
	}
	return strings.Join(strings.Fields(text), " ")
}

// command is how to type a command that means the same bank.
func (p *program) command(words string) string {
	if p.data == defaultData() {
		return p.name + " " + words
	}
	return p.name + " " + words + " --data " + p.data
}

func (p *program) folder() bank.Folder { return bank.Folder(p.data) }

// outputCSV is -o of commands that have it among their annotations.
const outputCSV = "csv"

func (p *program) json() bool { return p.output == "json" }

// print writes a value as JSON, on one line.
func (p *program) print(value any) error { return p.encoder().Encode(value) }

// printIndented is print for people.
func (p *program) printIndented(value any) error {
	encoder := p.encoder()
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

func (p *program) encoder() *json.Encoder {
	encoder := json.NewEncoder(p.screen)
	encoder.SetEscapeHTML(false) // It goes to no browser, and M&S should read M&S.
	return encoder
}

// defaultData is the folder that commands use unless they are told otherwise.
func defaultData() string { return cmp.Or(os.Getenv("FARTHING_DATA"), ".farthing") }

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "farthing",
		Short: "A bank in a box",
		Long: "Farthing is a bank in a box. 'farthing up' runs it; the other commands use one that runs.\n\n" +
			"Exit codes: 0 it was done (a decline is an answer, too), 1 it failed, 2 it can never be done as asked.",
		Example:       "  farthing up\n  farthing swipe 3.50 \"PRET A MANGER 1234 LONDON GBR\"\n  farthing feed --follow",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noCommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if _, tabular := c.Annotations[outputCSV]; tabular && p.output == outputCSV {
				return nil
			}
			if p.output != "" && p.output != "json" {
				return usage("-o must be 'json', not %q", p.output)
			}
			return nil
		},
	}
	flags := root.PersistentFlags()
	flags.StringVar(&p.data, "data", defaultData(), "the bank's data folder; FARTHING_DATA sets the default")
	flags.StringVarP(&p.output, "output", "o", "", "'json' prints JSON, for programs")
	_ = root.MarkPersistentFlagDirname("data")
	outputs := cobra.FixedCompletions([]string{"json"}, cobra.ShellCompDirectiveNoFileComp)
	_ = root.RegisterFlagCompletionFunc("output", outputs)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(
		p.up(), p.run(), p.ps(), p.demo(),
		p.swipe(), p.payment(), p.explanation(), p.standIn(), p.card(), p.traffic(),
		p.unmatched(), p.clearing(), p.dispute(),
		p.payIn(), p.pay(), p.payee(), p.standingOrder(), p.pot(), p.signUp(), p.client(),
		p.feed(), p.listen(), p.balance(), p.statement(), p.clock(), p.scenario(),
		p.trace(), p.deadLetters(), p.audit(),
		p.schema(), p.migrate(), p.export(), p.importing(), p.bench(),
	)
	return root
}

func noCommand(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("there is no command %q; 'farthing --help' lists them", args[0])
	}
	return nil
}

// arguments wants exactly these, in this order.
func arguments(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != len(names) {
			return usage("%s wants %s; '%s --help' shows examples", c.Name(), wanted(names), c.CommandPath())
		}
		return nil
	}
}

func wanted(names []string) string {
	if len(names) == 0 {
		return "no arguments"
	}
	return strings.Join(names, " and ")
}
