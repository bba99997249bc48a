package handler

import (
	"context"

	"farthing/service.webhook/logic"
	webhookproto "farthing/service.webhook/proto"
	"farthing/service.webhook/standard"
)

// RotateSecret makes a new secret, beside which the former one signs for a day. Within that a repeat answers the same
// new one.
func (h *Handler) RotateSecret(
	ctx context.Context, req *webhookproto.RotateSecretRequest,
) (*webhookproto.RotateSecretResponse, error) {
	if _, err := h.registered(ctx, req.GetWebhookId()); err != nil {
		return nil, err
	}
	hook, err := h.change(ctx, req.GetWebhookId(), func(was logic.Hook) logic.Hook {
		return was.Rotated(standard.NewSecret(), h.clock.Now())
	})
	if err != nil {
		return nil, err
	}
	return &webhookproto.RotateSecretResponse{
		Webhook: hookProto(hook), Secret: hook.Secret.Reveal(), FormerUntilMs: hook.FormerUntil.UnixMilli(),
	}, nil
}
