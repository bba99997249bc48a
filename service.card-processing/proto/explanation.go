// Package cardprocessingproto is what service.card-processing answers, to its peers and to operators.
package cardprocessingproto

import (
	"strings"
	"time"
)

// ExplanationsPath is where the admin door explains authorisations, before their id.
const ExplanationsPath = "/explanations/"

// AuditPaymentsPath is where it audits card payments, a page (audit.Page) at a time.
const AuditPaymentsPath = "/audit/payments"

// Explanation is why an authorisation was decided as it was, for operators.
type Explanation struct {
	AuthorisationID string             `json:"authorisation_id"`
	Outcome         string             `json:"outcome"` // "approved" or "declined".
	DeclineReason   string             `json:"decline_reason,omitempty"`
	DecidedAt       time.Time          `json:"decided_at"`
	ControlSetID    string             `json:"control_set_id"`
	Checks          []ExplanationCheck `json:"checks"`
}

// ExplanationCheck is one step. Amounts are minor units.
type ExplanationCheck struct {
	Name    string `json:"name"`
	Verdict string `json:"verdict"` // "passed", "failed" or "overridden".
	Input   string `json:"input,omitempty"`
	Limit   int64  `json:"limit"`
	Before  int64  `json:"before"`
	After   int64  `json:"after"`
}

// ExplanationOf is an answer as operators see it.
func ExplanationOf(rsp *ExplainResponse) Explanation {
	e := Explanation{
		AuthorisationID: rsp.GetAuthorisationId(), Outcome: "declined", DeclineReason: rsp.GetDeclineReason(),
		DecidedAt: time.UnixMilli(rsp.GetDecidedMs()).UTC(), ControlSetID: rsp.GetControlSetId(),
		Checks: make([]ExplanationCheck, len(rsp.GetChecks())),
	}
	if rsp.GetApproved() {
		e.Outcome = "approved"
	}
	for i, c := range rsp.GetChecks() {
		e.Checks[i] = ExplanationCheck{
			Name: c.GetName(), Verdict: strings.ToLower(strings.TrimPrefix(c.GetVerdict().String(), "VERDICT_")),
			Input: c.GetInput(), Limit: c.GetLimitMinor(), Before: c.GetBeforeMinor(), After: c.GetAfterMinor(),
		}
	}
	return e
}
