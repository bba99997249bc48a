// Package handler answers service.attachment's RPCs, and wires its parts.
package handler

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"farthing/pkg/clock"
	"farthing/pkg/foundation"
	"farthing/pkg/id"
	"farthing/pkg/seal"
	"farthing/pkg/store/worklist"
	attachmentproto "farthing/service.attachment/proto"
	"farthing/service.attachment/storage"
)

// Service is service.attachment, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{Name: "service.attachment", Schema: storage.Schema(), Register: register}

// Handler answers the RPCs.
type Handler struct {
	attachmentproto.UnimplementedAttachmentsServer
	kept    *storage.Attachments
	pieces  *storage.Pieces
	store   string // Where the pieces of new files go.
	uploads *seal.Keyring
	ids     *id.Maker
	clock   clock.Clock
	files   *prometheus.CounterVec
}

func register(env *foundation.Env) error {
	h, err := newHandler(env)
	if err != nil {
		return err
	}
	attachmentproto.RegisterAttachmentsServer(env.GRPC, h)
	env.Go(worklist.Sweeper{
		List: h.kept.Due(), Clock: env.Clock, Log: env.Log, Every: sweepEvery, Take: h.clear,
	}.Run)
	return nil
}

const sweepEvery = time.Minute

func newHandler(env *foundation.Env) (*Handler, error) {
	persons, err := env.Keys("persons")
	if err != nil {
		return nil, err
	}
	uploads, err := env.Keys("uploads")
	if err != nil {
		return nil, err
	}
	stores, newest, err := openStores(env)
	if err != nil {
		return nil, err
	}
	return &Handler{
		kept: storage.New(env.Store, persons), pieces: storage.NewPieces(stores), store: newest, uploads: uploads,
		ids: env.IDs, clock: env.Clock,
		files: promauto.With(env.Metrics).NewCounterVec(prometheus.CounterOpts{
			Name: "attachment_files_total", Help: "Files, by how far they have come; repeats may count twice.",
		}, []string{"state"}),
	}, nil
}
