package handler

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"farthing/pkg/audit"
	"farthing/pkg/errs"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.pot/logic"
	transactionsproto "farthing/service.transactions/proto"
)

// The walk goes over the moves, then over the pots: a pot may have very many moves, and its sum needs no look at each.
// A place says in which of the two it is.
const (
	ofMoves = "moves/"
	ofPots  = "pots/"
)

// audit compares some moves with the ledger's transfers and with what the customer sees, or some pots with their
// ledgers. It may go on while they change. It counts pots.
func (h *Handler) audit(ctx context.Context, w audit.Window) (audit.Page, error) {
	page, next, err := audit.InTurn(ctx, w,
		audit.Part[audit.Page]{Name: ofMoves, Walk: h.auditMoves}, audit.Part[audit.Page]{Name: ofPots, Walk: h.auditPots})
	page.Next = next
	return page, err
}

func (h *Handler) auditMoves(ctx context.Context, w audit.Window) (page audit.Page, next string, err error) {
	moves, next, err := h.pots.WalkMoves(ctx, w.After, w.Limit)
	if err != nil {
		return audit.Page{}, "", err
	}
	for _, each := range moves {
		pot, m := each.Pot, each.Move
		fault, err := h.contradiction(ctx, pot, m)
		if err != nil {
			return audit.Page{}, "", err
		}
		if fault.Rule == "" {
			continue
		}
		now, _, err := h.pots.FindMove(ctx, pot, m.DedupeID)
		if err != nil {
			return audit.Page{}, "", err
		}
		if now.Outcome == m.Outcome { // Otherwise it has ended meanwhile.
			fault.Pot = pot.ID
			page.Faults = append(page.Faults, fault)
		}
	}
	return page, next, nil
}

// contradiction is the first thing in which others do not agree with a move, without a rule if they all do.
func (h *Handler) contradiction(ctx context.Context, p logic.Pot, m logic.Move) (audit.Fault, error) {
	made, err := balanceproto.FindTransfer(ctx, h.balance, m.ID())
	if err != nil {
		return audit.Fault{}, err
	}
	if detail := logic.MovedOtherwise(p, m, made); detail != "" {
		return audit.Fault{Journal: made.GetJournalId(), Rule: "move", Detail: m.ID() + ": " + detail}, nil
	}
	shown, err := transactionsproto.Find(ctx, h.transactions, m.TransactionID())
	if err != nil {
		return audit.Fault{}, err
	}
	if detail := logic.ShownOtherwise(p, m, shown); detail != "" {
		return audit.Fault{Transaction: m.TransactionID(), Rule: "transaction", Detail: m.ID() + ": " + detail}, nil
	}
	return audit.Fault{}, nil
}

func (h *Handler) auditPots(ctx context.Context, w audit.Window) (page audit.Page, next string, err error) {
	pots, next, err := h.pots.Walk(ctx, w.After, w.Limit)
	if err != nil {
		return audit.Page{}, "", err
	}
	for _, pot := range pots {
		page.Checked++
		fault, err := h.shortfall(ctx, pot)
		if err != nil {
			return audit.Page{}, "", err
		}
		if fault.Rule != "" {
			fault.Pot = pot.ID
			page.Faults = append(page.Faults, fault)
		}
	}
	return page, next, nil
}

// shortfall is in what a pot's ledger has not what its moves come to, or has something though the pot was deleted. It
// is none while moves come and end.
func (h *Handler) shortfall(ctx context.Context, p logic.Pot) (audit.Fault, error) {
	before, err := h.movesOf(ctx, p)
	if err != nil {
		return audit.Fault{}, err
	}
	has, err := h.balance.GetBalance(ctx, &balanceproto.GetBalanceRequest{AccountId: p.Ledger})
	if err != nil && !errs.Is(err, errs.NotFound) {
		return audit.Fault{}, fmt.Errorf("reading what is in a pot: %w", err)
	}
	fault := audit.Fault{Account: p.Ledger}
	must, posted := logic.Sum(before.moves, before.posted), has.GetPosted().GetMinor()
	emptied := p.Deleted && h.clock.Now().Sub(p.Updated) > leftBehind && len(before.open()) == 0
	switch {
	case err != nil:
		fault.Rule, fault.Detail = "pot", "the ledger does not know it"
	case posted != must:
		fault.Rule = "pot"
		fault.Detail = fmt.Sprintf("its moves come to %d minor units, and the ledger has %d", must, posted)
	case posted != 0 && emptied:
		fault.Rule, fault.Detail = "pot", fmt.Sprintf("it is deleted, and has %d minor units", posted)
	default:
		return audit.Fault{}, nil
	}
	after, err := h.movesOf(ctx, p)
	if err != nil || !before.rests(after) {
		return audit.Fault{}, err
	}
	return fault, nil
}

// past is all moves of a pot, and which of those that have not ended are posted, or about to be.
type past struct {
	moves         []logic.Move
	posted, going map[string]bool
}

func (h *Handler) movesOf(ctx context.Context, p logic.Pot) (past, error) {
	moves, err := h.pots.Moves(ctx, p)
	if err != nil {
		return past{}, err
	}
	found := past{moves, make(map[string]bool), make(map[string]bool)}
	for _, m := range found.open() {
		made, err := balanceproto.FindTransfer(ctx, h.balance, m.ID())
		if err != nil {
			return past{}, err
		}
		found.posted[m.DedupeID] = made.GetState() == balanceproto.TransferState_TRANSFER_STATE_POSTED
		if made.GetState() == balanceproto.TransferState_TRANSFER_STATE_OPEN {
			found.going[m.DedupeID] = true
		}
	}
	return found, nil
}

func (f past) open() []logic.Move {
	return slices.DeleteFunc(slices.Clone(f.moves), func(m logic.Move) bool { return m.Outcome != logic.Open })
}

// rests tells whether nothing has moved since, and nothing is about to.
func (f past) rests(later past) bool {
	return len(f.going) == 0 && slices.Equal(f.moves, later.moves) && maps.Equal(f.posted, later.posted) &&
		len(later.going) == 0
}
