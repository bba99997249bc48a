// Package handler answers service.merchant's RPCs, and wires its parts.
package handler

import (
	"context"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	"farthing/service.merchant/catalogue"
	"farthing/service.merchant/logic"
	merchantproto "farthing/service.merchant/proto"
)

// Service is service.merchant, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{Name: "service.merchant", Register: register}

// Handler answers the RPCs.
type Handler struct {
	merchantproto.UnimplementedMerchantsServer
	resolver *logic.Resolver
}

func register(env *foundation.Env) error {
	brands, err := catalogue.Open()
	if err != nil {
		return err
	}
	merchantproto.RegisterMerchantsServer(env.GRPC, &Handler{resolver: logic.NewResolver(brands)})
	return nil
}

// Resolve finds the merchant behind a descriptor. It always finds one: a brand, or a tidy merchant of its own.
func (h *Handler) Resolve(
	_ context.Context, req *merchantproto.ResolveRequest,
) (*merchantproto.ResolveResponse, error) {
	if req.GetDescriptor_() == "" {
		return nil, errs.MissingParam("descriptor")
	}
	found := h.resolver.Resolve(req.GetDescriptor_(), req.GetMcc())
	return &merchantproto.ResolveResponse{Merchant: &merchantproto.Merchant{
		Id: found.ID, GroupId: found.GroupID, Name: found.Name, LogoUrl: found.Logo, Emoji: found.Emoji,
		Category: found.Category, City: found.City, Country: found.Country, Online: found.Online, Atm: found.ATM,
		Known: found.Known,
	}}, nil
}
