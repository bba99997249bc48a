package logic

import (
	"slices"
	"strings"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	authproto "farthing/service.auth/proto"
)

// Bounds of what may be granted.
const (
	LifetimeMin = time.Second
	LifetimeMax = 400 * 24 * time.Hour
	clientMax   = 64
)

// CheckIssue fails with bad_request, naming the field, on what cannot be granted.
func CheckIssue(user, client string, scopes []string, lifetimeSeconds int64) error {
	if err := id.Check("user_id", "user", user); err != nil {
		return err
	}
	switch {
	case client == "":
		return errs.MissingParam("client_id")
	case len(client) > clientMax || strings.ContainsFunc(client, unusual):
		return errs.BadParam("client_id", "must be at most 64 letters, digits, hyphens, dots and underscores")
	case lifetimeSeconds < int64(LifetimeMin/time.Second) || lifetimeSeconds > int64(LifetimeMax/time.Second):
		return errs.BadParam("lifetime_seconds", "must be from 1 second to 400 days")
	}
	return checkScopes(scopes)
}

func unusual(r rune) bool {
	const usual = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._"
	return !strings.ContainsRune(usual, r)
}

func checkScopes(scopes []string) error {
	if len(scopes) == 0 {
		return errs.MissingParam("scopes")
	}
	known := authproto.Scopes()
	for i, scope := range scopes {
		switch {
		case !slices.Contains(known, scope):
			return errs.BadParam("scopes", "must be of "+strings.Join(known, ", "))
		case slices.Contains(scopes[:i], scope):
			return errs.BadParam("scopes", "must not name one twice")
		}
	}
	return nil
}
