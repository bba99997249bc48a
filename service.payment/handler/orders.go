package handler

import (
	"context"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	accountproto "farthing/service.account/proto"
	"farthing/service.payment/logic"
	paymentproto "farthing/service.payment/proto"
)

const ordersMax = 100

// CreateStandingOrder has something paid again and again. A repeat of a dedupe_id answers the first.
func (h *Handler) CreateStandingOrder(
	ctx context.Context, req *paymentproto.CreateStandingOrderRequest,
) (*paymentproto.CreateStandingOrderResponse, error) {
	if err := checkDedupeID(req.GetDedupeId()); err != nil {
		return nil, err
	}
	account, err := h.accountOf(ctx, req.GetAccountId())
	if err != nil {
		return nil, err
	}
	asked, err := h.orderOf(ctx, account, req)
	if err != nil {
		return nil, err
	}
	first, found, err := h.store.Orders.Find(ctx, asked.GetId())
	if err == nil && !found {
		first.State, err = h.begin(ctx, asked)
	}
	if err != nil {
		return nil, err
	}
	if !sameOrder(asked, first.State) {
		return nil, errs.New(errs.Conflict+".dedupe_id", "The dedupe_id was used with another request")
	}
	return &paymentproto.CreateStandingOrderResponse{Order: first.State}, nil
}

// orderOf is a standing order as it is asked for, or what is wrong with it but its dates.
func (h *Handler) orderOf(
	ctx context.Context, account *accountproto.Account, req *paymentproto.CreateStandingOrderRequest,
) (*paymentproto.StandingOrder, error) {
	party, err := h.partyOf(ctx, account, req.GetPayeeId(), req.GetParty())
	if err != nil {
		return nil, err
	}
	// It must be one that could be paid today, but for the money.
	p, err := h.asked(account, party, req.GetAmount(), req.GetReference(), req.GetDedupeId())
	if err == nil {
		err = h.admit(ctx, p, account)
	}
	if err != nil {
		return nil, err
	}
	if err := edge.Text("dedupe_id", req.GetDedupeId(), dedupeIDMax); err != nil {
		return nil, err
	}
	first, err := logic.ParseDate("first_date", req.GetFirstDate())
	if err != nil {
		return nil, err
	}
	o := &paymentproto.StandingOrder{
		Id: logic.OrderID(account.GetId(), req.GetDedupeId()), AccountId: account.GetId(), UserId: account.GetUserId(),
		Party: party, Reference: req.GetReference(), Amount: req.GetAmount(), Frequency: req.GetFrequency(),
		Day: req.GetDay(), FirstDate: req.GetFirstDate(), LastDate: req.GetLastDate(),
		State: paymentproto.OrderState_ORDER_STATE_ACTIVE,
	}
	if o.GetFrequency() == paymentproto.Frequency_FREQUENCY_MONTHLY && o.GetDay() == 0 {
		o.Day = int32(first.Day) //nolint:gosec // At most 31.
	}
	return o, nil
}

// begin writes a standing order down. Its first run is listed before it, so that none is ever forgotten.
func (h *Handler) begin(
	ctx context.Context, o *paymentproto.StandingOrder,
) (*paymentproto.StandingOrder, error) {
	schedule, err := logic.ScheduleOf(o)
	if err != nil {
		return nil, err
	}
	now := h.clock.Now()
	if err := schedule.Check(logic.DateIn(now, h.london)); err != nil {
		return nil, err
	}
	day, _ := schedule.Begin()
	o.NextDate, o.CreatedMs, o.UpdatedMs = day.String(), now.UnixMilli(), now.UnixMilli()
	if err := h.listRun(ctx, o); err != nil {
		return nil, err
	}
	if err := h.store.ListOrder(ctx, o.GetAccountId(), o.GetId()); err != nil {
		return nil, err
	}
	made, err := h.store.Orders.Insert(ctx, o)
	return made.State, err
}

func sameOrder(a, b *paymentproto.StandingOrder) bool {
	a, b = proto.CloneOf(a), proto.CloneOf(b)
	for _, o := range []*paymentproto.StandingOrder{a, b} {
		o.State, o.NextDate, o.Tries, o.Paid, o.Failed, o.CreatedMs, o.UpdatedMs = 0, "", 0, 0, 0, 0, 0
	}
	return proto.Equal(a, b)
}

// ListStandingOrders is an account's standing orders, those that ended included.
func (h *Handler) ListStandingOrders(
	ctx context.Context, req *paymentproto.ListStandingOrdersRequest,
) (*paymentproto.ListStandingOrdersResponse, error) {
	if req.GetAccountId() == "" {
		return nil, errs.MissingParam("account_id")
	}
	orders, err := h.store.OrdersOf(ctx, req.GetAccountId(), ordersMax)
	return &paymentproto.ListStandingOrdersResponse{Orders: orders}, err
}

// changeTries is more often than an order is changed at once.
const changeTries = 5

// CancelStandingOrder ends a standing order: no try that has not begun is made any more.
func (h *Handler) CancelStandingOrder(
	ctx context.Context, req *paymentproto.CancelStandingOrderRequest,
) (*paymentproto.CancelStandingOrderResponse, error) {
	if req.GetOrderId() == "" {
		return nil, errs.MissingParam("order_id")
	}
	for range changeTries {
		o, found, err := h.store.Orders.Find(ctx, req.GetOrderId())
		switch {
		case err != nil:
			return nil, err
		case !found:
			return nil, errs.Missing("standing_order")
		case o.State.GetState() != paymentproto.OrderState_ORDER_STATE_ACTIVE:
			return &paymentproto.CancelStandingOrderResponse{Order: o.State}, nil
		}
		next := proto.CloneOf(o.State)
		next.State, next.NextDate = paymentproto.OrderState_ORDER_STATE_CANCELLED, ""
		next.UpdatedMs = h.clock.Now().UnixMilli()
		if _, err := h.store.Orders.Change(ctx, o, next); err != nil {
			return nil, err
		}
	}
	return nil, errs.New(errs.Conflict, "The standing order is being changed")
}
