package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/service.auth/logic"
	authproto "farthing/service.auth/proto"
)

// Redeem gives tokens for an authorisation code, once, and ends those that the client had for that user. A code that
// comes again is in the hands of somebody who should not have it: what it gave is ended.
func (h *Handler) Redeem(ctx context.Context, req *authproto.RedeemRequest) (*authproto.RedeemResponse, error) {
	switch {
	case req.GetCredentials().GetClientId() == "":
		return nil, errs.MissingParam("client_id")
	case req.GetCode() == "":
		return nil, errs.MissingParam("code")
	case req.GetRedirectUri() == "":
		return nil, errs.MissingParam("redirect_uri")
	}
	client, err := h.authenticate(ctx, req.GetCredentials().GetClientId(), req.GetCredentials().GetClientSecret())
	if err != nil {
		return nil, fmt.Errorf("redeeming a code: %w", err)
	}
	code, err := h.checkCode(ctx, client, req)
	if err != nil {
		return nil, fmt.Errorf("redeeming a code: %w", err)
	}
	p, next, err := h.keepPair(ctx, client, code.Begins(), h.clock.Now())
	if err != nil {
		return nil, fmt.Errorf("redeeming a code: %w", err)
	}
	if err := h.make(ctx, exchange{next, h.hasNotBegun(ctx, next), h.begin}); err != nil {
		return nil, fmt.Errorf("redeeming a code: %w", err)
	}
	h.metrics.given.WithLabelValues("code").Inc()
	return &authproto.RedeemResponse{Tokens: tokensOf(p, client, next)}, nil
}

// checkCode is the code of a request, if it is the client's and may still be redeemed.
func (h *Handler) checkCode(
	ctx context.Context, client logic.Client, req *authproto.RedeemRequest,
) (logic.Code, error) {
	code, found, err := h.codes.Find(ctx, logic.Hash(req.GetCode()))
	if err == nil && !found {
		err = logic.ErrCodeUnknown()
	}
	if err == nil {
		err = code.CheckBinding(client.ID, req.GetRedirectUri(), req.GetCodeVerifier())
	}
	if err != nil {
		h.metrics.refusals.WithLabelValues("code").Inc()
		return logic.Code{}, err
	}
	begun, err := h.families.HasBegun(ctx, code.Begins())
	switch {
	case err != nil:
		return logic.Code{}, err
	case begun:
		return logic.Code{}, h.reused(ctx, "code", code.Begins(), logic.ErrCodeUsed())
	}
	return code, code.CheckTime(h.clock.Now())
}

// hasNotBegun refuses a family that was begun by somebody who was quicker: the same program most likely, at the same
// time, which is left with what it got. It is looked for after what counts was read, and before that is ended: what
// counts would otherwise be that family itself.
func (h *Handler) hasNotBegun(ctx context.Context, f logic.Family) func(logic.Family) error {
	return func(logic.Family) error {
		begun, err := h.families.HasBegun(ctx, f)
		if err == nil && begun {
			return logic.ErrCodeUsed()
		}
		return err
	}
}

func (h *Handler) begin(ctx context.Context, was, next logic.Family) (bool, error) {
	return h.families.Begin(ctx, was, next, h.clock.Now())
}

// reused ends a family of which somebody has a copy, and refuses.
func (h *Handler) reused(ctx context.Context, what string, f logic.Family, refusal error) error {
	if err := h.endFamily(ctx, f.User, f.Client, f.ID); err != nil {
		return fmt.Errorf("ending what was given for a %s that came again: %w", what, err)
	}
	h.metrics.reuses.WithLabelValues(what).Inc()
	h.log.WarnContext(ctx, "a secret came again, and all tokens of its family were ended", "secret", what,
		"client_id", f.Client, "user_id", f.User)
	return refusal
}
