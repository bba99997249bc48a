package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/terminal"
	"farthing/pkg/foundation"
)

func (p *program) deadLetters() *cobra.Command {
	limit := 0
	command := &cobra.Command{
		Use:   "deadletters [SUBSCRIPTION]",
		Short: "List the events that a service gave up, or deliver them once more",
		Long: "Deadletters lists the events that a service could not handle however often it tried, with the reason. They\n" +
			"are kept until they are replayed: mend the reason first.",
		Example: "  farthing deadletters\n  farthing deadletters feed_generator -o json\n" +
			"  farthing deadletters replay feed_generator evt_00008zIcpb1TB4yeIFXMzx",
		ValidArgsFunction: cobra.NoFileCompletions,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("deadletters wants one SUBSCRIPTION, or none; 'deadletters replay' delivers one once more")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return p.runDeadLetters(c.Context(), args, limit) },
	}
	command.Flags().IntVar(&limit, "limit", 100, "how many to list of each subscription, the oldest first; at most 1,000")
	command.AddCommand(p.replayDeadLetter())
	return command
}

func (p *program) replayDeadLetter() *cobra.Command {
	return &cobra.Command{
		Use:   "replay SUBSCRIPTION EVENT",
		Short: "Deliver a dead letter once more, from its first try",
		Example: "  farthing deadletters replay feed_generator evt_00008zIcpb1TB4yeIFXMzx\n" +
			"  farthing deadletters replay feed_generator all",
		Args:              arguments("SUBSCRIPTION", "EVENT"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(c *cobra.Command, args []string) error { return p.runReplay(c.Context(), args[0], args[1]) },
	}
}

const lettersMax = 1_000

func (p *program) runDeadLetters(ctx context.Context, args []string, limit int) error {
	if limit < 1 || limit > lettersMax {
		return usage("--limit must be from 1 to %d", lettersMax)
	}
	n, err := bank.Find(ctx, p.folder())
	if err != nil {
		return err
	}
	names, err := subscriptions(ctx, n, args)
	if err != nil {
		return err
	}
	letters := make([]foundation.DeadLetter, 0)
	for _, name := range names {
		found, err := lettersOf(ctx, n, name, limit)
		if err != nil {
			return err
		}
		letters = append(letters, found...)
	}
	if p.json() {
		return p.print(letters)
	}
	return p.showLetters(letters)
}

// subscriptions are those that were named, or all that the bank has.
func subscriptions(ctx context.Context, n bank.Notice, named []string) ([]string, error) {
	var found struct {
		Subscriptions []string `json:"subscriptions"`
	}
	if err := admin(ctx, n, "/subscriptions", &found); err != nil {
		return nil, err
	}
	slices.Sort(found.Subscriptions)
	if len(named) == 0 {
		return found.Subscriptions, nil
	}
	if !slices.Contains(found.Subscriptions, named[0]) {
		return nil, usage("there is no subscription %q; those that there are: %v", named[0], found.Subscriptions)
	}
	return named, nil
}

func lettersOf(ctx context.Context, n bank.Notice, name string, limit int) ([]foundation.DeadLetter, error) {
	var found struct {
		DeadLetters []foundation.DeadLetter `json:"dead_letters"`
	}
	err := admin(ctx, n, fmt.Sprintf("%s%s?limit=%d", foundation.DeadLetterPath, name, limit), &found)
	return found.DeadLetters, err
}

func (p *program) showLetters(letters []foundation.DeadLetter) error {
	if len(letters) == 0 {
		_, err := fmt.Fprintln(p.screen, "no dead letters")
		return err
	}
	table := tabwriter.NewWriter(p.screen, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SUBSCRIPTION\tEVENT\tTYPE\tABOUT\tTRIES\tSINCE\tREASON")
	for _, l := range letters {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", l.Subscription, l.EventID, l.Type, l.Key, l.Tries,
			l.At.Format(time.RFC3339), terminal.Visible(l.Reason))
	}
	return table.Flush()
}

func (p *program) runReplay(ctx context.Context, name, event string) error {
	n, err := bank.Find(ctx, p.folder())
	if err != nil {
		return err
	}
	if _, err := subscriptions(ctx, n, []string{name}); err != nil {
		return err
	}
	ids := []string{event}
	if event == "all" {
		letters, err := lettersOf(ctx, n, name, lettersMax)
		if err != nil {
			return err
		}
		ids = ids[:0]
		for _, l := range letters {
			ids = append(ids, l.EventID)
		}
	}
	for _, id := range ids {
		if err := replayOne(ctx, n, name, id); err != nil {
			return err
		}
	}
	if p.json() {
		return p.print(map[string]int{"replayed": len(ids)})
	}
	_, err = fmt.Fprintf(p.screen, "replayed %d\n", len(ids))
	return err
}

func replayOne(ctx context.Context, n bank.Notice, name, id string) error {
	path := foundation.DeadLetterPath + name + "/" + url.PathEscape(id) + "/replay"
	if err := operate(ctx, n, http.MethodPost, path, nil, &struct{}{}); err != nil {
		return fmt.Errorf("replaying %s: %w", id, err)
	}
	return nil
}
