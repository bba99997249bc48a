package storage

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/seal"
	"farthing/pkg/seal/datakeys"
	"farthing/pkg/store"
	paymentproto "farthing/service.payment/proto"
)

// record is what the two kinds of records have in common.
type record interface {
	proto.Message
	GetId() string
	GetUserId() string
	GetParty() *paymentproto.Party
	GetReference() string
}

// records keeps records of one kind. Each is changed only by who has seen its newest revision.
type records[R record] struct {
	rows store.Conditional[recordRow]
	keys *datakeys.Keys
	make func() R
	show func(R, *paymentproto.Personal) // Puts what is personal in, nil takes it out.
}

// Kept is a record as it was read.
type Kept[R record] struct {
	Revision int64
	State    R
}

// place binds what is sealed to its record, so that it opens in no other.
func place(id string) []byte { return []byte("payment.personal/" + id) }

// Insert writes a record unless there is one with its id, and answers the one that there is.
func (s *records[R]) Insert(ctx context.Context, state R) (Kept[R], error) {
	key, err := s.keys.Ensure(ctx, state.GetUserId())
	if err != nil {
		return Kept[R]{}, err
	}
	sealed, err := sealPersonal(key, state.GetId(), state.GetParty(), state.GetReference())
	if err != nil {
		return Kept[R]{}, err
	}
	row, err := s.rowOf(state, 1)
	if err != nil {
		return Kept[R]{}, err
	}
	row.Sealed = sealed
	answer, err := s.rows.Batch(state.GetId()).IfNull("revision").SetStatics(row).InsertNew(row).Apply(ctx)
	switch {
	case err != nil:
		return Kept[R]{}, fmt.Errorf("inserting %s: %w", state.GetId(), err)
	case answer.OK:
		return Kept[R]{1, state}, nil
	}
	return s.keptOf(ctx, answer.Statics, state.GetId())
}

// Find is a record, and whether there is one. It decides.
func (s *records[R]) Find(ctx context.Context, id string) (Kept[R], bool, error) {
	row, found, err := s.rows.In(id).Statics(ctx, store.Latest)
	if err != nil || !found {
		return Kept[R]{}, false, err
	}
	kept, err := s.keptOf(ctx, row, id)
	return kept, err == nil, err
}

// Change writes a record's next state, and answers the one that there is then: another one, if somebody else has
// changed it since it was read. What is personal stays.
func (s *records[R]) Change(ctx context.Context, was Kept[R], next R) (Kept[R], error) {
	row, err := s.rowOf(next, was.Revision+1)
	if err != nil {
		return Kept[R]{}, err
	}
	answer, err := s.rows.Batch(next.GetId()).If("revision", was.Revision).
		SetStatics(row, "revision", "state").InsertNew(row).Apply(ctx)
	switch {
	case err != nil:
		return Kept[R]{}, fmt.Errorf("changing %s: %w", next.GetId(), err)
	case answer.OK:
		return Kept[R]{row.Revision, next}, nil
	}
	return s.keptOf(ctx, answer.Statics, next.GetId())
}

// Walk is some records after a place, without what is personal, and the place to go on from, as store.Walk.
func (s *records[R]) Walk(ctx context.Context, after string, limit int) ([]Kept[R], string, error) {
	rows, next, err := s.rows.WalkPartitions(ctx, after, limit)
	if err != nil {
		return nil, "", fmt.Errorf("walking: %w", err)
	}
	all := make([]Kept[R], len(rows))
	for i, row := range rows {
		state, err := s.stateOf(row.State, row.ID)
		if err != nil {
			return nil, "", err
		}
		all[i] = Kept[R]{row.Revision, state}
	}
	return all, next, nil
}

// Past is a record as one of its revisions left it, without what is personal, and whether there was such a one.
func (s *records[R]) Past(ctx context.Context, id string, revision int64) (R, bool, error) {
	row, found, err := s.rows.In(id).Find(ctx, store.Latest, revision)
	if err != nil || !found {
		return s.make(), false, err
	}
	state, err := s.stateOf(row.Was, id)
	return state, err == nil, err
}

func (s *records[R]) stateOf(body []byte, id string) (R, error) {
	state := s.make()
	if err := proto.Unmarshal(body, state); err != nil {
		return state, fmt.Errorf("unmarshalling %s: %w", id, err)
	}
	return state, nil
}

func (s *records[R]) rowOf(state R, revision int64) (recordRow, error) {
	bare, _ := proto.Clone(state).(R)
	s.show(bare, nil)
	body, err := proto.Marshal(bare)
	if err != nil {
		return recordRow{}, fmt.Errorf("marshalling %s: %w", state.GetId(), err)
	}
	return recordRow{Line: revision, Revision: revision, State: body, Was: body}, nil
}

func (s *records[R]) keptOf(ctx context.Context, row recordRow, id string) (Kept[R], error) {
	state, err := s.stateOf(row.State, id)
	if err != nil {
		return Kept[R]{}, err
	}
	key, err := s.keys.Key(ctx, state.GetUserId())
	if errs.Is(err, errs.NotFound) { // The customer was forgotten.
		return Kept[R]{row.Revision, state}, nil
	}
	if err != nil {
		return Kept[R]{}, err
	}
	personal, err := openPersonal(key, id, row.Sealed)
	if err != nil {
		return Kept[R]{}, err
	}
	s.show(state, personal)
	return Kept[R]{row.Revision, state}, nil
}

func sealPersonal(key *seal.DataKey, id string, party *paymentproto.Party, reference string) ([]byte, error) {
	plain, err := proto.Marshal(&paymentproto.Personal{Party: party, Reference: reference})
	if err != nil {
		return nil, fmt.Errorf("marshalling what is personal of %s: %w", id, err)
	}
	return key.Seal(plain, place(id)), nil
}

func openPersonal(key *seal.DataKey, id string, sealed []byte) (*paymentproto.Personal, error) {
	plain, err := key.Open(sealed, place(id))
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", id, err)
	}
	personal := &paymentproto.Personal{}
	if proto.Unmarshal(plain, personal) != nil { // Its words might quote what it reads.
		return nil, errs.Newf(errs.Internal, "what is personal of %s is not what was stored", id)
	}
	return personal, nil
}
