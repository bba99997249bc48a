package handler

import (
	"encoding/json"
	"net/http"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	authproto "farthing/service.auth/proto"
)

const bodyMax = 64 << 10

// operate answers operators:
//
//	GET  /oauth2/clients?page_token=TOKEN    authproto.Clients, a hundred at a time
//	POST /oauth2/clients                     authproto.Registering; answers authproto.ClientView, once with its secret
func (h *Handler) operate(env *foundation.Env) {
	env.Operate("GET "+authproto.ClientsPath, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		rsp, err := h.ListClients(req.Context(), &authproto.ListClientsRequest{
			PageToken: req.FormValue("page_token"), Limit: clientsMax,
		})
		page := authproto.Clients{Clients: []authproto.ClientView{}, Next: rsp.GetNextPageToken()}
		for _, each := range rsp.GetClients() {
			page.Clients = append(page.Clients, authproto.ClientViewOf(each))
		}
		foundation.Reply(w, page, err)
	}))
	env.Operate("POST "+authproto.ClientsPath, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		view, err := h.operateCreate(req)
		foundation.Reply(w, view, err)
	}))
}

func (h *Handler) operateCreate(req *http.Request) (authproto.ClientView, error) {
	var sent authproto.Registering
	decoder := json.NewDecoder(http.MaxBytesReader(nil, req.Body, bodyMax))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&sent); err != nil {
		return authproto.ClientView{}, errs.New(errs.BadRequest+".bad_body", "The body is not what was expected").Because(err)
	}
	rsp, err := h.CreateClient(req.Context(), &authproto.CreateClientRequest{
		Name: sent.Name, Public: sent.Public, FirstParty: sent.FirstParty, RedirectUris: sent.RedirectURIs,
		Scopes: sent.Scopes, OwnerUserId: sent.Owner,
	})
	if err != nil {
		return authproto.ClientView{}, err
	}
	view := authproto.ClientViewOf(rsp.GetClient())
	view.Secret = rsp.GetClientSecret()
	return view, nil
}
