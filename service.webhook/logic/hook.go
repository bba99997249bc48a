// Package logic is what a webhook is, and what becomes of what it is told.
package logic

import (
	"slices"
	"strings"
	"time"

	"farthing/pkg/errs"
	webhookproto "farthing/service.webhook/proto"
	"farthing/service.webhook/standard"
)

// State is whether a webhook is told of anything. Its numbers are those of webhook.v1.State, and are stored.
type State int64

// The states of a webhook.
const (
	Active       State = 1
	Disabled     State = 2 // By its URL, which has answered that it is gone.
	Deregistered State = 3 // By its client. Out of it no way leads.
)

// Hook is a URL that a client wants told of what happens on an account.
type Hook struct {
	ID      string // webhook_…
	Account string
	User    string // Whose the account is.
	Client  string
	URL     string // It may hold a secret: it is neither logged nor part of an error.
	Events  []string
	Created time.Time
	State   State
	Version int64 // Grows with each change.

	Secret      standard.Secret
	Former      standard.Secret // Of before the last rotation.
	FormerUntil time.Time       // When it signs no more.
}

// formerFor is how long a former secret signs beside the new one.
const formerFor = 24 * time.Hour

// Live are the secrets that sign at a time.
func (h Hook) Live(now time.Time) []standard.Secret {
	if now.Before(h.FormerUntil) {
		return []standard.Secret{h.Secret, h.Former}
	}
	return []standard.Secret{h.Secret}
}

// Rotated is the webhook with a fresh secret, unless it was given one so lately that the former one still signs: then
// whoever asks again is to be told the same.
func (h Hook) Rotated(fresh standard.Secret, now time.Time) Hook {
	if now.Before(h.FormerUntil) {
		return h
	}
	h.Secret, h.Former, h.FormerUntil = fresh, h.Secret, now.Add(formerFor)
	return h
}

// CheckEvents is the events that are wanted, each once and in the order of webhookproto.Events; transaction.created if
// none is named.
func CheckEvents(named []string) ([]string, error) {
	known := webhookproto.Events()
	for _, each := range named {
		if !slices.Contains(known, each) {
			return nil, errs.BadParam("events", "must be of "+strings.Join(known, ", "))
		}
	}
	if len(named) == 0 {
		return []string{webhookproto.TransactionCreated}, nil
	}
	return slices.DeleteFunc(known, func(each string) bool { return !slices.Contains(named, each) }), nil
}

// Listed is what an account's list says of a webhook: what it takes to know who is to be told of an event.
type Listed struct {
	ID     string   `json:"id"`
	Client string   `json:"client"`
	User   string   `json:"user"`   // Whose the account is.
	Events []string `json:"events"` // None of one that is disabled.
}

// How many webhooks there may be.
const (
	ClientMax  = 20 // Of one client on one account.
	AccountMax = 100
)

// List is an account's webhooks.
type List []Listed

// With is the list with a webhook added, or in the place of what was said of it before. It fails with
// precondition_failed.too_many_webhooks beyond the limits.
func (l List) With(added Listed) (List, error) {
	if i := l.find(added.ID); i >= 0 {
		l = slices.Clone(l)
		l[i] = added
		return l, nil
	}
	of := len(l.Of(added.Client))
	if of >= ClientMax || len(l) >= AccountMax {
		return nil, errs.New(errs.PreconditionFailed+".too_many_webhooks",
			"The account has as many webhooks as there may be: deregister one first")
	}
	return append(slices.Clone(l), added), nil
}

// Without is the list without a webhook.
func (l List) Without(id string) List {
	return slices.DeleteFunc(slices.Clone(l), func(each Listed) bool { return each.ID == id })
}

// Silenced is the list with a webhook that wants nothing any more, if it is on it.
func (l List) Silenced(id string) List {
	l = slices.Clone(l)
	if i := l.find(id); i >= 0 {
		l[i].Events = nil
	}
	return l
}

// Of is the webhooks of a client.
func (l List) Of(client string) List {
	return slices.DeleteFunc(slices.Clone(l), func(each Listed) bool { return each.Client != client })
}

// Wanting is the webhooks that want an event.
func (l List) Wanting(event string) List {
	return slices.DeleteFunc(slices.Clone(l), func(each Listed) bool { return !slices.Contains(each.Events, event) })
}

func (l List) find(id string) int {
	return slices.IndexFunc(l, func(each Listed) bool { return each.ID == id })
}
