package pots

import (
	"farthing/pkg/edge"
	"farthing/service.api/caller"
	potproto "farthing/service.pot/proto"
)

// create makes a pot, and answers it. A repeat of a dedupe_id answers the pot made first; with another body it is
// conflict.dedupe_id.
func (a Area) create(req edge.Request) edge.Response {
	form := req.Form()
	asked := &potproto.CreateRequest{
		CurrentAccountId: form.Required("current_account_id"), Name: form.Required("name"), Style: form.String("style"),
		DedupeId: form.Required("dedupe_id"),
	}
	asked.GoalMinor, _ = form.Int64("goal_amount")
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	if _, err := caller.Own(req, a.Accounts, asked.GetCurrentAccountId()); err != nil {
		return edge.Error(err)
	}
	made, err := a.Pots.Create(req.Context(), asked)
	return answer("creating the pot", made.GetPot(), err)
}

// update changes a pot's name, style or goal_amount, of which 0 takes the goal away: what is not sent stays. A repeat
// changes nothing; a deleted pot is precondition_failed.pot_deleted.
func (a Area) update(req edge.Request) edge.Response {
	form := req.Form()
	asked := &potproto.UpdateRequest{Name: sent(form, "name"), Style: sent(form, "style")}
	if goal, has := form.Int64("goal_amount"); has {
		asked.GoalMinor = &goal
	}
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	pot, err := a.own(req)
	if err != nil {
		return edge.Error(err)
	}
	asked.PotId = pot.GetId()
	changed, err := a.Pots.Update(req.Context(), asked)
	return answer("changing the pot", changed.GetPot(), err)
}

// sent is a text, nil if it was not sent.
func sent(form *edge.Form, name string) *string {
	if !form.Has(name) {
		return nil
	}
	text := form.String(name)
	return &text
}

// remove closes a pot for ever, and answers it. What is in it goes back to its current account; a repeat changes
// nothing.
func (a Area) remove(req edge.Request) edge.Response {
	pot, err := a.own(req)
	if err != nil {
		return edge.Error(err)
	}
	deleted, err := a.Pots.Delete(req.Context(), &potproto.DeleteRequest{PotId: pot.GetId()})
	return answer("deleting the pot", deleted.GetPot(), err)
}
