package handler

import (
	"encoding/json"
	"net/http"

	"farthing/pkg/audit"
	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	moneyproto "farthing/pkg/money/proto"
	paymentproto "farthing/service.payment/proto"
)

const bodyMax = 16 << 10

// operate answers operators, with the views of paymentproto:
//
//	POST   /payments                        Paying → PaymentView
//	POST   /payments/in                     Paying, account_id is who gets it → PaymentView
//	GET    /payments/{id}
//	GET    /payees?user_id=user_…           {"payees": [PayeeView]}
//	POST   /payees                          PayeeView → PayeeView
//	POST   /payees/check                    PayeeView → NameCheckView
//	DELETE /payees/{id}?user_id=user_…
//	GET    /standing-orders?account_id=acc_…    {"standing_orders": [OrderView]}
//	POST   /standing-orders                 Paying → OrderView
//	DELETE /standing-orders/{id}            → OrderView
//	GET    /audit/bank-payments?after=PLACE&limit=100
//	                                        audit.Page: some payments, compared with ledger and transactions
func (h *Handler) operate(env *foundation.Env) {
	env.Operate("POST "+paymentproto.PaymentsPath, reply(h.operateSend))
	env.Operate("POST "+paymentproto.PayInPath, reply(h.operatePayIn))
	env.Operate("GET "+paymentproto.PaymentsPath+"/{id}", reply(h.operateGet))
	env.Operate("GET "+paymentproto.PayeesPath, reply(h.operatePayees))
	env.Operate("POST "+paymentproto.PayeesPath, reply(h.operateAddPayee))
	env.Operate("POST "+paymentproto.NameCheckPath, reply(h.operateCheck))
	env.Operate("DELETE "+paymentproto.PayeesPath+"/{id}", reply(h.operateRemovePayee))
	env.Operate("GET "+paymentproto.StandingOrdersPath, reply(h.operateOrders))
	env.Operate("POST "+paymentproto.StandingOrdersPath, reply(h.operateOrder))
	env.Operate("DELETE "+paymentproto.StandingOrdersPath+"/{id}", reply(h.operateCancel))
	env.Operate("GET "+paymentproto.AuditPaymentsPath, audit.Pages(h.audit))
}

func reply(do func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := do(req)
		foundation.Reply(w, body, err)
	})
}

func decode[T any](req *http.Request) (T, error) {
	var sent T
	decoder := json.NewDecoder(http.MaxBytesReader(nil, req.Body, bodyMax))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&sent); err != nil {
		return sent, errs.New(errs.BadRequest+".bad_body", "The body is not what was expected").Because(err)
	}
	return sent, nil
}

func amountOf(p paymentproto.Paying) *moneyproto.Money {
	return &moneyproto.Money{Minor: p.Amount, Currency: p.Currency}
}

func (h *Handler) operateSend(req *http.Request) (any, error) {
	sent, err := decode[paymentproto.Paying](req)
	if err != nil {
		return nil, err
	}
	rsp, err := h.Send(req.Context(), &paymentproto.SendRequest{
		AccountId: sent.AccountID, PayeeId: sent.PayeeID, Party: sent.Party(), Amount: amountOf(sent),
		Reference: sent.Reference, DedupeId: sent.DedupeID,
	})
	return paymentproto.ViewOf(rsp.GetPayment()), err
}

func (h *Handler) operatePayIn(req *http.Request) (any, error) {
	sent, err := decode[paymentproto.Paying](req)
	if err != nil {
		return nil, err
	}
	rsp, err := h.PayIn(req.Context(), &paymentproto.PayInRequest{
		AccountId: sent.AccountID, Amount: amountOf(sent), Party: sent.Party(), Reference: sent.Reference,
		DedupeId: sent.DedupeID,
	})
	return paymentproto.ViewOf(rsp.GetPayment()), err
}

func (h *Handler) operateGet(req *http.Request) (any, error) {
	rsp, err := h.Get(req.Context(), &paymentproto.GetRequest{PaymentId: req.PathValue("id")})
	return paymentproto.ViewOf(rsp.GetPayment()), err
}

func (h *Handler) operatePayees(req *http.Request) (any, error) {
	rsp, err := h.ListPayees(req.Context(), &paymentproto.ListPayeesRequest{UserId: req.FormValue("user_id")})
	views := make([]paymentproto.PayeeView, len(rsp.GetPayees()))
	for i, payee := range rsp.GetPayees() {
		views[i] = paymentproto.PayeeViewOf(payee)
	}
	return map[string]any{"payees": views}, err
}

func partySent(v paymentproto.PayeeView) *paymentproto.Party {
	return &paymentproto.Party{Name: v.Name, SortCode: v.SortCode, AccountNumber: v.AccountNumber}
}

func (h *Handler) operateAddPayee(req *http.Request) (any, error) {
	sent, err := decode[paymentproto.PayeeView](req)
	if err != nil {
		return nil, err
	}
	rsp, err := h.AddPayee(req.Context(), &paymentproto.AddPayeeRequest{UserId: sent.UserID, Party: partySent(sent)})
	return paymentproto.PayeeViewOf(rsp.GetPayee()), err
}

func (h *Handler) operateCheck(req *http.Request) (any, error) {
	sent, err := decode[paymentproto.PayeeView](req)
	if err != nil {
		return nil, err
	}
	rsp, err := h.CheckName(req.Context(), &paymentproto.CheckNameRequest{Party: partySent(sent)})
	return paymentproto.NameCheckViewOf(rsp), err
}

func (h *Handler) operateRemovePayee(req *http.Request) (any, error) {
	_, err := h.RemovePayee(req.Context(), &paymentproto.RemovePayeeRequest{
		UserId: req.FormValue("user_id"), PayeeId: req.PathValue("id"),
	})
	return struct{}{}, err
}

func (h *Handler) operateOrders(req *http.Request) (any, error) {
	rsp, err := h.ListStandingOrders(req.Context(), &paymentproto.ListStandingOrdersRequest{
		AccountId: req.FormValue("account_id"),
	})
	if err != nil {
		return nil, err
	}
	views := make([]paymentproto.OrderView, len(rsp.GetOrders()))
	for i, order := range rsp.GetOrders() {
		if views[i], err = h.orderView(order); err != nil {
			return nil, err
		}
	}
	return map[string]any{"standing_orders": views}, nil
}

func (h *Handler) operateOrder(req *http.Request) (any, error) {
	sent, err := decode[paymentproto.Paying](req)
	if err != nil {
		return nil, err
	}
	rsp, err := h.CreateStandingOrder(req.Context(), &paymentproto.CreateStandingOrderRequest{
		AccountId: sent.AccountID, PayeeId: sent.PayeeID, Party: sent.Party(), Amount: amountOf(sent),
		Reference: sent.Reference, DedupeId: sent.DedupeID, Frequency: paymentproto.FrequencyOf(sent.Frequency),
		Day: sent.Day, FirstDate: sent.FirstDate, LastDate: sent.LastDate,
	})
	if err != nil {
		return nil, err
	}
	return h.orderView(rsp.GetOrder())
}

func (h *Handler) operateCancel(req *http.Request) (any, error) {
	rsp, err := h.CancelStandingOrder(req.Context(), &paymentproto.CancelStandingOrderRequest{
		OrderId: req.PathValue("id"),
	})
	if err != nil {
		return nil, err
	}
	return h.orderView(rsp.GetOrder())
}

func (h *Handler) orderView(o *paymentproto.StandingOrder) (paymentproto.OrderView, error) {
	view := paymentproto.OrderViewOf(o)
	if o.GetState() != paymentproto.OrderState_ORDER_STATE_ACTIVE {
		return view, nil
	}
	due, err := h.dueAt(o)
	view.NextTime = due.In(h.london).Format("15:04")
	return view, err
}
