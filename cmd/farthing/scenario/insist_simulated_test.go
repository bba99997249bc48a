package scenario

import (
	"context"
	"testing"
	"testing/synctest"

	"farthing/pkg/errs"
)

func TestAMessageIsSentAgainUntilTheBankSaysWhatBecameOfIt(t *testing.T) {
	for name, c := range map[string]struct {
		fails error
		times int
		want  int
	}{
		"an outcome that is not known":     {errs.New(errs.OutcomeUnknown, "nobody knows"), 3, 4},
		"a bank that is away for a moment": {errs.New(errs.Unavailable, "not now"), 3, 4},
		"a bank that stays away":           {errs.New(errs.Unavailable, "not now"), 11, 10},
		"a refusal":                        {errs.New(errs.BadRequest, "no"), 3, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				_, err := untilAnswered(t.Context(), func(_ context.Context, message string) (string, error) {
					if message != "a" {
						t.Errorf("%q was sent", message)
					}
					if sent++; sent <= c.times {
						return "", c.fails
					}
					return "done", nil
				}, "a")
				if sent != c.want || (err == nil) != (sent > c.times) {
					t.Errorf("it was sent %d times, and failed with %v", sent, err)
				}
			})
		})
	}
}
