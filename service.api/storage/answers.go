// Package storage keeps what the public API has answered to requests that may come again.
package storage

import (
	"context"
	"fmt"
	"time"

	"farthing/pkg/store"
)

// answerRow is a request that its sender gave a key to: under way, or answered. It is rewritten whole.
type answerRow struct {
	Request []byte    `store:"1,partition"`
	Holder  string    `store:"2"` // Who answers it, a new one at each attempt: what every change is conditional on.
	BegunAt time.Time `store:"3"` // Real time; zero if nobody is at it.
	Content []byte    `store:"4"`
	Answer  []byte    `store:"5"` // Sealed; empty until there is one.
}

var answersTable = store.ExpiringTable[answerRow]("answers")

// Schema is the keyspace of service.api.
func Schema() store.Schema {
	return store.Schema{Keyspace: "api", Tables: []store.Table{answersTable}}
}

// KeptFor is how long an answer is kept, in real time.
const KeptFor = 30 * 24 * time.Hour

// Attempt is one attempt to answer a request.
type Attempt struct {
	Request []byte // A hash of whose it is and of its key.
	Content []byte // A hash of what it asks for.
	Holder  string // Of this attempt alone.
	Begun   time.Time
	Answer  []byte // Nil while it is under way.
}

// Answers is the answers that are kept.
type Answers struct {
	rows store.Expiring[answerRow]
}

// NewAnswers is the answers in a keyspace.
func NewAnswers(k *store.Keyspace) *Answers { return &Answers{answersTable.On(k)} }

// Begin writes an attempt down if it is the request's first, and answers the one that is there then. A repeat finds
// itself, so that an unknown outcome may be repeated.
func (s *Answers) Begin(ctx context.Context, a Attempt) (Attempt, error) {
	answer, err := s.rows.Insert(ctx, KeptFor, rowOf(a))
	return there(a, answer, err)
}

// Follow puts an attempt in the place of one that a holder began, and answers the one that is there then. A request
// that was forgotten meanwhile is begun.
func (s *Answers) Follow(ctx context.Context, a Attempt, holder string) (Attempt, error) {
	answer, err := s.rows.Replace(ctx, KeptFor, rowOf(a), "holder", holder)
	if err == nil && !answer.OK && len(answer.Present) == 0 {
		return s.Begin(ctx, a)
	}
	return there(a, answer, err)
}

func there(a Attempt, answer store.Answer[answerRow], err error) (Attempt, error) {
	switch {
	case err != nil:
		return Attempt{}, fmt.Errorf("keeping an answer: %w", err)
	case answer.OK:
		return a, nil
	}
	row := answer.Present[0]
	found := Attempt{Request: row.Request, Content: row.Content, Holder: row.Holder, Begun: row.BegunAt}
	if len(row.Answer) > 0 {
		found.Answer = row.Answer
	}
	return found, nil
}

func rowOf(a Attempt) answerRow {
	return answerRow{a.Request, a.Holder, a.Begun, a.Content, a.Answer}
}
