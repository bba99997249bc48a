package handler

import (
	"context"
	"net/http"

	"farthing/pkg/foundation"
	moneyproto "farthing/pkg/money/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// operateDisputes answers operators about disputes, each with a cardprocessingproto.DisputeView:
//
//	GET  /disputes?state=open&before=ID&limit=100    cardprocessingproto.DisputeList; state is open or closed
//	POST /disputes                                   opens one (cardprocessingproto.Opening)
//	GET  /disputes/{id}                              by its id, or the transaction's if that has one only
//	POST /disputes/{id}/{step}                       credit, won or lost (cardprocessingproto.Step)
func (h *Handler) operateDisputes(env *foundation.Env) {
	d := &disputes{h: h}
	type view = cardprocessingproto.DisputeView
	env.Operate("GET "+cardprocessingproto.DisputesPath, operation(
		func(req *http.Request) (cardprocessingproto.DisputeList, error) {
			asked, err := askedList(req)
			if err != nil {
				return cardprocessingproto.DisputeList{}, err
			}
			found, err := d.List(req.Context(), &cardprocessingproto.ListRequest{
				Decided: asked.closed, BeforeId: asked.before, Limit: int32(asked.limit), //nolint:gosec // At most 500.
			})
			return cardprocessingproto.DisputeListOf(found), err
		}))
	env.Operate("POST "+cardprocessingproto.DisputesPath, operation(func(req *http.Request) (view, error) {
		var sent cardprocessingproto.Opening
		if err := decode(req, &sent); err != nil {
			return view{}, err
		}
		opened, err := d.Open(req.Context(), openingOf(sent))
		return cardprocessingproto.DisputeViewOf(opened.GetDispute()), err
	}))
	const one = cardprocessingproto.DisputesPath + "/{id}"
	env.Operate("GET "+one, operation(func(req *http.Request) (view, error) {
		found, err := d.Get(req.Context(), &cardprocessingproto.GetRequest{DisputeId: req.PathValue("id")})
		return cardprocessingproto.DisputeViewOf(found.GetDispute()), err
	}))
	for step, take := range map[string]func(context.Context, string, cardprocessingproto.Step) (disputed, error){
		"/credit": func(ctx context.Context, id string, s cardprocessingproto.Step) (disputed, error) {
			return d.Credit(ctx, &cardprocessingproto.CreditRequest{DisputeId: id, By: s.By, Note: s.Note})
		},
		"/won": func(ctx context.Context, id string, s cardprocessingproto.Step) (disputed, error) {
			return d.Win(ctx, &cardprocessingproto.WinRequest{DisputeId: id, By: s.By, Note: s.Note})
		},
		"/lost": func(ctx context.Context, id string, s cardprocessingproto.Step) (disputed, error) {
			return d.Lose(ctx, &cardprocessingproto.LoseRequest{DisputeId: id, By: s.By, Note: s.Note})
		},
	} {
		env.Operate("POST "+one+step, operation(func(req *http.Request) (view, error) {
			var sent cardprocessingproto.Step
			if err := decode(req, &sent); err != nil {
				return view{}, err
			}
			taken, err := take(req.Context(), req.PathValue("id"), sent)
			if err != nil {
				return view{}, err
			}
			return cardprocessingproto.DisputeViewOf(taken.GetDispute()), nil
		}))
	}
}

// disputed is what every step is answered with.
type disputed interface {
	GetDispute() *cardprocessingproto.PaymentDispute
}

func openingOf(sent cardprocessingproto.Opening) *cardprocessingproto.OpenRequest {
	req := &cardprocessingproto.OpenRequest{
		TransactionId: sent.TransactionID, Reason: sent.Reason, DedupeId: sent.DedupeID, By: sent.By, Note: sent.Note,
	}
	if sent.Amount != nil {
		req.Amount = &moneyproto.Money{Minor: sent.Amount.Minor, Currency: sent.Amount.Currency}
	}
	return req
}
