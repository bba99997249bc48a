package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/service.auth/logic"
	authproto "farthing/service.auth/proto"
)

// Revoke ends a token, and the refresh token that belongs to it, for good once it has answered. Repeating it is
// harmless, and so is a token that is nobody's.
func (h *Handler) Revoke(ctx context.Context, req *authproto.RevokeRequest) (*authproto.RevokeResponse, error) {
	if req.GetAccessToken() == "" {
		return nil, errs.MissingParam("access_token")
	}
	hash := logic.Hash(req.GetAccessToken())
	// What was never issued leaves no row: strangers could fill the store with them.
	grant, found, err := h.tokens.Find(ctx, hash)
	if err != nil || !found {
		return &authproto.RevokeResponse{}, err
	}
	// First: the token itself must be good for another try until all has ended. A token that has ended already may have
	// been ended by a refresh that is under way.
	if grant.Family != "" {
		if err := h.endFamily(ctx, grant.User, grant.Client, grant.Family); err != nil {
			return nil, fmt.Errorf("ending the tokens of a family: %w", err)
		}
	}
	isNew, err := h.tokens.Revoke(ctx, hash, h.clock.Now())
	if err != nil {
		return nil, fmt.Errorf("ending a token: %w", err)
	}
	if isNew {
		h.metrics.revoked.Inc()
	}
	return &authproto.RevokeResponse{}, nil
}
