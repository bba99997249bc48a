package errs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"farthing/pkg/errs"
)

func TestIsMatchesOnDotBoundaries(t *testing.T) {
	for _, c := range []struct {
		code, prefix string
		want         bool
	}{
		{"not_found", "not_found", true},
		{"not_found.card", "not_found", true},
		{"not_foundation", "not_found", false},
		{"not_found", "not_found.card", false},
	} {
		err := fmt.Errorf("reading: %w", errs.New(c.code, "x"))
		if got := errs.Is(err, c.prefix); got != c.want {
			t.Errorf("Is(%q, %q) = %v, want %v", c.code, c.prefix, got, c.want)
		}
	}
}

func TestAnErrorCrossesGRPCWithoutItsCause(t *testing.T) {
	sent := errs.BadParam("amount", "must be more than zero").Because(errors.New("secret detail"))
	wire := sent.GRPCStatus()
	if strings.Contains(fmt.Sprint(wire.Proto()), "secret") {
		t.Fatalf("the cause crossed the wire: %v", wire)
	}
	got := errs.FromGRPC(wire.Err())
	if diff := cmp.Diff(sent.WithoutCause(), got, cmp.AllowUnexported(errs.Error{})); diff != "" {
		t.Fatalf("rebuilt error differs:\n%s", diff)
	}
}

func TestATransportsOwnFailureIsAnUnknownOutcome(t *testing.T) {
	for _, code := range []codes.Code{codes.Unavailable, codes.DeadlineExceeded, codes.Canceled} {
		if err := errs.FromGRPC(status.Error(code, "connection died")); !errs.Is(err, errs.OutcomeUnknown) {
			t.Errorf("%v became %v, want %s", code, err, errs.OutcomeUnknown)
		}
	}
}

func TestAnUncodedErrorIsInternalAndAnEndedContextUnknown(t *testing.T) {
	if got := errs.Of(errors.New("boom")).Code; got != errs.Internal {
		t.Errorf("an uncoded error is %q", got)
	}
	if got := errs.Of(fmt.Errorf("reading: %w", context.DeadlineExceeded)).Code; got != errs.OutcomeUnknown {
		t.Errorf("an ended context is %q", got)
	}
	if errs.Of(nil) != nil {
		t.Error("Of(nil) is an error")
	}
}

func TestEveryClassHasItsStatus(t *testing.T) {
	want := map[string]int{
		errs.BadRequest: 400, errs.Unauthorized: 401, errs.Forbidden: 403, errs.NotFound: 404, errs.Conflict: 409,
		errs.PreconditionFailed: 412, errs.RateLimited: 429, errs.Timeout: 504, errs.Unavailable: 503, errs.Internal: 500,
	}
	for class, status := range want {
		if got := errs.New(class+".x", "").HTTPStatus(); got != status {
			t.Errorf("%s is HTTP %d, want %d", class, got, status)
		}
	}
}
