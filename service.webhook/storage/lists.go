package storage

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/store"
	"farthing/service.webhook/logic"
)

// Listed is the webhooks of an account: every one whose registration was answered, and none whose deregistration was.
func (s *Hooks) Listed(ctx context.Context, account string) (logic.List, error) {
	row, _, err := s.lists.In(account).Statics(ctx, store.Recent)
	if err != nil {
		return nil, fmt.Errorf("reading the webhooks of %s: %w", account, err)
	}
	return listOf(row)
}

// List puts a webhook on its account's list, or says anew what it wants: precondition_failed.too_many_webhooks if there
// are as many as there may be. Repeating it is harmless.
func (s *Hooks) List(ctx context.Context, account string, entry logic.Listed) error {
	return s.relist(ctx, account, func(l logic.List) (logic.List, error) { return l.With(entry) })
}

// Unlist takes a webhook off its account's list. Repeating it is harmless.
func (s *Hooks) Unlist(ctx context.Context, account, id string) error {
	return s.relist(ctx, account, func(l logic.List) (logic.List, error) { return l.Without(id), nil })
}

// Silence has a webhook's list say that it wants nothing any more. Repeating it is harmless.
func (s *Hooks) Silence(ctx context.Context, account, id string) error {
	return s.relist(ctx, account, func(l logic.List) (logic.List, error) { return l.Silenced(id), nil })
}

// relistTries is more than there are changes of one account's list at once.
const relistTries = 20

// relist changes a list, again if somebody else has done so meanwhile.
func (s *Hooks) relist(ctx context.Context, account string, by func(logic.List) (logic.List, error)) error {
	row, found, err := s.lists.In(account).Statics(ctx, store.Latest)
	if err != nil {
		return fmt.Errorf("reading the webhooks of %s: %w", account, err)
	}
	for range relistTries {
		next, err := nextList(row, by)
		if err != nil || bytes.Equal(next.Listed, row.Listed) {
			return err
		}
		batch := s.lists.Batch(account)
		if found {
			batch.If("version", row.Version)
		} else {
			batch.IfNull("version")
		}
		answer, err := batch.SetStatics(next).Apply(ctx)
		if err != nil {
			return fmt.Errorf("listing the webhooks of %s: %w", account, err)
		}
		if answer.OK {
			return nil
		}
		row, found = answer.Statics, answer.Opened
	}
	return errs.New(errs.Conflict+".webhooks", "The account's webhooks are being changed by others")
}

func nextList(row listRow, by func(logic.List) (logic.List, error)) (listRow, error) {
	list, err := listOf(row)
	if err != nil {
		return listRow{}, err
	}
	if list, err = by(list); err != nil {
		return listRow{}, err
	}
	listed, err := json.Marshal(list)
	return listRow{Version: row.Version + 1, Listed: listed}, err
}

func listOf(row listRow) (list logic.List, err error) {
	if len(row.Listed) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(row.Listed, &list); err != nil {
		return nil, fmt.Errorf("reading the webhooks of %s: %w", row.Account, err)
	}
	return list, nil
}
