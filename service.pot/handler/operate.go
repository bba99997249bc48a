package handler

import (
	"encoding/json"
	"net/http"

	"farthing/pkg/audit"
	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	moneyproto "farthing/pkg/money/proto"
	potproto "farthing/service.pot/proto"
)

const bodyMax = 16 << 10

// operate answers operators, each but the first with the pot as it then is (potproto.View):
//
//	GET    /pots?current_account_id=acc_…    all of an account's
//	POST   /pots                             potproto.Making
//	PUT    /pots/{id}/deposit                potproto.Moving
//	PUT    /pots/{id}/withdraw               potproto.Moving
//	DELETE /pots/{id}
//
// and GET /audit/pots?after=PLACE&limit=100 with an audit.Page: some moves or pots, compared with ledger and
// transactions.
func (h *Handler) operate(env *foundation.Env) {
	const one = potproto.PotsPath + "/{id}"
	env.Operate("GET "+potproto.AuditPotsPath, audit.Pages(h.audit))
	env.Operate("GET "+potproto.PotsPath, http.HandlerFunc(h.operateList))
	env.Operate("POST "+potproto.PotsPath, h.operation(h.operateCreate))
	env.Operate("PUT "+one+potproto.DepositPath, h.operation(func(req *http.Request) (*potproto.Pot, error) {
		account, amount, dedupeID, err := h.movingOf(req)
		if err != nil {
			return nil, err
		}
		rsp, err := h.Deposit(req.Context(), &potproto.DepositRequest{
			PotId: req.PathValue("id"), SourceAccountId: account, Amount: amount, DedupeId: dedupeID,
		})
		return rsp.GetPot(), err
	}))
	env.Operate("PUT "+one+potproto.WithdrawPath, h.operation(func(req *http.Request) (*potproto.Pot, error) {
		account, amount, dedupeID, err := h.movingOf(req)
		if err != nil {
			return nil, err
		}
		rsp, err := h.Withdraw(req.Context(), &potproto.WithdrawRequest{
			PotId: req.PathValue("id"), DestinationAccountId: account, Amount: amount, DedupeId: dedupeID,
		})
		return rsp.GetPot(), err
	}))
	env.Operate("DELETE "+one, h.operation(func(req *http.Request) (*potproto.Pot, error) {
		rsp, err := h.Delete(req.Context(), &potproto.DeleteRequest{PotId: req.PathValue("id")})
		return rsp.GetPot(), err
	}))
}

func (h *Handler) operation(do func(*http.Request) (*potproto.Pot, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		pot, err := do(req)
		foundation.Reply(w, potproto.ViewOf(pot), err)
	})
}

func (h *Handler) operateList(w http.ResponseWriter, req *http.Request) {
	rsp, err := h.List(req.Context(), &potproto.ListRequest{CurrentAccountId: req.FormValue("current_account_id")})
	views := make([]potproto.View, len(rsp.GetPots()))
	for i, pot := range rsp.GetPots() {
		views[i] = potproto.ViewOf(pot)
	}
	foundation.Reply(w, map[string]any{"pots": views}, err)
}

func (h *Handler) operateCreate(req *http.Request) (*potproto.Pot, error) {
	var sent potproto.Making
	if err := decode(req, &sent); err != nil {
		return nil, err
	}
	rsp, err := h.Create(req.Context(), &potproto.CreateRequest{
		CurrentAccountId: sent.CurrentAccountID, Name: sent.Name, Style: sent.Style, GoalMinor: sent.Goal,
		DedupeId: sent.DedupeID,
	})
	return rsp.GetPot(), err
}

// movingOf is what operators want to move: always between the pot and its own current account.
func (h *Handler) movingOf(req *http.Request) (account string, _ *moneyproto.Money, dedupeID string, _ error) {
	var sent potproto.Moving
	if err := decode(req, &sent); err != nil {
		return "", nil, "", err
	}
	pot, err := h.find(req.Context(), req.PathValue("id"))
	return pot.Account, moneyOf(sent.Amount, pot.Currency), sent.DedupeID, err
}

func decode(req *http.Request, into any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(nil, req.Body, bodyMax))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return errs.New(errs.BadRequest+".bad_body", "The body is not what was expected").Because(err)
	}
	return nil
}
