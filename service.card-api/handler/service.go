// Package handler is the door for card processors in JSON over HTTP, and the wiring of both doors.
package handler

import (
	"errors"
	"net/http"
	"time"

	"farthing/pkg/edge"
	"farthing/pkg/foundation"
	"farthing/pkg/metrics"
	"farthing/service.card-api/iso8583/issuer"
	"farthing/service.card-api/iso8583/server"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// Service is service.card-api, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{
	Name: "service.card-api", Doors: []foundation.Door{foundation.CardEdge, foundation.ISO8583}, Register: register,
}

// Config bounds what card networks may take at the ISO 8583 door.
type Config struct {
	Connections int           `setting:"CARD_API_ISO8583_CONNECTIONS"` // At once; 0 stands for 256.
	Outstanding int           `setting:"CARD_API_ISO8583_OUTSTANDING"` // Unanswered messages of each; 0 stands for 128.
	Idle        time.Duration `setting:"CARD_API_ISO8583_IDLE"`        // Without a message; 0 stands for 5 minutes.
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
	err = env.Serve(foundation.CardEdge, h.door(edge.Standard{Log: env.Log, Tracer: env.Tracer, Metrics: measured}))
	if err != nil {
		return err
	}
	return h.serveISO8583(env)
}

// serveISO8583 opens the other door to the same decisions.
func (h *Handler) serveISO8583(env *foundation.Env) error {
	var c Config
	if err := env.Config(&c); err != nil {
		return err
	}
	if c.Connections < 0 || c.Outstanding < 0 || c.Idle < 0 {
		return errors.New("settings FARTHING_CARD_API_ISO8583_…: must not be below zero")
	}
	desk := &issuer.Issuer{
		Processing: h.processing, Clock: env.Clock, Within: giveUpAfter, Tracer: env.Tracer, Log: env.Log,
	}
	limits := server.Limits{Connections: c.Connections, Outstanding: c.Outstanding, Idle: c.Idle}
	return env.ServeWith(foundation.ISO8583, server.New(desk.Answer, limits, server.NewMetrics(env.Metrics), env.Log))
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
