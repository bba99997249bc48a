package storage

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/seal"
	signupproto "farthing/service.signup/proto"
)

// The places bind what is sealed to its application and line, so that it opens in no other.
func personPlace(id string) []byte { return []byte("signup.person/" + id) }

func saidPlace(id string, line int64) []byte { return fmt.Appendf(nil, "signup.said/%s/%d", id, line) }

func sealed(key *seal.DataKey, m proto.Message, place []byte) ([]byte, error) {
	plain, err := proto.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("marshalling what is personal: %w", err)
	}
	return key.Seal(plain, place), nil
}

func open(key *seal.DataKey, value, place []byte, into proto.Message) error {
	plain, err := key.Open(value, place)
	if err != nil {
		return fmt.Errorf("opening %s: %w", place, err)
	}
	if proto.Unmarshal(plain, into) != nil { // Its words might quote what it reads.
		return errs.Newf(errs.Internal, "%s is not what was stored", place)
	}
	return nil
}

func (s *Applications) sealSaid(ctx context.Context, id string, line int64, said *signupproto.Said) ([]byte, error) {
	if said == nil {
		return nil, nil
	}
	key, err := s.keys.Key(ctx, id)
	if err != nil {
		return nil, err
	}
	return sealed(key, said, saidPlace(id, line))
}

// openSaid is what an operator said, nil for nothing, or once the person was forgotten.
func openSaid(key *seal.DataKey, row applicationRow) (*signupproto.Said, error) {
	if len(row.Said) == 0 || key == nil {
		return nil, nil
	}
	said := &signupproto.Said{}
	return said, open(key, row.Said, saidPlace(row.ID, row.Line), said)
}

// rowOf is an application's row of a revision, without what is personal.
func rowOf(a *signupproto.Application, revision int64) (applicationRow, error) {
	bare := proto.CloneOf(a)
	bare.Person = nil
	body, err := proto.Marshal(bare)
	return applicationRow{Line: revision, Revision: revision, State: body, Was: body},
		wrap(err, "marshalling "+a.GetId())
}

func stateOf(body []byte, id string) (*signupproto.Application, error) {
	a := &signupproto.Application{}
	return a, wrap(proto.Unmarshal(body, a), "unmarshalling "+id)
}

func (s *Applications) keptOf(ctx context.Context, row applicationRow, id string) (Kept, error) {
	a, err := stateOf(row.State, id)
	if err != nil {
		return Kept{}, err
	}
	kept := Kept{row.Revision, a}
	key, err := s.keys.Key(ctx, id)
	if errs.Is(err, errs.NotFound) {
		return kept, nil
	}
	if err != nil {
		return Kept{}, err
	}
	a.Person = &signupproto.Person{}
	return kept, open(key, row.Person, personPlace(id), a.GetPerson())
}
