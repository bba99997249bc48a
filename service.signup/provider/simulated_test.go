package provider_test

import (
	"testing"
	"time"

	"farthing/pkg/clock"
	"farthing/service.signup/logic"
	signupproto "farthing/service.signup/proto"
	"farthing/service.signup/provider"
)

func TestTheTagOfAnAddressSaysWhatTheSandboxFinds(t *testing.T) {
	applied := time.Date(2026, time.March, 14, 9, 26, 53, 0, time.UTC)
	const silent = -1
	for _, c := range []struct {
		email  string
		after  time.Duration
		want   logic.Outcome
		reason string
	}{
		{"ada@example.com", 0, logic.Approved, ""},
		{"ada+bank@example.com", 0, logic.Approved, ""},
		{"refuse@example.com", 0, logic.Approved, ""},
		{"ada@example+refuse.com", 0, logic.Approved, ""},
		{"ada+refuse@example.com", 0, logic.Refused, "identity_not_verified"},
		{"ada+a+Refuse@example.com", 100 * time.Hour, logic.Refused, "identity_not_verified"},
		{"ada+review@example.com", 0, logic.Review, "name_mismatch"},
		{"ada+slow@example.com", time.Hour - 1, logic.Unknown, "in_progress"},
		{"ada+slow@example.com", time.Hour, logic.Approved, ""},
		{"ada+down@example.com", 6*time.Hour - 1, silent, ""},
		{"ada+down@example.com", 6 * time.Hour, logic.Approved, ""},
		{"ada+never@example.com", 1_000 * time.Hour, logic.Unknown, "in_progress"},
	} {
		sandbox := provider.Simulated{Clock: clock.Fixed(applied.Add(c.after))}
		for range 2 { // The same, however often it is asked.
			got, err := sandbox.Check(t.Context(), &signupproto.Application{
				CreatedMs: applied.UnixMilli(), Person: &signupproto.Person{Email: c.email},
			})
			if (err != nil) != (c.want == silent) || err == nil && got != (logic.Verdict{Outcome: c.want, Reason: c.reason}) {
				t.Errorf("%s after %v: %v, %v", c.email, c.after, got, err)
			}
		}
	}
}
