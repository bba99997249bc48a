package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/pkg/errs"
	"farthing/pkg/trace"
)

func (p *program) trace() *cobra.Command {
	return &cobra.Command{
		Use:   "trace ID",
		Short: "Draw what one request did on its way through the services",
		Long: "Trace draws what one request did, with how long each step took and how much of that was its own.\n\n" +
			"ID is a trace's, a transaction's (tx_…) or an authorisation's (auth_…), as swipe prints them: of those the\n" +
			"first trace is drawn, in which it happened. A bank keeps its newest traces in memory until it stops.",
		Example:           "  farthing trace 0af7651916cd43dd8448eb211c80319c\n  farthing trace tx_00008zIcpb1TB4yeIFXMzx",
		Args:              arguments("ID"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(c *cobra.Command, args []string) error { return p.runTrace(c.Context(), args[0]) },
	}
}

// traced is a trace as the admin door sends it.
type traced struct {
	TraceID string           `json:"trace_id"`
	Spans   []trace.Finished `json:"spans"`
}

func (p *program) runTrace(ctx context.Context, id string) error {
	attribute, err := attributeOf(id)
	if err != nil {
		return err
	}
	n, err := bank.Find(ctx, p.folder())
	if err != nil {
		return err
	}
	if attribute != "" {
		if id, err = firstTrace(ctx, n, attribute, id); err != nil {
			return err
		}
	}
	var found traced
	if err := admin(ctx, n, "/traces/"+id, &found); errs.Is(err, errs.NotFound) {
		return noTrace(id)
	} else if err != nil {
		return err
	}
	return p.showTrace(found)
}

var traceID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// attributeOf is by which attribute traces of an id are found; "" for a trace's own.
func attributeOf(id string) (string, error) {
	switch {
	case traceID.MatchString(id):
		return "", nil
	case strings.HasPrefix(id, "tx_"):
		return "transaction_id", nil
	case strings.HasPrefix(id, "auth_"):
		return "authorisation_id", nil
	}
	return "", usage("ID must be a trace's (32 hexadecimal digits), a transaction's (tx_…) or an authorisation's (auth_…)")
}

// firstTrace is the trace in which it happened: those of repeats come after it.
func firstTrace(ctx context.Context, n bank.Notice, attribute, id string) (string, error) {
	var list struct {
		Traces []trace.Summary `json:"traces"`
	}
	query := url.Values{attribute: {id}, "limit": {"100"}}
	if err := admin(ctx, n, "/traces?"+query.Encode(), &list); err != nil {
		return "", err
	}
	if len(list.Traces) == 0 {
		return "", noTrace(id)
	}
	return list.Traces[len(list.Traces)-1].TraceID, nil
}

func noTrace(id string) error {
	return fmt.Errorf("the bank keeps no trace of %s: it forgets the oldest, and all of them when it stops", id)
}

// admin asks the admin door.
func admin(ctx context.Context, n bank.Notice, path string, into any) error {
	if err := operate(ctx, n, http.MethodGet, path, nil, into); err != nil {
		return fmt.Errorf("asking the admin door: %w", err)
	}
	return nil
}

func (p *program) showTrace(found traced) error {
	if p.json() {
		return p.print(found)
	}
	lines := trace.Waterfall(found.Spans)
	services := make(map[string]bool)
	for _, l := range lines {
		services[l.Service] = true
	}
	fmt.Fprintf(p.screen, "trace %s: %d spans in %d services; took, and by itself\n\n",
		found.TraceID, len(lines), len(services))
	return trace.Draw(p.screen, lines, p.screen.Columns(), p.paint)
}

// paint tells failures from steps that matter less.
func (p *program) paint(text string, l trace.Line) string {
	switch {
	case l.Status != "ok":
		return p.screen.Red(text)
	case l.Self*10 < l.Duration:
		return p.screen.Dim(text)
	}
	return text
}
