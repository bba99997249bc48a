// Package caller is who asks the public API: whose token it is, what it may do, and which accounts are theirs.
package caller

import (
	"slices"
	"time"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
)

// Caller is a customer, and the program that asks in the customer's name.
type Caller struct {
	UserID   string
	ClientID string
	Scopes   []string  // What the customer let the program do, such as "accounts:read".
	Approved time.Time // When the customer last did so, in person.
	At       time.Time // When the program asked.
	// RequestID names the request, the same in each repeat of it; "" if its sender gave it no Idempotency-Key.
	RequestID string
}

// Of is the caller of a request that has passed Authenticate; the zero Caller, who owns nothing, otherwise.
func Of(req edge.Request) Caller {
	c, _ := edge.Caller[Caller](req)
	return c
}

// Needs lets a request pass only if its token has a scope: forbidden.insufficient_permissions.
func Needs(scope string) edge.Filter {
	return func(req edge.Request, svc edge.Service) edge.Response {
		if !slices.Contains(Of(req).Scopes, scope) {
			return edge.Error(errs.New(errs.Forbidden+".insufficient_permissions",
				"The access token does not permit this").With("scope", scope))
		}
		return svc(req)
	}
}
