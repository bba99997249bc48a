package storage

import (
	"context"
	"fmt"
	"slices"

	"farthing/pkg/pan"
	"farthing/pkg/seal"
	"farthing/pkg/store"
)

// vaultRow is a card's number, sealed and bound to the card's id. It is the only place of a number in the bank. The
// greatest attempt is the number in force: an earlier one was another card's already.
type vaultRow struct {
	Card    string `store:"1,partition"`
	Attempt int64  `store:"2,clustering"`
	Number  []byte `store:"3"`
}

// numberRow finds the card of a number by the number's keyed hash. Inserted if absent, it also keeps a number from
// being used twice.
type numberRow struct {
	Index []byte `store:"1,partition"`
	Card  string `store:"2"`
}

var (
	vaultTable   = store.ConditionalTable[vaultRow]("vault")
	numbersTable = store.ConditionalTable[numberRow]("numbers")
)

// Vault keeps the numbers of cards, and finds cards by them.
type Vault struct {
	keys    *seal.Keyring
	sealed  store.Conditional[vaultRow]
	numbers store.Conditional[numberRow]
}

// NewVault is the vault in a keyspace, under keys.
func NewVault(k *store.Keyspace, keys *seal.Keyring) *Vault {
	return &Vault{keys, vaultTable.On(k), numbersTable.On(k)}
}

// Keep stores a number as a card's n-th attempt, unless there is one already, and answers the one that is stored. So
// whoever repeats an issue goes on with the same numbers.
func (v *Vault) Keep(ctx context.Context, card string, attempt int64, drawn pan.Number) (pan.Number, error) {
	first, isNew, err := v.sealed.InsertOrFind(ctx, vaultRow{
		Card: card, Attempt: attempt, Number: v.keys.Seal([]byte(drawn.Reveal()), []byte(card)),
	})
	switch {
	case err != nil:
		return pan.Number{}, fmt.Errorf("keeping the number of %s: %w", card, err)
	case isNew:
		return drawn, nil
	}
	plain, err := v.keys.Open(first.Number, []byte(card))
	if err != nil {
		return pan.Number{}, fmt.Errorf("opening the number of %s: %w", card, err)
	}
	return pan.Parse("number", string(plain))
}

// Claim makes a number a card's for ever, and tells whether it is: false if it is another card's. Repeating it is
// harmless.
//
// It claims the number under every key, the oldest first: two processes of which one does not know the newest key yet
// meet at the oldest, and each finds what the other has claimed.
func (v *Vault) Claim(ctx context.Context, number pan.Number, card string) (bool, error) {
	for _, index := range slices.Backward(v.keys.Indexes([]byte(number.Reveal()))) {
		first, _, err := v.numbers.InsertOrFind(ctx, numberRow{Index: index, Card: card})
		switch {
		case err != nil:
			return false, fmt.Errorf("claiming a number for %s: %w", card, err)
		case first.Card != card:
			return false, nil
		}
	}
	return true, nil
}

// Find is the id of the card with a number, and whether there is one. A number that was claimed before the newest key
// came is found under its own.
func (v *Vault) Find(ctx context.Context, number pan.Number) (string, bool, error) {
	for _, index := range v.keys.Indexes([]byte(number.Reveal())) {
		row, found, err := v.numbers.In(index).Find(ctx, store.Recent) // It never changes once it is there.
		if err != nil {
			return "", false, fmt.Errorf("finding a number: %w", err)
		}
		if found {
			return row.Card, true, nil
		}
	}
	return "", false, nil
}
