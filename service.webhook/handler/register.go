package handler

import (
	"context"
	"crypto/sha256"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.webhook/logic"
	webhookproto "farthing/service.webhook/proto"
	"farthing/service.webhook/standard"
)

const (
	dedupeIDMax = 64
	changeTries = 5
)

// Register has a URL told of events from now on. A repeat of a dedupe_id goes on where the first call stopped, and
// answers the same webhook.
func (h *Handler) Register(
	ctx context.Context, req *webhookproto.RegisterRequest,
) (*webhookproto.RegisterResponse, error) {
	wanted, err := h.wantedBy(req)
	if err != nil {
		return nil, err
	}
	if req.GetDedupeId() != "" {
		request := sha256.Sum256(fmt.Appendf(nil, "%q %q", wanted.URL, wanted.Events))
		if wanted.ID, err = h.hooks.Begin(ctx, wanted, req.GetDedupeId(), request[:]); err != nil {
			return nil, err
		}
	}
	hook, err := h.hooks.Insert(ctx, wanted)
	if err != nil {
		return nil, err
	}
	if hook.State == logic.Deregistered {
		return nil, errs.New(errs.Conflict+".dedupe_id", "The webhook of this dedupe_id was deregistered")
	}
	if err := h.list(ctx, hook); err != nil {
		return nil, err
	}
	return &webhookproto.RegisterResponse{Webhook: hookProto(hook), Secret: hook.Secret.Reveal()}, nil
}

// wantedBy is the webhook that is asked for.
func (h *Handler) wantedBy(req *webhookproto.RegisterRequest) (logic.Hook, error) {
	if err := id.Check("account_id", "acc", req.GetAccountId()); err != nil {
		return logic.Hook{}, err
	}
	switch {
	case req.GetUserId() == "":
		return logic.Hook{}, errs.MissingParam("user_id")
	case req.GetClientId() == "":
		return logic.Hook{}, errs.MissingParam("client_id")
	case req.GetUrl() == "":
		return logic.Hook{}, errs.MissingParam("url")
	case len(req.GetDedupeId()) > dedupeIDMax:
		return logic.Hook{}, errs.BadParam("dedupe_id", "must be at most 64 bytes")
	}
	if broken := h.rules.Check(req.GetUrl()); broken != "" {
		return logic.Hook{}, errs.BadParam("url", broken)
	}
	events, err := logic.CheckEvents(req.GetEvents())
	return logic.Hook{
		ID: h.ids.New("webhook"), Account: req.GetAccountId(), User: req.GetUserId(), Client: req.GetClientId(),
		URL: req.GetUrl(), Events: events, Created: h.clock.Now(), State: logic.Active, Secret: standard.NewSecret(),
	}, err
}

// list puts a webhook on its account's list. One that finds no place there is none: its client is told so.
func (h *Handler) list(ctx context.Context, hook logic.Hook) error {
	entry := logic.Listed{ID: hook.ID, Client: hook.Client, User: hook.User, Events: hook.Events}
	err := h.hooks.List(ctx, hook.Account, entry)
	if !errs.Is(err, errs.PreconditionFailed) {
		return err
	}
	if _, healing := h.listed(ctx, hook.Account, hook.Client); healing != nil {
		return healing
	}
	if err = h.hooks.List(ctx, hook.Account, entry); !errs.Is(err, errs.PreconditionFailed) {
		return err
	}
	if _, undoing := h.change(ctx, hook.ID, deregistered); undoing != nil {
		return undoing
	}
	return err
}

// Get is one webhook: not_found.webhook if there never was.
func (h *Handler) Get(ctx context.Context, req *webhookproto.GetRequest) (*webhookproto.GetResponse, error) {
	hook, err := h.find(ctx, req.GetWebhookId())
	if err != nil {
		return nil, err
	}
	return &webhookproto.GetResponse{Webhook: hookProto(hook)}, nil
}

func (h *Handler) find(ctx context.Context, hookID string) (logic.Hook, error) {
	if err := id.Check("webhook_id", "webhook", hookID); err != nil {
		return logic.Hook{}, err
	}
	hook, found, err := h.hooks.Find(ctx, hookID)
	if err == nil && !found {
		err = errs.Missing("webhook")
	}
	return hook, err
}

// registered is find of one that is not deregistered.
func (h *Handler) registered(ctx context.Context, hookID string) (logic.Hook, error) {
	hook, err := h.find(ctx, hookID)
	if err == nil && hook.State == logic.Deregistered {
		err = errs.Missing("webhook")
	}
	return hook, err
}

// List is a client's webhooks on an account, oldest first.
func (h *Handler) List(ctx context.Context, req *webhookproto.ListRequest) (*webhookproto.ListResponse, error) {
	if err := id.Check("account_id", "acc", req.GetAccountId()); err != nil {
		return nil, err
	}
	hooks, err := h.listed(ctx, req.GetAccountId(), req.GetClientId())
	if err != nil {
		return nil, err
	}
	rsp := &webhookproto.ListResponse{}
	for _, each := range hooks {
		rsp.Webhooks = append(rsp.Webhooks, hookProto(each))
	}
	return rsp, nil
}

// listed is a client's webhooks on an account. It takes those off the list whose deregistration was cut short.
func (h *Handler) listed(ctx context.Context, account, client string) ([]logic.Hook, error) {
	list, err := h.hooks.Listed(ctx, account)
	if err != nil {
		return nil, err
	}
	var hooks []logic.Hook
	for _, each := range list.Of(client) {
		hook, found, err := h.hooks.Look(ctx, each.ID)
		switch {
		case err != nil:
			return nil, err
		case !found:
		case hook.State == logic.Deregistered:
			if err := h.hooks.Unlist(ctx, account, hook.ID); err != nil {
				return nil, err
			}
		default:
			hooks = append(hooks, hook)
		}
	}
	return hooks, nil
}

// Deregister has a URL told nothing any more. What is on its way to it is given up. A repeat is harmless.
func (h *Handler) Deregister(
	ctx context.Context, req *webhookproto.DeregisterRequest,
) (*webhookproto.DeregisterResponse, error) {
	if _, err := h.find(ctx, req.GetWebhookId()); err != nil {
		return nil, err
	}
	hook, err := h.change(ctx, req.GetWebhookId(), deregistered)
	if err != nil {
		return nil, err
	}
	return &webhookproto.DeregisterResponse{}, h.hooks.Unlist(ctx, hook.Account, hook.ID)
}

func deregistered(hook logic.Hook) logic.Hook {
	hook.State = logic.Deregistered
	return hook
}

// change changes a webhook, again if somebody else has done so meanwhile.
func (h *Handler) change(ctx context.Context, hookID string, by func(logic.Hook) logic.Hook) (logic.Hook, error) {
	for range changeTries {
		was, err := h.find(ctx, hookID)
		if err != nil {
			return logic.Hook{}, err
		}
		next := by(was)
		if next.State == was.State && next.FormerUntil.Equal(was.FormerUntil) {
			return was, nil
		}
		if done, err := h.hooks.Change(ctx, was, next, h.clock.Now()); err != nil || done {
			return next, err
		}
	}
	return logic.Hook{}, errs.New(errs.Conflict+".webhook", "The webhook is being changed by others")
}

func hookProto(h logic.Hook) *webhookproto.Webhook {
	return &webhookproto.Webhook{
		Id: h.ID, AccountId: h.Account, ClientId: h.Client, Url: h.URL, Events: h.Events,
		State: webhookproto.State(h.State), CreatedMs: h.Created.UnixMilli(), //nolint:gosec // 1 to 3.
	}
}
