package handler

import (
	"context"
	"crypto/sha256"
	"fmt"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/pkg/id"
	moneyproto "farthing/pkg/money/proto"
	accountproto "farthing/service.account/proto"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.pot/logic"
	potproto "farthing/service.pot/proto"
)

const (
	textMax     = 50 // Characters of a name and of a style.
	dedupeIDMax = 64
	listMax     = 100
	// changeTries is more than there are moves of one pot at once: each time that a change loses another has won.
	changeTries = 100
)

// Create makes a pot. A repeat of a current account's dedupe_id goes on where the first call stopped, and answers the
// same pot.
func (h *Handler) Create(ctx context.Context, req *potproto.CreateRequest) (*potproto.CreateResponse, error) {
	if err := checkCreate(req); err != nil {
		return nil, err
	}
	found, err := h.accounts.Get(ctx, &accountproto.GetRequest{AccountId: req.GetCurrentAccountId()})
	if err != nil {
		return nil, fmt.Errorf("looking for the current account: %w", err)
	}
	request := sha256.Sum256(fmt.Appendf(nil, "%q %q %d", req.GetName(), req.GetStyle(), req.GetGoalMinor()))
	potID, err := h.pots.Begin(ctx, req.GetCurrentAccountId(), req.GetDedupeId(), h.ids.New("pot"), request[:])
	if err != nil {
		return nil, err
	}
	pot, err := h.open(ctx, logic.Pot{
		ID: potID, User: found.GetAccount().GetUserId(), Account: req.GetCurrentAccountId(),
		Currency: found.GetAccount().GetCurrency(), Name: req.GetName(), Style: req.GetStyle(), Goal: req.GetGoalMinor(),
	})
	if err != nil {
		return nil, fmt.Errorf("making a pot: %w", err)
	}
	shown, err := h.show(ctx, pot)
	return &potproto.CreateResponse{Pot: shown}, err
}

// open does what is not done yet. The pot itself is written last, so that nobody ever sees one without a ledger.
func (h *Handler) open(ctx context.Context, asked logic.Pot) (logic.Pot, error) {
	if there, found, err := h.pots.Find(ctx, asked.ID); err != nil || found {
		return there, err
	}
	created, err := id.Time("pot_id", "pot", asked.ID)
	if err != nil {
		return logic.Pot{}, err
	}
	asked.Created, asked.Updated, asked.Ledger = created, created, logic.LedgerOf(asked.ID, created)
	_, err = h.balance.Open(ctx, &balanceproto.OpenRequest{AccountId: asked.Ledger, Currency: asked.Currency})
	if err != nil {
		return logic.Pot{}, fmt.Errorf("opening its ledger: %w", err)
	}
	return h.insert(ctx, asked)
}

func checkCreate(req *potproto.CreateRequest) error {
	switch {
	case req.GetDedupeId() == "":
		return errs.MissingParam("dedupe_id")
	case len(req.GetDedupeId()) > dedupeIDMax:
		return errs.BadParam("dedupe_id", "must be at most 64 bytes")
	}
	if err := checkLooks(req.GetName(), req.GetStyle(), req.GetGoalMinor()); err != nil {
		return err
	}
	return id.Check("current_account_id", "acc", req.GetCurrentAccountId())
}

func checkLooks(name, style string, goalMinor int64) error {
	switch {
	case name == "":
		return errs.MissingParam("name")
	case goalMinor < 0:
		return errs.BadParam("goal_amount", "must not be negative")
	}
	if err := edge.Text("name", name, textMax); err != nil {
		return err
	}
	return edge.Text("style", style, textMax)
}

// Get is one pot with its balance: not_found.pot if there is none.
func (h *Handler) Get(ctx context.Context, req *potproto.GetRequest) (*potproto.GetResponse, error) {
	pot, err := h.find(ctx, req.GetPotId())
	if err != nil {
		return nil, err
	}
	shown, err := h.show(ctx, pot)
	return &potproto.GetResponse{Pot: shown}, err
}

func (h *Handler) find(ctx context.Context, potID string) (logic.Pot, error) {
	if err := id.Check("pot_id", "pot", potID); err != nil {
		return logic.Pot{}, err
	}
	pot, found, err := h.pots.Find(ctx, potID)
	if err == nil && !found {
		err = errs.Missing("pot")
	}
	return pot, err
}

// List is the pots of a current account, oldest first and deleted ones included.
func (h *Handler) List(ctx context.Context, req *potproto.ListRequest) (*potproto.ListResponse, error) {
	if err := id.Check("current_account_id", "acc", req.GetCurrentAccountId()); err != nil {
		return nil, err
	}
	pots, err := h.pots.List(ctx, req.GetCurrentAccountId(), listMax)
	if err != nil {
		return nil, err
	}
	rsp := &potproto.ListResponse{}
	for _, pot := range pots {
		shown, err := h.show(ctx, pot)
		if err != nil {
			return nil, err
		}
		rsp.Pots = append(rsp.Pots, shown)
	}
	return rsp, nil
}

// Update changes how a pot is called, looks, or what it is for. What is absent stays; a repeat changes nothing.
func (h *Handler) Update(ctx context.Context, req *potproto.UpdateRequest) (*potproto.UpdateResponse, error) {
	pot, err := h.change(ctx, req.GetPotId(), func(p *logic.Pot) error {
		if req.Name != nil {
			p.Name = req.GetName()
		}
		if req.Style != nil {
			p.Style = req.GetStyle()
		}
		if req.GoalMinor != nil {
			p.Goal = req.GetGoalMinor()
		}
		if err := checkLooks(p.Name, p.Style, p.Goal); err != nil {
			return err
		}
		return p.CheckOpen()
	})
	if err != nil {
		return nil, err
	}
	shown, err := h.show(ctx, pot)
	return &potproto.UpdateResponse{Pot: shown}, err
}

// change changes a pot, again if somebody else has done so meanwhile.
func (h *Handler) change(ctx context.Context, potID string, by func(*logic.Pot) error) (logic.Pot, error) {
	for range changeTries {
		was, err := h.find(ctx, potID)
		if err != nil {
			return logic.Pot{}, err
		}
		next := was
		if err := by(&next); err != nil || next == was {
			return next, err
		}
		next.Updated = h.clock.Now()
		if changed, err := h.replace(ctx, was, next); err != nil || changed {
			return next, err
		}
	}
	return logic.Pot{}, errs.New(errs.Unavailable, "The pot is being changed")
}

// show is a pot with what is in it.
func (h *Handler) show(ctx context.Context, p logic.Pot) (*potproto.Pot, error) {
	has, err := h.balance.GetBalance(ctx, &balanceproto.GetBalanceRequest{AccountId: p.Ledger})
	if err != nil {
		return nil, fmt.Errorf("reading what is in a pot: %w", err)
	}
	return potProto(p, has.GetAvailable()), nil
}

func potProto(p logic.Pot, balance *moneyproto.Money) *potproto.Pot {
	return &potproto.Pot{
		Id: p.ID, UserId: p.User, CurrentAccountId: p.Account, LedgerAccountId: p.Ledger, Name: p.Name, Style: p.Style,
		Balance: balance, GoalMinor: p.Goal, CreatedMs: p.Created.UnixMilli(), UpdatedMs: p.Updated.UnixMilli(),
		Deleted: p.Deleted,
	}
}
