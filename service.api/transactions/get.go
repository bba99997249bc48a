package transactions

import "farthing/pkg/edge"

// get answers one transaction of the caller's. It asks three peers, one after the other.
func (a Area) get(req edge.Request) edge.Response {
	form := req.Form()
	expanded := expandsMerchant(form)
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	found, err := a.own(req)
	if err != nil {
		return edge.Error(err)
	}
	with, err := a.attachedTo(req.Context(), found.GetAccountId(), found)
	if err != nil {
		return edge.Error(err)
	}
	return edge.OK(single{a.show(req, found, expanded, with)})
}
