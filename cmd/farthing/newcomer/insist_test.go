package newcomer_test

import (
	"testing"

	"farthing/cmd/farthing/newcomer"
	"farthing/pkg/errs"
)

func TestWhatNobodyKnowsIsAskedAgainAndWhatIsRefusedIsNot(t *testing.T) {
	unknown, away := errs.New(errs.Timeout, "Nobody knows"), errs.New(errs.Unavailable, "Not now")
	refused := errs.BadParam("amount", "must be more than zero")
	for name, c := range map[string]struct {
		answers []error
		asked   int
		code    string
	}{
		"done":             {[]error{nil}, 1, ""},
		"done at last":     {[]error{unknown, away, nil}, 3, ""},
		"refused":          {[]error{refused}, 1, errs.BadRequest},
		"unknown, refused": {[]error{unknown, refused}, 2, errs.BadRequest},
		"away for good":    {[]error{away, away, away, away, away, away}, 5, errs.Unavailable},
	} {
		asked := 0
		err := newcomer.Insist(func() error {
			asked++
			return c.answers[asked-1]
		})
		if asked != c.asked || (err == nil) != (c.code == "") || err != nil && !errs.Is(err, c.code) {
			t.Errorf("%s: asked %d times, %v", name, asked, err)
		}
	}
}
