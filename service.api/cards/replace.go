package cards

import (
	"fmt"

	"farthing/pkg/edge"
	"farthing/service.api/caller"
	apiproto "farthing/service.api/proto"
	cardsproto "farthing/service.cards/proto"
)

// ReplacementRoutes are the routes below /card-replacement, to be mounted.
func (a Area) ReplacementRoutes() *edge.Router {
	router := &edge.Router{}
	router.POST("/order", edge.Service(a.replace).Filter(caller.Needs("cards:write"), caller.NeedsApproval))
	return router
}

// replace closes a card for ever and answers the one that stands in its place at once, with a number of its own and
// under the same controls and limits. A repeat answers the card that was made first.
func (a Area) replace(req edge.Request) edge.Response {
	cardID, err := a.ownInBody(req)
	if err != nil {
		return edge.Error(err)
	}
	made, err := a.Cards.Replace(req.Context(), &cardsproto.ReplaceRequest{CardId: cardID})
	if err != nil {
		return edge.Error(fmt.Errorf("replacing the card: %w", err))
	}
	holder, err := a.holder(req.Context(), caller.Of(req).UserID)
	if err != nil {
		return edge.Error(fmt.Errorf("getting the name on it: %w", err))
	}
	return edge.OK(struct {
		Card apiproto.Card `json:"card"`
	}{apiproto.CardOf(made.GetCard(), holder.GetCustomer().GetPreferredName())})
}

// resetPIN lets a card's PIN be tried again after too many wrong ones. A repeat changes nothing.
func (a Area) resetPIN(req edge.Request) edge.Response {
	cardID, err := a.ownInBody(req)
	if err != nil {
		return edge.Error(err)
	}
	if _, err := a.Cards.ResetPIN(req.Context(), &cardsproto.ResetPINRequest{CardId: cardID}); err != nil {
		return edge.Error(fmt.Errorf("resetting the PIN: %w", err))
	}
	return edge.OK(nil)
}

// ownInBody is the caller's own card that a body is about and that has no other field.
func (a Area) ownInBody(req edge.Request) (string, error) {
	form := req.Form()
	cardID := form.Required("card_id")
	if err := form.Err(); err != nil {
		return "", err
	}
	return cardID, a.own(req, cardID)
}
