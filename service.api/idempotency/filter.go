// Package idempotency makes requests that change something safe to repeat: who sends them with a key of their own, in
// the header Idempotency-Key, is answered once and then told the same again.
package idempotency

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	"farthing/service.api/caller"
	"farthing/service.api/storage"
)

const (
	// lease is how long an attempt may be under way before a repeat takes its place: more than a request may take, and
	// then keepFor.
	lease = 15 * time.Second
	// lookEvery is how often a repeat looks whether the attempt before it has been answered.
	lookEvery = 25 * time.Millisecond
	// keepFor is how long keeping an answer may take, though its client has gone.
	keepFor = 2 * time.Second
)

// replayed is the header of an answer that was given before.
const replayed = "Idempotent-Replayed"

// Keys answers requests once for each key.
type Keys struct {
	Answers *storage.Answers
	Ring    *seal.Keyring // Seals what is kept: answers hold names and tokens.
	Clock   clock.Clock   // Real time, by which an attempt has its lease.
}

// Filter answers a request that has a key and may change something once in 30 days, whatever dies meanwhile:
//
//   - a repeat is answered as the first was, byte for byte, with the header Idempotent-Replayed: true;
//   - a repeat while the first is under way waits for its answer, to the end of its own deadline;
//   - a key that came with something else before is conflict.idempotency_key;
//   - what was not decided (5xx, 429, a token refused) is not kept: the repeat tries again, under the same
//     Caller.RequestID, by which nothing is done twice.
func (k Keys) Filter(req edge.Request, svc edge.Service) edge.Response {
	if !req.HasHeader(headerName) || req.Route() == "" || reads(req.Method()) {
		return svc(req)
	}
	named, err := named(req, req.Header(headerName)) // An empty one is refused: its sender thinks a repeat is safe.
	if err != nil {
		return edge.Error(err)
	}
	named.Holder, named.Begun = rand.Text(), k.Clock.Now()
	found, err := k.claim(req.Context(), named)
	switch {
	case err != nil:
		return edge.Error(err)
	case found.Holder != named.Holder:
		return k.again(found)
	}
	c := caller.Of(req)
	c.RequestID = requestID(named)
	return k.keep(req.Context(), named, svc(req.WithCaller(c)))
}

func reads(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// claim is this attempt, if it is the one to answer, or the one that has been answered.
func (k Keys) claim(ctx context.Context, named storage.Attempt) (storage.Attempt, error) {
	found, err := insist(ctx, func() (storage.Attempt, error) { return k.Answers.Begin(ctx, named) })
	for {
		switch {
		case err != nil:
			return storage.Attempt{}, err
		case !bytes.Equal(found.Content, named.Content):
			return storage.Attempt{}, errs.New(errs.Conflict+".idempotency_key",
				"The header 'Idempotency-Key' came with another request before")
		case found.Holder == named.Holder || found.Answer != nil:
			return found, nil
		}
		before := found.Holder
		if k.Clock.Now().Sub(found.Begun) >= lease {
			found, err = insist(ctx, func() (storage.Attempt, error) { return k.Answers.Follow(ctx, named, before) })
			continue
		}
		if err = clock.Wait(ctx, lookEvery); err == nil {
			found, err = k.Answers.Begin(ctx, named)
		}
	}
}

// insist repeats what may have happened once: an attempt finds itself there.
func insist(ctx context.Context, write func() (storage.Attempt, error)) (storage.Attempt, error) {
	found, err := write()
	if errors.Is(err, store.ErrUnknown) && ctx.Err() == nil {
		return write()
	}
	return found, err
}

// keep writes an answer down before it is given. One that is not kept is not given: a repeat might be told another.
func (k Keys) keep(ctx context.Context, named storage.Attempt, rsp edge.Response) edge.Response {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepFor)
	defer cancel()
	if !decided(rsp) {
		named.Begun = time.UnixMilli(0).UTC() // The repeat need not wait for the lease, if this arrives.
		_, _ = k.Answers.Follow(ctx, named, named.Holder)
		return rsp
	}
	plain, err := encode(rsp)
	if err != nil {
		return edge.Error(err)
	}
	named.Answer = k.Ring.Seal(plain, named.Request)
	found, err := insist(ctx, func() (storage.Attempt, error) { return k.Answers.Follow(ctx, named, named.Holder) })
	switch {
	case err != nil:
		return edge.Error(errs.New(errs.OutcomeUnknown, "The outcome is not known; repeat with the same key").
			Because(fmt.Errorf("keeping the answer: %w", err)))
	case found.Holder != named.Holder:
		return k.again(found) // It took longer than its lease, and another attempt has its place.
	}
	return rsp
}

// decided is whether a repeat of the request could be answered in no other way. Pages and files are not: no program
// sends keys for them.
func decided(rsp edge.Response) bool {
	if rsp.IsShown() {
		return false
	}
	switch status := rsp.Status(); status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return false
	default:
		return status < http.StatusInternalServerError
	}
}

// again is an answer that was given before.
func (k Keys) again(found storage.Attempt) edge.Response {
	if found.Answer == nil {
		return edge.Error(errs.New(errs.OutcomeUnknown, "The outcome is not known; repeat with the same key"))
	}
	plain, err := k.Ring.Open(found.Answer, found.Request)
	if err != nil {
		return edge.Error(fmt.Errorf("opening a kept answer: %w", err))
	}
	rsp, err := decode(plain)
	if err != nil {
		return edge.Error(err)
	}
	return rsp.WithHeader(replayed, "true")
}
