package handler

import (
	"encoding/json"
	"net/http"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	cardsproto "farthing/service.cards/proto"
)

const bodyMax = 64 << 10

// operate answers operators, each with the card as it then is (cardsproto.CardView):
//
//	GET  /cards/{id}
//	PUT  /cards/{id}/controls       replaces all of them (cardsproto.ControlsView)
//	POST /cards/{id}/replacement    closes it; the answer is the new one
//	POST /cards/{id}/pin-reset      forgets all wrong PINs
func (h *Handler) operate(env *foundation.Env) {
	const path = cardsproto.CardsPath + "{id}"
	env.Operate("GET "+path, h.operation(func(req *http.Request) (*cardsproto.Card, error) {
		rsp, err := h.Get(req.Context(), &cardsproto.GetRequest{CardId: req.PathValue("id")})
		return rsp.GetCard(), err
	}))
	env.Operate("PUT "+path+cardsproto.ControlsPath, h.operation(func(req *http.Request) (*cardsproto.Card, error) {
		var sent cardsproto.ControlsView
		decoder := json.NewDecoder(http.MaxBytesReader(nil, req.Body, bodyMax))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&sent); err != nil {
			return nil, errs.New(errs.BadRequest+".bad_body", "The body is not a card's controls").Because(err)
		}
		rsp, err := h.SetControls(req.Context(), &cardsproto.SetControlsRequest{
			CardId: req.PathValue("id"), Controls: sent.Controls(),
		})
		return rsp.GetCard(), err
	}))
	env.Operate("POST "+path+cardsproto.ReplacementPath, h.operation(func(req *http.Request) (*cardsproto.Card, error) {
		rsp, err := h.Replace(req.Context(), &cardsproto.ReplaceRequest{CardId: req.PathValue("id")})
		return rsp.GetCard(), err
	}))
	env.Operate("POST "+path+cardsproto.PINResetPath, h.operation(func(req *http.Request) (*cardsproto.Card, error) {
		if err := h.resetPIN(req.Context(), req.PathValue("id")); err != nil {
			return nil, err
		}
		rsp, err := h.Get(req.Context(), &cardsproto.GetRequest{CardId: req.PathValue("id")})
		return rsp.GetCard(), err
	}))
}

func (h *Handler) operation(do func(*http.Request) (*cardsproto.Card, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		card, err := do(req)
		view := cardsproto.ViewOf(card)
		if err == nil {
			view.PINTriesLeft, err = h.triesLeft(req.Context(), card.GetId())
		}
		foundation.Reply(w, view, err)
	})
}
