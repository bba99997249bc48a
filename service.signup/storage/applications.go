package storage

import (
	"bytes"
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/seal"
	"farthing/pkg/seal/datakeys"
	"farthing/pkg/store"
	"farthing/pkg/store/worklist"
	signupproto "farthing/service.signup/proto"
)

// Applications is all that service.signup keeps.
type Applications struct {
	keyspace *store.Keyspace
	ring     *seal.Keyring
	requests store.Conditional[requestRow]
	rows     store.Conditional[applicationRow]
	byState  store.Plain[byStateRow]
	months   store.Plain[monthRow]
	keys     *datakeys.Keys
	listed   store.Once // Months that are on the list.

	Due *worklist.List // Applications that do not rest, at the time when somebody looks at them.
}

// New is the applications in a keyspace, whose keys are wrapped under a ring.
func New(k *store.Keyspace, ring *seal.Keyring) *Applications {
	return &Applications{
		keyspace: k, ring: ring, requests: requestsTable.On(k), rows: applicationsTable.On(k),
		byState: byStateTable.On(k), months: monthsTable.On(k), keys: datakeys.New(dataKeysTable, k, ring),
		Due: worklist.New(dueTable, k),
	}
}

// Kept is an application as it was read.
type Kept struct {
	Revision int64
	State    *signupproto.Application
}

// Begin is the application's id that belongs to a caller's dedupe id: this one if it is the first, else the first
// one's. For another request, of which a hash is given, it is conflict.dedupe_id.
func (s *Applications) Begin(ctx context.Context, dedupeID, application string, request []byte) (string, error) {
	place := []byte("signup.request/" + dedupeID)
	first, isNew, err := s.requests.InsertOrFind(ctx, requestRow{
		DedupeID: dedupeID, Application: application, Request: s.ring.Seal(request, place),
	})
	if err != nil || isNew {
		return application, wrap(err, "beginning an application")
	}
	was, err := s.ring.Open(first.Request, place)
	switch {
	case err != nil:
		return "", fmt.Errorf("opening what was asked for: %w", err)
	case !bytes.Equal(was, request):
		return "", errs.New(errs.Conflict+".dedupe_id", "The dedupe_id was used with another request")
	}
	return first.Application, nil
}

func wrap(err error, doing string) error {
	if err != nil {
		err = fmt.Errorf("%s: %w", doing, err)
	}
	return err
}

// Insert writes an application unless there is one with its id, and answers the one that there is, and whether it is
// new.
func (s *Applications) Insert(ctx context.Context, a *signupproto.Application) (Kept, bool, error) {
	if err := s.list(ctx, a); err != nil {
		return Kept{}, false, err
	}
	key, err := s.keys.Ensure(ctx, a.GetId())
	if err != nil {
		return Kept{}, false, err
	}
	row, err := rowOf(a, 1)
	if err != nil {
		return Kept{}, false, err
	}
	if row.Person, err = sealed(key, a.GetPerson(), personPlace(a.GetId())); err != nil {
		return Kept{}, false, err
	}
	answer, err := s.rows.Batch(a.GetId()).IfNull("revision").SetStatics(row).InsertNew(row).Apply(ctx)
	switch {
	case err != nil:
		return Kept{}, false, fmt.Errorf("inserting %s: %w", a.GetId(), err)
	case answer.OK:
		return Kept{1, a}, true, nil
	}
	kept, err := s.keptOf(ctx, answer.Statics, a.GetId())
	return kept, false, err
}

// Find is an application, and whether there is one. It decides. The person is nil once forgotten.
func (s *Applications) Find(ctx context.Context, id string) (Kept, bool, error) {
	return s.find(ctx, id, store.Latest)
}

func (s *Applications) find(ctx context.Context, id string, how store.Consistency) (Kept, bool, error) {
	row, found, err := s.rows.In(id).Statics(ctx, how)
	if err != nil || !found {
		return Kept{}, false, wrap(err, "reading "+id)
	}
	kept, err := s.keptOf(ctx, row, id)
	return kept, err == nil, err
}

// Change writes an application's next state, with what an operator had to say of it or nil. It answers the one that
// there is then, and whether it is that: it is another one if somebody else has changed it since it was read. The
// person stays.
func (s *Applications) Change(
	ctx context.Context, was Kept, next *signupproto.Application, said *signupproto.Said,
) (Kept, bool, error) {
	id, moved := next.GetId(), was.State.GetState() != next.GetState()
	if moved {
		if err := s.list(ctx, next); err != nil {
			return Kept{}, false, err
		}
	}
	row, err := rowOf(next, was.Revision+1)
	if err != nil {
		return Kept{}, false, err
	}
	if row.Said, err = s.sealSaid(ctx, id, row.Line, said); err != nil {
		return Kept{}, false, err
	}
	answer, err := s.rows.Batch(id).If("revision", was.Revision).
		SetStatics(row, "revision", "state").InsertNew(row).Apply(ctx)
	switch {
	case err != nil:
		return Kept{}, false, fmt.Errorf("changing %s: %w", id, err)
	case !answer.OK:
		kept, err := s.keptOf(ctx, answer.Statics, id)
		return kept, false, err
	case moved:
		err = s.unlist(ctx, was.State)
	}
	return Kept{row.Revision, next}, true, err
}

// Changes are the states that an application was in, the oldest first; at most store.MaxRows. That somebody was told of
// one is no change.
func (s *Applications) Changes(ctx context.Context, id string) ([]*signupproto.Change, error) {
	rows, _, err := s.rows.In(id).Range().List(ctx, store.Recent)
	if err != nil {
		return nil, fmt.Errorf("reading the changes of %s: %w", id, err)
	}
	key, err := s.keys.Key(ctx, id)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	changes := make([]*signupproto.Change, 0, len(rows))
	for _, row := range rows {
		a, err := stateOf(row.Was, id)
		if err != nil {
			return nil, err
		}
		if a.GetTold() {
			continue
		}
		change := &signupproto.Change{State: a.GetState(), Reason: a.GetReason(), AtMs: a.GetUpdatedMs()}
		if change.Said, err = openSaid(key, row); err != nil {
			return nil, err
		}
		changes = append(changes, change)
	}
	return changes, nil
}

// Forget destroys the person of an application, as datakeys.Keys.Destroy. Repeating it is harmless.
func (s *Applications) Forget(ctx context.Context, id string) error { return s.keys.Destroy(ctx, id) }
