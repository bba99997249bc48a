package storage

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	"farthing/service.webhook/logic"
	"farthing/service.webhook/standard"
)

// Hooks is the webhooks of the bank.
type Hooks struct {
	ring          *seal.Keyring
	registrations store.Conditional[registrationRow]
	hooks         store.Conditional[hookRow]
	lists         store.Conditional[listRow]
}

// NewHooks is the webhooks in a keyspace, whose URLs and secrets are sealed under a ring.
func NewHooks(k *store.Keyspace, ring *seal.Keyring) *Hooks {
	return &Hooks{ring, registrationsTable.On(k), hooksTable.On(k), listsTable.On(k)}
}

// Begin is the webhook id that belongs to a client's dedupe id: this one if it is the first, else the first one's. For
// another request it is conflict.dedupe_id.
func (s *Hooks) Begin(ctx context.Context, h logic.Hook, dedupeID string, request []byte) (string, error) {
	first, _, err := s.registrations.InsertOrFind(ctx, registrationRow{
		Account: h.Account, Client: h.Client, DedupeID: dedupeID, Webhook: h.ID, Request: request,
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("beginning a webhook: %w", err)
	case !bytes.Equal(first.Request, request):
		return "", errs.New(errs.Conflict+".dedupe_id", "The dedupe_id was used with another request")
	}
	return first.Webhook, nil
}

// Insert writes a webhook unless it is there already, and answers the one that is.
func (s *Hooks) Insert(ctx context.Context, h logic.Hook) (logic.Hook, error) {
	h.Version = 1
	answer, err := s.hooks.Batch(h.ID).IfNull("version").
		SetStatics(s.rowOf(h)).InsertNew(changeOf(h, h.Created)).Apply(ctx)
	switch {
	case err != nil:
		return logic.Hook{}, fmt.Errorf("inserting %s: %w", h.ID, err)
	case answer.OK:
		return h, nil
	}
	return s.hookOf(answer.Statics, h.ID)
}

// Find is one webhook, and whether there is one. It decides.
func (s *Hooks) Find(ctx context.Context, id string) (logic.Hook, bool, error) {
	return s.read(ctx, id, store.Latest)
}

// Look is Find with every change that was acknowledged, for who changes nothing.
func (s *Hooks) Look(ctx context.Context, id string) (logic.Hook, bool, error) {
	return s.read(ctx, id, store.Recent)
}

func (s *Hooks) read(ctx context.Context, id string, c store.Consistency) (logic.Hook, bool, error) {
	row, found, err := s.hooks.In(id).Statics(ctx, c)
	if err != nil || !found {
		return logic.Hook{}, false, err
	}
	h, err := s.hookOf(row, id)
	return h, err == nil, err
}

// Change writes a webhook's next state and secrets at a time, and tells whether it did: false if somebody else has
// changed it since.
func (s *Hooks) Change(ctx context.Context, was, next logic.Hook, at time.Time) (bool, error) {
	next.Version = was.Version + 1
	answer, err := s.hooks.Batch(was.ID).If("version", was.Version).
		SetStatics(s.rowOf(next), "version", "state", "secret", "former", "former_until").
		InsertNew(changeOf(next, at)).Apply(ctx)
	if err != nil {
		return false, fmt.Errorf("changing %s: %w", was.ID, err)
	}
	return answer.OK, nil
}

// What is sealed opens only at its own place.
func urlPlace(id string) []byte    { return []byte("webhook.url/" + id) }
func secretPlace(id string) []byte { return []byte("webhook.secret/" + id) }

const eventSeparator = " "

func (s *Hooks) rowOf(h logic.Hook) hookRow {
	row := hookRow{
		Version: h.Version, Account: h.Account, User: h.User, Client: h.Client,
		Target: s.ring.Seal([]byte(h.URL), urlPlace(h.ID)), Events: strings.Join(h.Events, eventSeparator),
		CreatedAt: h.Created, State: int64(h.State), Secret: s.ring.Seal(h.Secret.Key(), secretPlace(h.ID)),
		FormerUntil: h.FormerUntil,
	}
	if !h.FormerUntil.IsZero() {
		row.Former = s.ring.Seal(h.Former.Key(), secretPlace(h.ID))
	}
	return row
}

func changeOf(h logic.Hook, at time.Time) hookRow {
	return hookRow{Revision: h.Version, ChangedTo: int64(h.State), ChangedAt: at}
}

func (s *Hooks) hookOf(row hookRow, id string) (logic.Hook, error) {
	h := logic.Hook{
		ID: id, Account: row.Account, User: row.User, Client: row.Client, Events: strings.Fields(row.Events),
		Created: row.CreatedAt, State: logic.State(row.State), Version: row.Version, FormerUntil: row.FormerUntil,
	}
	url, err := s.ring.Open(row.Target, urlPlace(id))
	if err != nil {
		return logic.Hook{}, fmt.Errorf("opening the URL of %s: %w", id, err)
	}
	secret, err := s.ring.Open(row.Secret, secretPlace(id))
	if err != nil {
		return logic.Hook{}, fmt.Errorf("opening the secret of %s: %w", id, err)
	}
	h.URL, h.Secret = string(url), standard.SecretOf(secret)
	if len(row.Former) > 0 {
		former, err := s.ring.Open(row.Former, secretPlace(id))
		if err != nil {
			return logic.Hook{}, fmt.Errorf("opening the former secret of %s: %w", id, err)
		}
		h.Former = standard.SecretOf(former)
	}
	return h, nil
}
