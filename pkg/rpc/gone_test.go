package rpc_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"farthing/pkg/errs"
)

func TestWhatACallerBrokeOffIsNotLoggedAsOurFailure(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan struct{})
		w.echo.does(func(handling context.Context) error {
			defer close(left)
			cancel()
			<-handling.Done()
			return errs.New(errs.Unavailable+".store", "The store is not available")
		})
		if err := say(ctx, w.from(t, "service.stranger")); err == nil {
			t.Error("a call that was broken off succeeded")
		}
		<-left
		stop, done := context.WithTimeout(context.Background(), time.Minute)
		defer done()
		if err := w.transport.Stop(stop); err != nil { // The request has ended, and was logged if it ever is.
			t.Fatal(err)
		}
		if logged := w.log.String(); strings.Contains(logged, "request failed") {
			t.Errorf("the log says %s", logged)
		}
	})
}
