package handler

import (
	"context"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/foundation"
	balanceproto "farthing/service.balance/proto"
	customerproto "farthing/service.customer/proto"
	potproto "farthing/service.pot/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// peers are whom service.webhook asks. They know one of everything.
func peers() []foundation.Service {
	return []foundation.Service{
		{Name: "service.transactions", Register: func(env *foundation.Env) error {
			transactionsproto.RegisterTransactionsServer(env.GRPC, transactions{})
			return nil
		}},
		{Name: "service.balance", Register: func(env *foundation.Env) error {
			balanceproto.RegisterBalanceServer(env.GRPC, balances{})
			return nil
		}},
		{Name: "service.pot", Register: func(env *foundation.Env) error {
			potproto.RegisterPotsServer(env.GRPC, pots{})
			return nil
		}},
		{Name: "service.customer", Register: func(env *foundation.Env) error {
			customerproto.RegisterCustomersServer(env.GRPC, customers{})
			return nil
		}},
	}
}

type transactions struct {
	transactionsproto.UnimplementedTransactionsServer
}

// Get shows a transaction as it is by now: settled, with a name, and what the client itself has noted.
func (transactions) Get(
	_ context.Context, req *transactionsproto.GetRequest,
) (*transactionsproto.GetResponse, error) {
	return &transactionsproto.GetResponse{Transaction: &transactionsproto.Transaction{
		Id: req.GetTransactionId(), Descriptor_: "PRET A MANGER 1234", Status: transactionsproto.Status_STATUS_SETTLED,
		Counterparty: &transactionsproto.Counterparty{Name: "Grace Hopper"}, Notes: "of " + req.GetClientId(),
		Metadata: map[string]string{"client": req.GetClientId()},
	}}, nil
}

type balances struct {
	balanceproto.UnimplementedBalanceServer
}

func (balances) GetBalance(
	context.Context, *balanceproto.GetBalanceRequest,
) (*balanceproto.GetBalanceResponse, error) {
	return &balanceproto.GetBalanceResponse{Available: pence(100_00), SpendToday: pence(-3_50)}, nil
}

type pots struct {
	potproto.UnimplementedPotsServer
}

func holiday(potID string) *potproto.Pot {
	return &potproto.Pot{Id: potID, CurrentAccountId: account, Name: "Lisbon", Balance: pence(20_00)}
}

func (pots) Get(_ context.Context, req *potproto.GetRequest) (*potproto.GetResponse, error) {
	return &potproto.GetResponse{Pot: holiday(req.GetPotId())}, nil
}

func (pots) List(context.Context, *potproto.ListRequest) (*potproto.ListResponse, error) {
	return &potproto.ListResponse{Pots: []*potproto.Pot{holiday("pot_1")}}, nil
}

type customers struct {
	customerproto.UnimplementedCustomersServer
}

func (customers) Get(_ context.Context, req *customerproto.GetRequest) (*customerproto.GetResponse, error) {
	return &customerproto.GetResponse{Customer: proto.CloneOf(&customerproto.Customer{
		Id: req.GetUserId(), PreferredName: "Ada Osborne",
	})}, nil
}
