package handler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/store"
	"farthing/service.auth/logic"
	authproto "farthing/service.auth/proto"
)

// An exchange gives a client new tokens for a user, in the place of those that it has. Whatever dies on the way, in
// this order nobody ever holds two access tokens that live, and what was told is there:
//
//	1. the new tokens are written down; nobody has been told them
//	2. the access token that lived is revoked
//	3. the family is changed, on the condition that nobody else has: this decides
//	4. the client is told
//
// An exchange that ends before the third step has cost the client an access token, and its refresh token is still good.

// authenticate is the client that credentials are of: unauthorized.bad_client_credentials if they are none's.
func (h *Handler) authenticate(ctx context.Context, clientID, secret string) (logic.Client, error) {
	client, found, err := h.findClient(ctx, clientID)
	switch {
	case err != nil:
		return logic.Client{}, err
	case !found || !client.Knows(secret):
		h.metrics.refusals.WithLabelValues("client").Inc()
		return logic.Client{}, logic.ErrBadCredentials()
	}
	return client, nil
}

// findClient is a client, and whether there is one. What no client's id looks like is not looked for.
func (h *Handler) findClient(ctx context.Context, clientID string) (logic.Client, bool, error) {
	if !logic.IsClientID(clientID) {
		return logic.Client{}, false, nil
	}
	return h.clients.Find(ctx, clientID)
}

// pair is an access token and, for a client that can keep a secret, a refresh token.
type pair struct{ access, refresh string }

// hashes are what is kept of a pair, nil for a refresh token that there is not.
func (p pair) hashes() (access, refresh []byte) {
	if p.refresh != "" {
		refresh = logic.Hash(p.refresh)
	}
	return logic.Hash(p.access), refresh
}

// keepPair makes a client's new tokens of a family and writes them down, and answers the family with them.
func (h *Handler) keepPair(
	ctx context.Context, client logic.Client, f logic.Family, now time.Time,
) (pair, logic.Family, error) {
	p := pair{access: logic.NewSecret(logic.AccessPrefix)}
	if !client.Public {
		p.refresh = logic.NewSecret(logic.RefreshPrefix)
	}
	access, refresh := p.hashes()
	if refresh != nil {
		err := h.families.InsertRefresh(ctx,
			logic.RefreshToken{Hash: refresh, User: f.User, Client: f.Client, Family: f.ID}, now)
		if err != nil {
			return pair{}, logic.Family{}, err
		}
	}
	err := h.tokens.Insert(ctx, access, logic.Grant{
		User: f.User, Client: f.Client, Scopes: f.Scopes, Expires: now.Add(client.AccessLifetime()), Family: f.ID,
		Approved: f.Approved,
	}, now)
	return p, f.With(access, refresh, now), err
}

// exchange is new tokens on their way into the place of others.
type exchange struct {
	next   logic.Family                 // With the new tokens.
	may    func(was logic.Family) error // Refuses what must not be replaced by them.
	change func(ctx context.Context, was, next logic.Family) (bool, error)
}

// exchangesMax is how often an exchange is tried that others are quicker than.
const exchangesMax = 8

// make has the new tokens count, and ends the access token before them. A change of which nobody knows whether it was
// made is found, or tried again.
func (h *Handler) make(ctx context.Context, e exchange) error {
	unknown := false
	for range exchangesMax {
		done, err := h.try(ctx, e)
		switch {
		case done:
			return nil
		case errors.Is(err, store.ErrUnknown):
			unknown = true
		case err != nil && unknown:
			return store.Unknown(err)
		case err != nil:
			return err
		}
	}
	if unknown {
		return store.Unknown(errBusy())
	}
	return errBusy()
}

func errBusy() error {
	return errs.New(errs.Conflict+".tokens", "The client asks for tokens of this user elsewhere at the same time")
}

func (h *Handler) try(ctx context.Context, e exchange) (bool, error) {
	was, err := h.families.Find(ctx, e.next.User, e.next.Client)
	switch {
	case err != nil:
		return false, err
	case bytes.Equal(was.Access, e.next.Access): // An earlier try was made, and did not hear of it.
		return true, nil
	}
	if err := e.may(was); err != nil {
		return false, err
	}
	if err := h.endAccess(ctx, was); err != nil {
		return false, err
	}
	return e.change(ctx, was, e.next)
}

// endAccess revokes the access token that a family has, if it has one.
func (h *Handler) endAccess(ctx context.Context, f logic.Family) error {
	if len(f.Access) == 0 {
		return nil
	}
	isNew, err := h.tokens.Revoke(ctx, f.Access, h.clock.Now())
	if err != nil {
		return fmt.Errorf("ending the access token before: %w", err)
	}
	if isNew {
		h.metrics.revoked.Inc()
	}
	return nil
}

// endFamily ends all tokens of a family, if it still counts; otherwise they have ended already. The refresh token goes
// first: should the rest not come to pass, the access token ends by itself.
func (h *Handler) endFamily(ctx context.Context, user, client, family string) error {
	for range exchangesMax {
		was, err := h.families.Find(ctx, user, client)
		if err != nil {
			return err
		}
		if was.ID != family {
			return nil
		}
		done := was.Ended
		if !done {
			if done, err = h.families.Change(ctx, was, was.End()); err != nil {
				return err
			}
		}
		if done {
			return h.endAccess(ctx, was)
		}
	}
	return errBusy()
}

func tokensOf(p pair, client logic.Client, f logic.Family) *authproto.Tokens {
	return &authproto.Tokens{
		AccessToken: p.access, RefreshToken: p.refresh, ClientId: client.ID, UserId: f.User, Scopes: f.Scopes,
		ExpiresInSeconds: int64(client.AccessLifetime() / time.Second),
	}
}
