package handler

import (
	"context"
	"net/http"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/edge/edgetest"
	"farthing/pkg/errs"
	potproto "farthing/service.pot/proto"
)

type fakePots struct {
	potproto.PotsClient
	b *bank
}

// changed is a pot that a request changed, or what kept it from that.
func (f fakePots) changed(req proto.Message, potID string, by func(*potproto.Pot)) (*potproto.Pot, error) {
	found, err := find(f.b, "pot", f.b.pots, (*potproto.Pot).GetId, potID)
	if err == nil {
		f.b.changes = append(f.b.changes, req)
		by(found)
	}
	return found, err
}

func (f fakePots) Get(
	_ context.Context, req *potproto.GetRequest, _ ...grpc.CallOption,
) (*potproto.GetResponse, error) {
	found, err := find(f.b, "pot", f.b.pots, (*potproto.Pot).GetId, req.GetPotId())
	return &potproto.GetResponse{Pot: found}, err
}

func (f fakePots) List(
	_ context.Context, req *potproto.ListRequest, _ ...grpc.CallOption,
) (*potproto.ListResponse, error) {
	rsp := &potproto.ListResponse{}
	for _, each := range f.b.pots {
		if each.GetCurrentAccountId() == req.GetCurrentAccountId() {
			rsp.Pots = append(rsp.Pots, each)
		}
	}
	return rsp, f.b.fails["pot"]
}

func (f fakePots) Create(
	_ context.Context, req *potproto.CreateRequest, _ ...grpc.CallOption,
) (*potproto.CreateResponse, error) {
	f.b.changes = append(f.b.changes, req)
	made := &potproto.Pot{
		Id: idOf("pot", req.GetName(), noon), CurrentAccountId: req.GetCurrentAccountId(), Name: req.GetName(),
		Style: req.GetStyle(), GoalMinor: req.GetGoalMinor(), Balance: pence(0),
	}
	f.b.pots = append(f.b.pots, made)
	return &potproto.CreateResponse{Pot: made}, nil
}

func (f fakePots) Update(
	_ context.Context, req *potproto.UpdateRequest, _ ...grpc.CallOption,
) (*potproto.UpdateResponse, error) {
	pot, err := f.changed(req, req.GetPotId(), func(p *potproto.Pot) {
		if req.Name != nil {
			p.Name = req.GetName()
		}
		if req.GoalMinor != nil {
			p.GoalMinor = req.GetGoalMinor()
		}
	})
	return &potproto.UpdateResponse{Pot: pot}, err
}

func (f fakePots) Deposit(
	_ context.Context, req *potproto.DepositRequest, _ ...grpc.CallOption,
) (*potproto.DepositResponse, error) {
	if req.GetAmount().GetMinor() > 1_000_00 {
		return nil, errs.New(errs.PreconditionFailed+".insufficient_funds", "There is not enough money")
	}
	pot, err := f.changed(req, req.GetPotId(), func(p *potproto.Pot) { p.Balance.Minor += req.GetAmount().GetMinor() })
	return &potproto.DepositResponse{Pot: pot}, err
}

func (f fakePots) Withdraw(
	_ context.Context, req *potproto.WithdrawRequest, _ ...grpc.CallOption,
) (*potproto.WithdrawResponse, error) {
	pot, err := f.changed(req, req.GetPotId(), func(p *potproto.Pot) { p.Balance.Minor -= req.GetAmount().GetMinor() })
	return &potproto.WithdrawResponse{Pot: pot}, err
}

func (f fakePots) Delete(
	_ context.Context, req *potproto.DeleteRequest, _ ...grpc.CallOption,
) (*potproto.DeleteResponse, error) {
	pot, err := f.changed(req, req.GetPotId(), func(p *potproto.Pot) { p.Deleted, p.Balance = true, pence(0) })
	return &potproto.DeleteResponse{Pot: pot}, err
}

// potsOfAlice are one with a goal, and one that is deleted.
func potsOfAlice() []*potproto.Pot {
	return []*potproto.Pot{
		{
			Id: idOf("pot", "lisbon", noon), UserId: alice, CurrentAccountId: alicesAcc,
			LedgerAccountId: idOf("acc", "lisbon", noon), Name: "Lisbon", Style: "beach_ball", Balance: pence(20_00),
			GoalMinor: 500_00, CreatedMs: noon.UnixMilli(), UpdatedMs: noon.UnixMilli() + 40,
		},
		{
			Id: idOf("pot", "bike", noon), UserId: alice, CurrentAccountId: alicesAcc,
			LedgerAccountId: idOf("acc", "bike", noon), Name: "Bike", Balance: pence(0), CreatedMs: noon.UnixMilli(),
			UpdatedMs: noon.UnixMilli(), Deleted: true,
		},
	}
}

// saving is the API of a bank in which Alice has pots, as she sees it.
func saving(t *testing.T) (*bank, *edgetest.Door) {
	t.Helper()
	b := newBank()
	b.pots = potsOfAlice()
	return b, b.serve(t).As("alice")
}

func TestPotsHaveTheExactShapeOfThePublicAPI(t *testing.T) {
	_, door := saving(t)
	for _, path := range []string{"/pots?current_account_id=" + alicesAcc, "/pots", "/pots/listV1/"} {
		wantGolden(t, "pots.json", door.Get(path))
	}
	wantGolden(t, "pot.json", door.Get("/pots/"+idOf("pot", "lisbon", noon)))
}

func TestWithoutARetailAccountThePotsNeedToBeAskedForByAccount(t *testing.T) {
	b, door := saving(t)
	b.accounts[0].Type = "uk_business"
	door.Get("/pots").Refused(http.StatusBadRequest, "bad_request.missing_param.current_account_id")
}

func TestTheTotalBalanceIsThatOfTheAccountAndAllItsPots(t *testing.T) {
	_, door := saving(t)
	var got struct {
		Balance int64
		Total   int64 `json:"total_balance"`
		Savings int64 `json:"balance_including_flexible_savings"`
	}
	door.Get("/balance?account_id=" + alicesAcc).Into(&got)
	if got.Balance != 123_456 || got.Total != 125_456 || got.Savings != got.Total {
		t.Errorf("got %+v", got)
	}
}

// pot is what these tests look at.
type pot struct {
	ID, Name string
	Balance  int64
	Deleted  bool
	Goal     int64 `json:"goal_amount"`
}

func TestAPotIsMadeFilledEmptiedChangedAndDeleted(t *testing.T) {
	b, door := saving(t)
	var got pot
	door.Form("PUT", "/pots", "current_account_id="+alicesAcc+"&name=Sofa&goal_amount=900&dedupe_id=1").Into(&got)
	made := got.ID
	saved := func(name string, minor, goal int64) pot { return pot{made, name, minor, false, goal} }
	if got != saved("Sofa", 0, 900) {
		t.Fatalf("made is %+v", got)
	}
	account := `"` + alicesAcc + `"`
	for _, c := range []struct {
		method, path, json string
		want               pot
	}{
		{"PUT", "/deposit", `{"source_account_id":` + account + `,"amount":"700","dedupe_id":"1"}`, saved("Sofa", 700, 900)},
		{
			"PUT", "/withdraw", `{"destination_account_id":` + account + `,"amount":200,"dedupe_id":"2"}`,
			saved("Sofa", 500, 900),
		},
		{"PATCH", "", `{"name":"Couch"}`, saved("Couch", 500, 900)},
		{"PATCH", "", `{"goal_amount":0}`, saved("Couch", 500, 0)},
		{"DELETE", "", ``, pot{Name: "Couch", Deleted: true}},
	} {
		var got pot
		door.JSON(c.method, "/pots/"+made+c.path, c.json).Into(&got)
		if c.want.ID = made; got != c.want {
			t.Errorf("after %s %s %s it is %+v, want %+v", c.method, c.path, c.json, got, c.want)
		}
	}
	if len(b.changes) != 6 {
		t.Errorf("changed were %v", b.changes)
	}
	door.Form("PUT", "/pots/"+b.pots[0].GetId()+"/deposit", "source_account_id="+alicesAcc+"&amount=100001&dedupe_id=3").
		Refused(http.StatusPreconditionFailed, "precondition_failed.insufficient_funds")
}

func badPots(pot string) []badly {
	return []badly{
		{"PUT", "/pots", `{"name":"Sofa","dedupe_id":"1"}`, "missing_param.current_account_id"},
		{"PUT", "/pots", `{"current_account_id":"` + alicesAcc + `","dedupe_id":"1"}`, "missing_param.name"},
		{"PUT", "/pots", `{"current_account_id":"` + alicesAcc + `","name":"Sofa"}`, "missing_param.dedupe_id"},
		{"PATCH", pot, `{"goal_amount":"much"}`, "bad_param.goal_amount"},
		{"PUT", pot + "/deposit", `{"amount":1,"dedupe_id":"1"}`, "missing_param.source_account_id"},
		{"PUT", pot + "/deposit", `{"source_account_id":"x","dedupe_id":"1"}`, "missing_param.amount"},
		{"PUT", pot + "/deposit", `{"source_account_id":"x","amount":0,"dedupe_id":"1"}`, "bad_param.amount"},
		{"PUT", pot + "/deposit", `{"source_account_id":"x","amount":1.5,"dedupe_id":"1"}`, "bad_param.amount"},
		{"PUT", pot + "/withdraw", `{"destination_account_id":"x","amount":-1,"dedupe_id":"1"}`, "bad_param.amount"},
		{"PUT", pot + "/withdraw", `{"destination_account_id":"x","amount":1}`, "missing_param.dedupe_id"},
		{"PUT", pot + "/withdraw", `{"amount":1,"dedupe_id":"1"}`, "missing_param.destination_account_id"},
	}
}
