package audit

import (
	"context"
	"strings"

	"farthing/pkg/errs"
)

// Part is one of several walks that make up an audit. Its places begin with its name, which ends with "/".
type Part[T any] struct {
	Name string
	Walk func(context.Context, Window) (found T, next string, err error)
}

// InTurn is a piece of one walk after another: of the one that the window's place is in, of the first if there is none.
// Where a walk ends, the place to go on from is the beginning of the next.
func InTurn[T any](ctx context.Context, w Window, parts ...Part[T]) (found T, next string, err error) {
	for n, part := range parts {
		after, here := strings.CutPrefix(w.After, part.Name)
		if !here && (n > 0 || w.After != "") {
			continue
		}
		found, next, err = part.Walk(ctx, Window{After: after, Limit: w.Limit})
		switch {
		case err != nil:
			return found, "", err
		case next != "":
			return found, part.Name + next, nil
		case n+1 < len(parts):
			return found, parts[n+1].Name, nil
		}
		return found, "", nil
	}
	return found, "", errs.BadParam("after", "must be the place that the page before ended with")
}
