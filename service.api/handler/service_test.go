package handler

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"

	"farthing/pkg/clock"
	"farthing/pkg/edge/edgetest"
	"farthing/pkg/foundation"
)

func TestTheServiceStandsAtThePublicDoorBeforeItsPeersDo(t *testing.T) {
	bank, err := foundation.OpenEmbedded(foundation.EmbeddedOptions{
		Memory: true, Clock: &clock.Business{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	options := bank.Options([]foundation.Service{Service})
	options.KeyDir, options.CreateKeys = t.TempDir(), true
	process, err := bank.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(process.Stop(context.Background()), bank.Close()); err != nil {
			t.Error(err)
		}
	})
	public, ok := process.HTTP(foundation.Public)
	if !ok {
		t.Fatal("nobody stands at the public door")
	}
	at := edgetest.Serve(t, public)
	at.Get("/ping").Into(new(any))
	if rsp := at.As("alice").Get("/accounts"); rsp.Status < http.StatusInternalServerError {
		t.Fatalf("without service.auth: got %d %s", rsp.Status, rsp.Body)
	}
}
