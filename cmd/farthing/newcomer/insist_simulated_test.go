package newcomer_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc"

	"farthing/cmd/farthing/newcomer"
	"farthing/pkg/errs"
)

// answers is a bank that answers one after the other, the last of them for ever.
type answers struct {
	grpc.ClientConnInterface
	errors []error
	asked  int
}

func (a *answers) Invoke(context.Context, string, any, any, ...grpc.CallOption) error {
	a.asked++
	return a.errors[min(a.asked, len(a.errors))-1]
}

var (
	errUnknown = errs.New(errs.OutcomeUnknown, "Nobody knows")
	errAway    = errs.New(errs.Unavailable, "Not now")
	errRefused = errs.BadParam("amount", "must be more than zero")
)

func TestWhatNobodyKnowsIsAskedAgainAndWhatIsRefusedIsNot(t *testing.T) {
	for name, c := range map[string]struct {
		answers []error
		asked   int
		code    string
	}{
		"done":             {[]error{nil}, 1, ""},
		"done at last":     {[]error{errUnknown, errAway, nil}, 3, ""},
		"refused":          {[]error{errRefused}, 1, errs.BadRequest},
		"unknown, refused": {[]error{errUnknown, errRefused}, 2, errs.BadRequest},
		"away for good":    {[]error{errAway}, 10, errs.Unavailable},
	} {
		synctest.Test(t, func(t *testing.T) {
			bank := &answers{errors: c.answers}
			err := insistOn(t, bank).Invoke(t.Context(), "", nil, nil)
			if bank.asked != c.asked || (err == nil) != (c.code == "") || err != nil && !errs.Is(err, c.code) {
				t.Errorf("%s: asked %d times, %v", name, bank.asked, err)
			}
		})
	}
}

func TestWhoeverLeavesIsToldWhatTheBankSaid(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	bank := &answers{errors: []error{errAway}}
	if err := insistOn(t, bank).Invoke(ctx, "", nil, nil); bank.asked != 1 || !errs.Is(err, errs.Unavailable) {
		t.Errorf("asked %d times, %v", bank.asked, err)
	}
}

// insistOn is an insistent connection to a bank.
func insistOn(t *testing.T, bank grpc.ClientConnInterface) grpc.ClientConnInterface {
	t.Helper()
	var dialled []string
	conn, err := newcomer.Insistent(func(caller, callee string) (grpc.ClientConnInterface, error) {
		dialled = append(dialled, caller, callee)
		return bank, nil
	})("farthing", "service.pot")
	if err != nil || !slices.Equal(dialled, []string{"farthing", "service.pot"}) {
		t.Fatalf("%v, %v", dialled, err)
	}
	return conn
}
