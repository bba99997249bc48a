package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/scenario"
	"farthing/scenarios"
)

func (p *program) scenario() *cobra.Command {
	stories := &cobra.Command{
		Use: "scenario", Short: "Play stories of an account's life on the bank", Args: cobra.NoArgs,
		Long: "A scenario is a story of an account's life: what merchants, other banks and operators do, and what the\n" +
			"customer then has and sees. Each is played with a customer of its own. Many move the bank's time forward,\n" +
			"which cannot be undone.",
	}
	list := &cobra.Command{
		Use: "list", Short: "List the scenarios", Args: arguments(), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error { return p.listScenarios() },
	}
	run := &cobra.Command{
		Use: "run NAME...", Short: "Play scenarios, one after another: 'all' plays all", Args: cobra.MinimumNArgs(1),
		Long: "Run plays scenarios and shows each step: what happened, and how many things were expected and so. It ends\n" +
			"at the first that is not. A NAME that ends in .yaml is a file of your own.",
		Example:           "  farthing scenario run hotel\n  farthing scenario run all\n  farthing scenario run ./mine.yaml",
		ValidArgsFunction: completeScenarios,
		RunE:              func(c *cobra.Command, args []string) error { return p.runScenarios(c.Context(), args) },
	}
	stories.AddCommand(list, run)
	return stories
}

func completeScenarios(_ *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	files, _ := fs.Glob(scenarios.Files, "*.yaml")
	for i, file := range files {
		files[i] = strings.TrimSuffix(file, ".yaml")
	}
	return files, cobra.ShellCompDirectiveNoFileComp
}

func (p *program) listScenarios() error {
	all, err := scenario.All(scenarios.Files)
	if err != nil {
		return err
	}
	if p.json() {
		type line struct {
			Name  string `json:"name"`
			Title string `json:"title"`
			Story string `json:"story"`
		}
		lines := make([]line, len(all))
		for i, s := range all {
			lines[i] = line{s.Name, s.Title, strings.TrimSpace(s.Story)}
		}
		return p.print(lines)
	}
	table := tabwriter.NewWriter(p.screen, 0, 0, 2, ' ', 0)
	for _, s := range all {
		fmt.Fprintf(table, "%s\t%s\n", s.Name, s.Title)
	}
	return table.Flush()
}

// scenariosOf are the scenarios with these names, or from these files.
func scenariosOf(names []string) ([]*scenario.Scenario, error) {
	all, err := scenario.All(scenarios.Files)
	if err != nil {
		return nil, err
	}
	if len(names) == 1 && names[0] == "all" {
		return all, nil
	}
	known := make(map[string]*scenario.Scenario)
	for _, s := range all {
		known[s.Name] = s
	}
	picked := make([]*scenario.Scenario, len(names))
	for i, name := range names {
		switch {
		case strings.HasSuffix(name, ".yaml"):
			text, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			if picked[i], err = scenario.Parse(strings.TrimSuffix(filepath.Base(name), ".yaml"), text); err != nil {
				return nil, usageError{err}
			}
		case known[name] == nil:
			return nil, usage("there is no scenario %q; 'farthing scenario list' lists them", name)
		default:
			picked[i] = known[name]
		}
	}
	return picked, nil
}

func (p *program) runScenarios(ctx context.Context, names []string) error {
	picked, err := scenariosOf(names)
	if err != nil {
		return err
	}
	n, err := bank.Find(ctx, p.folder())
	if err != nil {
		return err
	}
	doors := scenario.Doors{API: n.API, CardEdge: n.CardEdge, Admin: n.Admin, ISO8583: n.ISO8583}
	for _, s := range picked {
		if err := p.playScenario(ctx, doors, s); err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return nil
}

// played is a scenario that came out as it says.
type played struct {
	Scenario string          `json:"scenario"`
	Title    string          `json:"title"`
	Steps    []scenario.Told `json:"steps"`
}

func (p *program) playScenario(ctx context.Context, doors scenario.Doors, s *scenario.Scenario) error {
	done := played{Scenario: s.Name, Title: s.Title, Steps: make([]scenario.Told, 0, len(s.Steps))}
	if !p.json() {
		fmt.Fprintf(p.screen, "%s\n%s\n", p.screen.Bold(s.Title), p.screen.Dim(strings.TrimSpace(s.Story)))
	}
	err := scenario.Play(ctx, doors, s, func(t scenario.Told) {
		done.Steps = append(done.Steps, t)
		if !p.json() {
			p.showStep(t)
		}
	})
	if err != nil || !p.json() {
		fmt.Fprintln(p.screen)
		return err
	}
	return p.print(done)
}

func (p *program) showStep(t scenario.Told) {
	if t.Say != "" {
		fmt.Fprintf(p.screen, "  %s\n", p.screen.Dim(t.Say))
	}
	line := t.Did
	if t.Came != "" {
		line += ": " + t.Came
	}
	if t.Proved > 0 {
		line += p.screen.Green(fmt.Sprintf("  ✓ %d", t.Proved))
	}
	fmt.Fprintf(p.screen, "  %s\n", line)
}
