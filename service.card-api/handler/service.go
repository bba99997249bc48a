// Package handler is the door for card processors, in JSON over HTTP.
package handler

import (
	"net/http"
	"time"

	"farthing/pkg/edge"
	"farthing/pkg/foundation"
	"farthing/pkg/metrics"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// Service is service.card-api, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{
	Name: "service.card-api", Doors: []foundation.Door{foundation.CardEdge}, Register: register,
}

// Handler answers the routes.
type Handler struct {
	processing cardprocessingproto.CardProcessingClient
}

const (
	// giveUpAfter is when a processor has its answer, whatever happens. The peers behind this door have a little less
	// each, so that what they have to say of it arrives.
	giveUpAfter = 1500 * time.Millisecond
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
	return env.Serve(foundation.CardEdge, h.door(edge.Standard{Log: env.Log, Tracer: env.Tracer, Metrics: measured}))
}

// door is the routes behind the standard filters.
func (h *Handler) door(standard edge.Standard) http.Handler {
	standard.Deadline, standard.BodyLimit = giveUpAfter, bodyMax
	var router edge.Router
	router.POST("/authorisations", h.Authorise)
	router.POST("/balance-inquiries", h.InquireBalance)
	router.POST("/reversals", h.Reverse)
	router.POST("/increments", h.Increment)
	router.POST("/advices", h.Advise)
	router.POST("/clearings", h.Clear)
	router.POST("/refunds", h.Refund)
	router.POST("/refund-authorisations", h.AuthoriseRefund)
	router.POST("/refund-reversals", h.ReverseRefund)
	router.GET("/payments/:id", h.Payment)
	return edge.Handler(&router, standard.Filters()...)
}
