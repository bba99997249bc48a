package handler

import (
	"context"
	"fmt"
	"time"

	"farthing/service.auth/logic"
	authproto "farthing/service.auth/proto"
)

// Issue makes a token, beside all others. It is shown here once and kept as a hash; a repeat makes another one.
func (h *Handler) Issue(ctx context.Context, req *authproto.IssueRequest) (*authproto.IssueResponse, error) {
	err := logic.CheckIssue(req.GetUserId(), req.GetClientId(), req.GetScopes(), req.GetLifetimeSeconds())
	if err != nil {
		return nil, err
	}
	now := h.clock.Now()
	grant := logic.Grant{
		User: req.GetUserId(), Client: req.GetClientId(), Scopes: req.GetScopes(),
		Expires:       now.Add(time.Duration(req.GetLifetimeSeconds()) * time.Second),
		StaysApproved: req.GetStaysApproved(),
	}
	token := logic.NewSecret(logic.AccessPrefix)
	if err := h.tokens.Insert(ctx, logic.Hash(token), grant, now); err != nil {
		return nil, fmt.Errorf("issuing a token: %w", err)
	}
	h.metrics.issued.Inc()
	return &authproto.IssueResponse{AccessToken: token, ExpiresMs: grant.Expires.UnixMilli()}, nil
}
