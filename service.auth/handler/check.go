package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/service.auth/logic"
	authproto "farthing/service.auth/proto"
)

// Check says whose a token is: unauthorized.bad_access_token if nobody's, with .expired or .evicted after it if it
// was somebody's. Whatever is sent, a well-formed token or not, costs one hash and one read: how long an answer takes
// tells nothing but what the answer says.
func (h *Handler) Check(ctx context.Context, req *authproto.CheckRequest) (*authproto.CheckResponse, error) {
	if req.GetAccessToken() == "" {
		return nil, errs.MissingParam("access_token")
	}
	grant, found, err := h.tokens.Find(ctx, logic.Hash(req.GetAccessToken()))
	switch {
	case err != nil:
		return nil, fmt.Errorf("checking a token: %w", err)
	case !found:
		h.metrics.unknowns.Inc()
		return nil, logic.ErrUnknownToken()
	}
	now := h.clock.Now()
	if err := grant.Check(now); err != nil {
		h.metrics.refused.Inc()
		return nil, err
	}
	h.metrics.valid.Inc()
	return &authproto.CheckResponse{
		UserId: grant.User, ClientId: grant.Client, Scopes: grant.Scopes, ExpiresMs: grant.Expires.UnixMilli(),
		ApprovedMs: max(grant.LastApproved(now).UnixMilli(), 0), // A token of an earlier version has no time.
	}, nil
}
