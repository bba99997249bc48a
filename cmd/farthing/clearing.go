package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/clearing"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
)

func (p *program) clearing() *cobra.Command {
	command := &cobra.Command{
		Use: "clearing", Short: "Settlement day: make a clearing file, or take one", Args: cobra.NoArgs,
		Long: "A clearing file is how a card scheme tells at the end of a day what merchants have collected. Its format\n" +
			"is described in docs/clearing-file.md.",
	}
	command.AddCommand(p.generateCommand(), p.ingestCommand())
	return command
}

// generateFlags choose the file to make.
type generateFlags struct {
	day, id string
	planted clearing.Breaks
}

func (p *program) generateCommand() *cobra.Command {
	var f generateFlags
	generate := &cobra.Command{
		Use: "generate FILE", Short: "Make the file that the scheme would send for what is still to be collected",
		Long: "Generate writes a clearing file with each authorisation of which money is held and nothing was collected,\n" +
			"from a minute after it was made. Breaks can be planted, each into a record of its own.",
		Example: "  farthing clearing generate today.jsonl\n" +
			"  farthing clearing generate broken.jsonl --missing 1 --duplicate 1 --wrong-amount 1",
		Args: arguments("FILE"),
		RunE: func(c *cobra.Command, args []string) error { return p.runGenerate(c.Context(), args[0], f) },
	}
	flags := generate.Flags()
	flags.StringVar(&f.day, "day", "", "the business date, as in 2026-11-28; today's if not given")
	flags.StringVar(&f.id, "id", "", "the file's id; a new one if not given")
	flags.IntVar(&f.planted.Missing, "missing", 0, "leave out so many")
	flags.IntVar(&f.planted.Duplicate, "duplicate", 0, "collect so many twice")
	flags.IntVar(&f.planted.WrongAmount, "wrong-amount", 0, "collect too much of so many")
	flags.IntVar(&f.planted.WrongCurrency, "wrong-currency", 0, "collect so many in another currency")
	flags.IntVar(&f.planted.UnknownCard, "unknown-card", 0, "collect so many from a card that is nobody's")
	return generate
}

func (p *program) runGenerate(ctx context.Context, name string, f generateFlags) error {
	for _, n := range []int{
		f.planted.Missing, f.planted.Duplicate, f.planted.WrongAmount, f.planted.WrongCurrency, f.planted.UnknownCard,
	} {
		if n < 0 {
			return usage("a number of breaks must not be negative")
		}
	}
	now, err := p.now()
	if err != nil {
		return err
	}
	if f.day == "" {
		f.day = now.UTC().Format(time.DateOnly)
	}
	if _, err := time.Parse(time.DateOnly, f.day); err != nil {
		return usage("--day must be a date as in 2026-11-28")
	}
	if f.id == "" {
		f.id = clearing.FileID(f.day, now)
	}
	ask, err := p.ask(ctx)
	if err != nil {
		return err
	}
	due, err := clearing.Due(ctx, ask)
	if err != nil {
		return err
	}
	file, err := clearing.Generate(f.id, f.day, due, f.planted)
	if err != nil {
		return err
	}
	made, err := logic.DecodeFile(file, now.AddDate(1, 0, 0))
	if err != nil {
		return err
	}
	const mode = 0o600
	if err := os.WriteFile(name, file, mode); err != nil {
		return err
	}
	if p.json() {
		return p.print(map[string]any{"file_id": f.id, "business_date": f.day, "records": len(made.Lines)})
	}
	_, err = fmt.Fprintf(p.screen, "%s: %d records of %s\n", f.id, len(made.Lines), f.day)
	return err
}

// ask asks the operator's door of the bank that runs.
func (p *program) ask(ctx context.Context) (clearing.Ask, error) {
	n, err := bank.Find(ctx, p.folder())
	return func(ctx context.Context, method, path string, body, into any) error {
		return operate(ctx, n, method, path, body, into)
	}, err
}

func (p *program) ingestCommand() *cobra.Command {
	return &cobra.Command{
		Use: "ingest FILE", Short: "Take a clearing file: post it, and report what does not agree",
		Long: "Ingest sends a clearing file, has it found good as a whole, and posted, each record once, however often it\n" +
			"or the file comes. It may be repeated after whatever has died, and goes on. The exit code is 1 if there are\n" +
			"breaks: what is missing, duplicate, or of a wrong amount or currency.",
		Example: "  farthing clearing ingest today.jsonl\n  farthing clearing ingest today.jsonl -o json",
		Args:    arguments("FILE"),
		RunE:    func(c *cobra.Command, args []string) error { return p.runIngest(c.Context(), args[0]) },
	}
}

func (p *program) runIngest(ctx context.Context, name string) error {
	file, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	now, err := p.now()
	if err != nil {
		return err
	}
	if _, err := logic.DecodeFile(file, now.AddDate(1, 0, 0)); err != nil {
		return err // The bank would say the same, after all of it was sent.
	}
	ask, err := p.ask(ctx)
	if err != nil {
		return err
	}
	bar := &bar{screen: p.screen, quiet: p.json()}
	report, err := clearing.Ingest(ctx, ask, file, func(r cardprocessingproto.ClearingReport) {
		bar.step("pieces", r.PostedPieces, r.State == clearing.Done)
	})
	bar.end()
	if err != nil {
		return err
	}
	if err := p.showReport(report); err != nil {
		return err
	}
	if n := report.Breaks.Total(); n > 0 {
		return fmt.Errorf("the file and the bank do not agree in %d places", n)
	}
	return nil
}

func (p *program) showReport(r cardprocessingproto.ClearingReport) error {
	if p.json() {
		return p.print(r)
	}
	fmt.Fprintf(p.screen, "%s of %s: %d records, %d posted, %d posted before, %d unmatched\n", r.FileID, r.BusinessDate,
		r.Records, r.Posted, r.Already, r.Unmatched)
	for _, b := range r.List {
		fmt.Fprintf(p.screen, "%s %s\n", p.screen.Red("✗"), explainBreak(b))
	}
	_, err := fmt.Fprintf(p.screen, "%d breaks\n", r.Breaks.Total())
	return err
}

// explainBreak is a break in words.
func explainBreak(b cardprocessingproto.BreakView) string {
	said := spaced(b.Kind) + ": " + grouped(b.Amount)
	if b.Line > 0 {
		said += fmt.Sprintf(", line %d, record %s", b.Line, b.RecordID)
	}
	if b.AuthorisationID != "" {
		said += ", " + b.AuthorisationID
	}
	if b.UnmatchedID != "" {
		said += ", " + b.UnmatchedID
	}
	if b.Detail != "" {
		said += ": " + b.Detail
	}
	return said
}
