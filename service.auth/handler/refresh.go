package handler

import (
	"cmp"
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/service.auth/logic"
	authproto "farthing/service.auth/proto"
)

// Refresh gives new tokens for a refresh token, once, and ends the access token that came with it. A refresh token that
// comes again is in two hands: all tokens of its family are ended.
func (h *Handler) Refresh(ctx context.Context, req *authproto.RefreshRequest) (*authproto.RefreshResponse, error) {
	if req.GetRefreshToken() == "" {
		return nil, errs.MissingParam("refresh_token")
	}
	tokens, err := h.refresh(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("refreshing tokens: %w", err)
	}
	h.metrics.given.WithLabelValues("refresh").Inc()
	return &authproto.RefreshResponse{Tokens: tokens}, nil
}

func (h *Handler) refresh(ctx context.Context, req *authproto.RefreshRequest) (*authproto.Tokens, error) {
	token, found, err := h.families.FindRefresh(ctx, logic.Hash(req.GetRefreshToken()))
	if err != nil {
		return nil, err
	}
	credentials := req.GetCredentials()
	id := cmp.Or(credentials.GetClientId(), token.Client)
	if id == "" {
		return nil, errs.MissingParam("client_id")
	}
	client, err := h.authenticate(ctx, id, credentials.GetClientSecret())
	if err != nil {
		return nil, err
	}
	if !found || token.Client != client.ID {
		h.metrics.refusals.WithLabelValues("refresh").Inc()
		return nil, logic.ErrRefreshUnknown()
	}
	return h.rotate(ctx, client, token)
}

// rotate has new tokens take the place of a refresh token and of what came with it.
func (h *Handler) rotate(
	ctx context.Context, client logic.Client, token logic.RefreshToken,
) (*authproto.Tokens, error) {
	was, err := h.families.Find(ctx, token.User, token.Client)
	if err != nil {
		return nil, err
	}
	if err := h.judge(ctx, was, token); err != nil {
		return nil, err
	}
	p, next, err := h.keepPair(ctx, client, was, h.clock.Now())
	if err != nil {
		return nil, err
	}
	// Whoever was quicker with the same token has just been: the same program most likely, at the same time, which is left
	// with what it got.
	isGood := func(was logic.Family) error {
		if was.Judge(token, h.clock.Now()) != logic.Good {
			return logic.ErrRefreshOver()
		}
		return nil
	}
	if err := h.make(ctx, exchange{next, isGood, h.families.Change}); err != nil {
		return nil, err
	}
	return tokensOf(p, client, next), nil
}

// judge is nil if a refresh token is good.
func (h *Handler) judge(ctx context.Context, f logic.Family, token logic.RefreshToken) error {
	switch f.Judge(token, h.clock.Now()) {
	case logic.Good:
		return nil
	case logic.Reused:
		return h.reused(ctx, "refresh token", f, logic.ErrRefreshOver())
	default:
		if f.ID == token.Family && f.Ended { // Whoever has ended it may have come no further.
			if err := h.endAccess(ctx, f); err != nil {
				return err
			}
		}
		h.metrics.refusals.WithLabelValues("refresh").Inc()
		return logic.ErrRefreshOver()
	}
}
