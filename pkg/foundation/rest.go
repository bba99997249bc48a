package foundation

import (
	"context"
	"fmt"
)

// Prepare makes what services need before any of them runs: their schemas, their keys, and their subscriptions, which
// from then on miss no event. It runs nothing, and repeating it is harmless.
func Prepare(ctx context.Context, o Options) error {
	if err := Migrate(ctx, o.Store, o.Services); err != nil {
		return err
	}
	_, err := prepare(ctx, o)
	return err
}

// Backlog is how many events each subscription of this process has still to acknowledge, by name, those that have none
// left out.
func (p *Process) Backlog(ctx context.Context) (map[string]int64, error) {
	backlog := make(map[string]int64)
	for _, s := range p.subscriptions {
		n, err := p.options.Bus.Outstanding(ctx, s)
		if err != nil {
			return nil, fmt.Errorf("counting what %s has still to do: %w", s.Name, err)
		}
		if n > 0 {
			backlog[s.Name] = n
		}
	}
	return backlog, nil
}

// DeadLetters is how many dead letters each subscription of this process has, by name, those that have none left out;
// more than 1,000 are not counted.
func (p *Process) DeadLetters(ctx context.Context) (map[string]int, error) {
	letters := make(map[string]int)
	for _, s := range p.subscriptions {
		found, err := p.options.Bus.DeadLetters(ctx, s.Name, lettersMax)
		if err != nil {
			return nil, fmt.Errorf("looking for the dead letters of %s: %w", s.Name, err)
		}
		if len(found) > 0 {
			letters[s.Name] = len(found)
		}
	}
	return letters, nil
}

const lettersMax = 1_000
