// Package handler is the door for card processors, in JSON over HTTP.
package handler

import (
	"time"

	"farthing/pkg/edge"
	"farthing/pkg/foundation"
	"farthing/pkg/metrics"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// Service is service.card-api, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{Name: "service.card-api", Register: register}

// Handler answers the routes.
type Handler struct {
	processing cardprocessingproto.CardProcessingClient
}

const (
	// giveUpAfter is a little more than what card-processing takes at most, so that its own answer arrives.
	giveUpAfter = 1700 * time.Millisecond
	bodyMax     = 16 << 10
)

func register(env *foundation.Env) error {
	processing, err := env.Dial("service.card-processing")
	if err != nil {
		return err
	}
	measured, err := metrics.NewHTTP(env.Metrics)
	if err != nil {
		return err
	}
	h := &Handler{processing: cardprocessingproto.NewCardProcessingClient(processing)}
	var router edge.Router
	router.POST("/authorisations", h.Authorise)
	filters := edge.Standard{
		Log: env.Log, Tracer: env.Tracer, Metrics: measured, Deadline: giveUpAfter, BodyLimit: bodyMax,
	}
	return env.Serve(foundation.CardEdge, edge.Handler(&router, filters.Filters()...))
}
