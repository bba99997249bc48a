package storage

import (
	"context"
	"fmt"
	"time"

	"farthing/pkg/id"
	"farthing/pkg/store"
	signupproto "farthing/service.signup/proto"
)

const monthsInYear = 12

func monthOf(at time.Time) int64 { return int64(at.Year())*monthsInYear + int64(at.Month()) - 1 }

func byStateOf(a *signupproto.Application) byStateRow {
	created := time.UnixMilli(a.GetCreatedMs()).UTC()
	return byStateRow{State: int64(a.GetState()), Month: monthOf(created), Application: a.GetId()}
}

// list puts an application on the list of its state, from before it comes into it.
func (s *Applications) list(ctx context.Context, a *signupproto.Application) error {
	row := byStateOf(a)
	puts, done := s.listed.With(
		fmt.Sprint(row.State, "/", row.Month), s.months.Put(monthRow{row.State, row.Month}), s.byState.Put(row))
	if err := s.keyspace.Write(ctx, puts...); err != nil {
		return fmt.Errorf("listing %s: %w", a.GetId(), err)
	}
	done()
	return nil
}

// unlist takes an application off the list of a state that it has left for ever.
func (s *Applications) unlist(ctx context.Context, was *signupproto.Application) error {
	return wrap(s.keyspace.Write(ctx, s.byState.Delete(byStateOf(was))), "unlisting "+was.GetId())
}

// List is the applications in a state, the newest first, at most limit, of ids before one if it is not empty.
func (s *Applications) List(
	ctx context.Context, state signupproto.State, before string, limit int,
) ([]*signupproto.Application, error) {
	months, err := s.monthsBefore(ctx, state, before)
	if err != nil {
		return nil, err
	}
	var found []*signupproto.Application
	for _, month := range months {
		page := s.byState.In(int64(state), month).Range().Limit(limit)
		if before != "" {
			page = page.Below(before)
		}
		for token := ""; len(found) < limit; {
			rows, next, err := page.Resume(token).List(ctx, store.Recent)
			if err != nil {
				return nil, fmt.Errorf("listing applications: %w", err)
			}
			if found, err = s.add(ctx, found, rows, state, limit); err != nil {
				return nil, err
			}
			if token = next; token == "" {
				break
			}
		}
	}
	return found, nil
}

// monthsBefore are the months of a state that hold ids before one, the newest first.
func (s *Applications) monthsBefore(ctx context.Context, state signupproto.State, before string) ([]int64, error) {
	pages := s.months.In(int64(state)).Range()
	if before != "" {
		at, err := id.Time("before_id", "signup", before)
		if err != nil {
			return nil, err
		}
		pages = pages.To(monthOf(at))
	}
	rows, _, err := pages.List(ctx, store.Recent)
	if err != nil {
		return nil, fmt.Errorf("listing months: %w", err)
	}
	months := make([]int64, len(rows))
	for i, row := range rows {
		months[i] = row.Month
	}
	return months, nil
}

// add adds the applications of some rows that are in the state: a row may be there before, or after.
func (s *Applications) add(
	ctx context.Context, found []*signupproto.Application, rows []byStateRow, state signupproto.State, limit int,
) ([]*signupproto.Application, error) {
	for _, row := range rows {
		if len(found) == limit {
			break
		}
		kept, there, err := s.find(ctx, row.Application, store.Recent)
		if err != nil {
			return nil, err
		}
		if there && kept.State.GetState() == state {
			found = append(found, kept.State)
		}
	}
	return found, nil
}
