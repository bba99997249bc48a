package webhooks

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/service.api/caller"
	webhookproto "farthing/service.webhook/proto"
)

// register has a url told of events, and answers the webhook with the secret that its messages are signed under. A
// repeat of a dedupe_id answers what was made first; without one each call makes another webhook.
func (a Area) register(req edge.Request) edge.Response {
	form, c := req.Form(), caller.Of(req)
	asked := &webhookproto.RegisterRequest{
		AccountId: form.Required("account_id"), Url: form.Required("url"), Events: form.List("events"),
		DedupeId: cmp.Or(form.String("dedupe_id"), c.RequestID), UserId: c.UserID, ClientId: c.ClientID,
	}
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	if err := mayRead(c, asked.GetEvents()); err != nil {
		return edge.Error(err)
	}
	if _, err := caller.Own(req, a.Accounts, asked.GetAccountId()); err != nil {
		return edge.Error(err)
	}
	made, err := a.Webhooks.Register(req.Context(), asked)
	if err != nil {
		return edge.Error(fmt.Errorf("registering a webhook: %w", err))
	}
	return edge.OK(single{viewOf(made.GetWebhook(), made.GetSecret())})
}

// mayRead fails unless the caller may read all that a webhook would tell of: forbidden.insufficient_permissions.
func mayRead(c caller.Caller, events []string) error {
	if len(events) == 0 {
		events = []string{webhookproto.TransactionCreated}
	}
	for _, each := range events {
		if scope := webhookproto.ScopeOf(each); !slices.Contains(c.Scopes, scope) {
			return errs.New(errs.Forbidden+".insufficient_permissions",
				"The access token does not permit to read what the webhook would be told").With("scope", scope)
		}
	}
	return nil
}

// list answers the webhooks that the caller's own program has on an account, oldest first. It asks two peers at the
// same time: whose the account is, and for its webhooks.
func (a Area) list(req edge.Request) edge.Response {
	form := req.Form()
	accountID := form.Required("account_id")
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	var found *webhookproto.ListResponse
	_, err := caller.Own(req, a.Accounts, accountID, func(ctx context.Context) (err error) {
		found, err = a.Webhooks.List(ctx, &webhookproto.ListRequest{
			AccountId: accountID, ClientId: caller.Of(req).ClientID,
		})
		return err
	})
	if err != nil {
		return edge.Error(fmt.Errorf("listing the webhooks: %w", err))
	}
	views := make([]webhook, len(found.GetWebhooks()))
	for i, each := range found.GetWebhooks() {
		views[i] = viewOf(each, "")
	}
	return edge.OK(struct {
		Webhooks []webhook `json:"webhooks"`
	}{views})
}

// deregister has a webhook told nothing any more. A repeat changes nothing.
func (a Area) deregister(req edge.Request) edge.Response {
	found, err := a.own(req, true)
	if err != nil {
		return edge.Error(err)
	}
	_, err = a.Webhooks.Deregister(req.Context(), &webhookproto.DeregisterRequest{WebhookId: found.GetId()})
	if err != nil {
		return edge.Error(fmt.Errorf("deregistering a webhook: %w", err))
	}
	return edge.OK(nil)
}

// rotate makes a new secret and answers it. For a day the former one signs beside it, and a repeat answers the same.
func (a Area) rotate(req edge.Request) edge.Response {
	found, err := a.own(req, false)
	if err != nil {
		return edge.Error(err)
	}
	rotated, err := a.Webhooks.RotateSecret(req.Context(), &webhookproto.RotateSecretRequest{WebhookId: found.GetId()})
	if err != nil {
		return edge.Error(fmt.Errorf("rotating a secret: %w", err))
	}
	return edge.OK(single{viewOf(rotated.GetWebhook(), rotated.GetSecret())})
}
