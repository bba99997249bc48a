package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/service.auth/logic"
	authproto "farthing/service.auth/proto"
)

// CreateClient registers a program. Its secret is shown here once and kept as a hash; a repeat registers another one.
func (h *Handler) CreateClient(
	ctx context.Context, req *authproto.CreateClientRequest,
) (*authproto.CreateClientResponse, error) {
	client := logic.Client{
		ID: h.ids.New(logic.ClientPrefix), Name: req.GetName(), Public: req.GetPublic(), FirstParty: req.GetFirstParty(),
		RedirectURIs: req.GetRedirectUris(), Scopes: req.GetScopes(), Owner: req.GetOwnerUserId(), Created: h.clock.Now(),
	}
	if err := logic.CheckClient(client); err != nil {
		return nil, err
	}
	var secret string
	if !client.Public {
		secret = logic.NewSecret(logic.ClientSecretPrefix)
		client.SecretHash = logic.Hash(secret)
	}
	if err := h.clients.Insert(ctx, client); err != nil {
		return nil, fmt.Errorf("registering a client: %w", err)
	}
	return &authproto.CreateClientResponse{Client: clientOf(client), ClientSecret: secret}, nil
}

const clientsMax = 100 // In one page.

// ListClients is the registered programs, oldest first, a page at a time.
func (h *Handler) ListClients(
	ctx context.Context, req *authproto.ListClientsRequest,
) (*authproto.ListClientsResponse, error) {
	if req.GetLimit() < 1 || req.GetLimit() > clientsMax {
		return nil, errs.BadParam("limit", "must be from 1 to 100")
	}
	clients, next, err := h.clients.List(ctx, req.GetPageToken(), int(req.GetLimit()))
	if err != nil {
		return nil, err
	}
	rsp := &authproto.ListClientsResponse{NextPageToken: next}
	for _, each := range clients {
		rsp.Clients = append(rsp.Clients, clientOf(each))
	}
	return rsp, nil
}

func clientOf(c logic.Client) *authproto.Client {
	return &authproto.Client{
		Id: c.ID, Name: c.Name, Public: c.Public, FirstParty: c.FirstParty, RedirectUris: c.RedirectURIs, Scopes: c.Scopes,
		OwnerUserId: c.Owner, CreatedMs: c.Created.UnixMilli(),
	}
}
