// Package webhooks lets programs have their own URLs told of what happens, and see what became of that.
package webhooks

import (
	"context"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	accountproto "farthing/service.account/proto"
	"farthing/service.api/caller"
	webhookproto "farthing/service.webhook/proto"
)

// Area is the routes below /webhooks, and whom they ask.
type Area struct {
	Accounts accountproto.AccountsClient
	Webhooks webhookproto.WebhooksClient
}

// Routes are the area's routes, to be mounted.
func (a Area) Routes() *edge.Router {
	reads, writes := caller.Needs("webhooks:read"), caller.Needs("webhooks:write")
	router := &edge.Router{}
	router.GET("/", edge.Service(a.list).Filter(reads))
	router.POST("/", edge.Service(a.register).Filter(writes))
	router.DELETE("/:id", edge.Service(a.deregister).Filter(writes))
	router.POST("/:id/rotate-secret", edge.Service(a.rotate).Filter(writes))
	router.GET("/:id/deliveries", edge.Service(a.deliveries).Filter(reads))
	router.POST("/:id/replay", edge.Service(a.replay).Filter(writes))
	return router
}

// own is the webhook that the path names, if the caller's own program has registered it on an account of the caller:
// not_found.webhook otherwise. One that is deregistered is found only if that is wanted.
func (a Area) own(req edge.Request, deregisteredToo bool) (*webhookproto.Webhook, error) {
	named := caller.Thing{Kind: "webhook", Prefix: "webhook", ID: req.Param("id")}
	get := func(ctx context.Context) (*webhookproto.Webhook, string, error) {
		got, err := a.Webhooks.Get(ctx, &webhookproto.GetRequest{WebhookId: named.ID})
		found := got.GetWebhook()
		gone := found.GetState() == webhookproto.State_STATE_DEREGISTERED && !deregisteredToo
		if err == nil && (gone || found.GetClientId() != caller.Of(req).ClientID) {
			err = errs.Missing(named.Kind)
		}
		return found, found.GetAccountId(), err
	}
	return caller.OwnThing(req, a.Accounts, named, get)
}

// webhook is one as the API shows it.
type webhook struct {
	ID        string   `json:"id"`
	AccountID string   `json:"account_id"`
	URL       string   `json:"url"`
	Events    []string `json:"events"`
	Status    string   `json:"status"`           // "active", or "disabled" since the URL has answered 410.
	Secret    string   `json:"secret,omitempty"` // Only when it is made.
}

func viewOf(w *webhookproto.Webhook, secret string) webhook {
	status := "active"
	if w.GetState() != webhookproto.State_STATE_ACTIVE {
		status = "disabled"
	}
	return webhook{w.GetId(), w.GetAccountId(), w.GetUrl(), w.GetEvents(), status, secret}
}

// single is the body of an answer with one webhook.
type single struct {
	Webhook webhook `json:"webhook"`
}
