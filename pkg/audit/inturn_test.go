package audit_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"farthing/pkg/audit"
	"farthing/pkg/errs"
)

// two is a walk of two places and then one of one.
func two(fails error) []audit.Part[string] {
	return []audit.Part[string]{
		{Name: "moves/", Walk: func(_ context.Context, w audit.Window) (string, string, error) {
			if w.After == "" {
				return "first", "more", fails
			}
			return "second", "", fails
		}},
		{Name: "pots/", Walk: func(_ context.Context, w audit.Window) (string, string, error) {
			return "third" + w.After, "", fails
		}},
	}
}

func TestWalksAreMadeInTurn(t *testing.T) {
	var found, places []string
	for place := ""; ; {
		piece, next, err := audit.InTurn(t.Context(), audit.Window{After: place, Limit: 1}, two(nil)...)
		if err != nil {
			t.Fatal(err)
		}
		found, places = append(found, piece), append(places, next)
		if place = next; next == "" {
			break
		}
	}
	if !slices.Equal(found, []string{"first", "second", "third"}) ||
		!slices.Equal(places, []string{"moves/more", "pots/", ""}) {
		t.Errorf("found %q at %q", found, places)
	}
}

func TestAPlaceOfNoWalkIsRefused(t *testing.T) {
	_, next, err := audit.InTurn(t.Context(), audit.Window{After: "nowhere", Limit: 1}, two(nil)...)
	if !errs.Is(err, "bad_request.bad_param.after") || next != "" {
		t.Errorf("got %q, %v", next, err)
	}
}

func TestAWalkThatFailsGoesNowhere(t *testing.T) {
	away := errors.New("away")
	_, next, err := audit.InTurn(t.Context(), audit.Window{Limit: 1}, two(away)...)
	if !errors.Is(err, away) || next != "" {
		t.Errorf("got %q, %v", next, err)
	}
}
