package storage

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/store"
	"farthing/service.cards/logic"
	cardsproto "farthing/service.cards/proto"
)

// issueRow maps a caller's id of an issue to the card that came of it: the first one stays.
type issueRow struct {
	Account  string `store:"1,partition"`
	DedupeID string `store:"2,partition"`
	Card     string `store:"3"`
	User     string `store:"4"`
}

// cardRow is a card, in static columns, and a line for each change of its status.
type cardRow struct {
	Card     string `store:"1,partition"`
	Revision int64  `store:"2,clustering"` // The version that the change made.

	Version      int64     `store:"3,static"` // What every change is conditional on.
	Account      string    `store:"4,static"`
	User         string    `store:"5,static"`
	LastFour     string    `store:"6,static"`
	ExpiresYear  int64     `store:"7,static"`
	ExpiresMonth int64     `store:"8,static"`
	Status       int64     `store:"9,static"`
	CreatedAt    time.Time `store:"10,static"`
	ControlSet   string    `store:"11,static"`
	Controls     []byte    `store:"12,static"` // cards.v1.Controls.

	ChangedTo int64     `store:"20"` // A status.
	ChangedAt time.Time `store:"21"`
	Ruled     []byte    `store:"22"` // The controls after it.
}

// accountCardRow lists the cards of an account. Their ids sort by time.
type accountCardRow struct {
	Account string `store:"1,partition"`
	Card    string `store:"2,clustering"`
}

var (
	issuesTable       = store.ConditionalTable[issueRow]("issues")
	cardsTable        = store.ConditionalTable[cardRow]("cards")
	accountCardsTable = store.PlainTable[accountCardRow]("cards_by_account")
)

// Cards is the cards of the bank, without their numbers.
type Cards struct {
	keyspace *store.Keyspace
	issues   store.Conditional[issueRow]
	cards    store.Conditional[cardRow]
	accounts store.Plain[accountCardRow]
}

// NewCards is the cards in a keyspace.
func NewCards(k *store.Keyspace) *Cards {
	return &Cards{k, issuesTable.On(k), cardsTable.On(k), accountCardsTable.On(k)}
}

// Begin is the card id that belongs to a caller's dedupe id: this one if it is the first, else the first one's. For
// another user it is conflict.dedupe_id.
func (s *Cards) Begin(ctx context.Context, dedupeID string, card logic.Card) (string, error) {
	first, _, err := s.issues.InsertOrFind(ctx, issueRow{
		Account: card.Account, DedupeID: dedupeID, Card: card.ID, User: card.User,
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("beginning an issue: %w", err)
	case first.User != card.User:
		return "", errs.New(errs.Conflict+".dedupe_id", "The dedupe_id was used with another request")
	}
	return first.Card, nil
}

// Insert writes a card that is issued, unless it is there already, and answers the one that is and whether it is new.
// Its account's list comes first: then a card that is issued is always on it.
func (s *Cards) Insert(ctx context.Context, card logic.Card) (logic.Card, bool, error) {
	if err := s.keyspace.Write(ctx, s.accounts.Put(accountCardRow{card.Account, card.ID})); err != nil {
		return logic.Card{}, false, fmt.Errorf("listing %s: %w", card.ID, err)
	}
	answer, err := s.cards.Batch(card.ID).IfNull("version").
		SetStatics(rowOf(card)).InsertNew(changeOf(card, card.Created)).Apply(ctx)
	switch {
	case err != nil:
		return logic.Card{}, false, fmt.Errorf("inserting %s: %w", card.ID, err)
	case answer.OK:
		return card, true, nil
	}
	stored, err := cardOf(answer.Statics, card.ID)
	return stored, false, err
}

// Find is a card with every change that was acknowledged, and whether there is one. A freeze whose outcome is not known
// yet may or may not be seen: its customer was not told that it happened. To see it for certain would cost each swipe a
// read that decides, and no change of a card is decided by what was read: Replace compares versions.
func (s *Cards) Find(ctx context.Context, id string) (logic.Card, bool, error) {
	row, found, err := s.cards.In(id).Statics(ctx, store.Recent)
	if err != nil || !found {
		return logic.Card{}, false, err
	}
	card, err := cardOf(row, id)
	return card, err == nil, err
}

// Replace writes a card's next status and controls if nobody changed the card since its version before. Otherwise it
// answers the card as it is now, and false.
func (s *Cards) Replace(ctx context.Context, next logic.Card, at time.Time) (logic.Card, bool, error) {
	answer, err := s.cards.Batch(next.ID).If("version", next.Version-1).
		SetStatics(rowOf(next), "version", "status", "controls").InsertNew(changeOf(next, at)).Apply(ctx)
	switch {
	case err != nil:
		return logic.Card{}, false, fmt.Errorf("changing %s: %w", next.ID, err)
	case answer.OK:
		return next, true, nil
	}
	stored, err := cardOf(answer.Statics, next.ID)
	return stored, false, err
}

// List is an account's cards, oldest first, as they were a moment ago.
func (s *Cards) List(ctx context.Context, account string, limit int) ([]logic.Card, error) {
	rows, _, err := s.accounts.In(account).Range().Limit(limit).List(ctx, store.Recent)
	if err != nil {
		return nil, fmt.Errorf("listing the cards of %s: %w", account, err)
	}
	cards := make([]logic.Card, 0, len(rows))
	for _, row := range rows {
		found, issued, err := s.cards.In(row.Card).Statics(ctx, store.Recent)
		if err != nil {
			return nil, fmt.Errorf("listing the cards of %s: %w", account, err)
		}
		if !issued { // Its issue was cut short.
			continue
		}
		card, err := cardOf(found, row.Card)
		if err != nil {
			return nil, err
		}
		cards = append(cards, card)
	}
	return cards, nil
}

func rowOf(c logic.Card) cardRow {
	return cardRow{
		Version: c.Version, Account: c.Account, User: c.User, LastFour: c.LastFour,
		ExpiresYear: int64(c.Expires.Year), ExpiresMonth: int64(c.Expires.Month),
		Status: int64(c.Status), CreatedAt: c.Created, ControlSet: c.ControlSet, Controls: controlsBytes(c.Controls),
	}
}

func controlsBytes(c *cardsproto.Controls) []byte {
	body, _ := proto.Marshal(c) // Only invalid UTF-8 fails, and it was checked.
	return body
}

func changeOf(c logic.Card, at time.Time) cardRow {
	return cardRow{
		Revision: c.Version, ChangedTo: int64(c.Status), ChangedAt: at, Ruled: controlsBytes(c.Controls),
	}
}

func cardOf(row cardRow, id string) (logic.Card, error) {
	controls, err := controlsOf(row.Controls, id)
	return logic.Card{
		ID: id, Account: row.Account, User: row.User, LastFour: row.LastFour,
		Expires: logic.Month{Year: int(row.ExpiresYear), Month: time.Month(row.ExpiresMonth)},
		Status:  logic.Status(row.Status), Version: row.Version, Created: row.CreatedAt,
		ControlSet: cmp.Or(row.ControlSet, logic.ControlSetOf(id)), Controls: controls,
	}, err
}

func controlsOf(body []byte, card string) (*cardsproto.Controls, error) {
	controls := &cardsproto.Controls{}
	if err := proto.Unmarshal(body, controls); err != nil {
		return nil, fmt.Errorf("reading the controls of %s: %w", card, err)
	}
	return controls, nil
}
