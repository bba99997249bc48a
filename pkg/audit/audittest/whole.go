// Package audittest is for the tests of audits.
package audittest

import (
	"context"
	"testing"

	"farthing/pkg/audit"
)

// Whole is all that an audit finds, so many at a time.
func Whole(
	t testing.TB, limit int, piece func(context.Context, audit.Window) (audit.Page, error),
) (whole audit.Page) {
	t.Helper()
	for {
		page, err := piece(t.Context(), audit.Window{After: whole.Next, Limit: limit})
		if err != nil {
			t.Fatalf("auditing: %v", err)
		}
		if whole.Add(page); whole.Next == "" {
			return whole
		}
	}
}
