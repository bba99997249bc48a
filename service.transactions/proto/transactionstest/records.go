// Package transactionstest is a small service.transactions for the tests of its callers: it keeps what is recorded.
package transactionstest

import (
	"context"
	"maps"
	"sync"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	transactionsproto "farthing/service.transactions/proto"
)

// Records is what was recorded. Its zero value is ready.
type Records struct {
	transactionsproto.UnimplementedTransactionsServer

	mu     sync.Mutex // Guards newest.
	newest map[string]*transactionsproto.RecordRequest
}

// Service is service.transactions, on these records.
func (r *Records) Service() foundation.Service {
	return foundation.Service{Name: "service.transactions", Register: func(env *foundation.Env) error {
		transactionsproto.RegisterTransactionsServer(env.GRPC, r)
		return nil
	}}
}

// Record keeps the newest version of each transaction.
func (r *Records) Record(
	_ context.Context, req *transactionsproto.RecordRequest,
) (*transactionsproto.RecordResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.newest == nil {
		r.newest = make(map[string]*transactionsproto.RecordRequest)
	}
	if r.newest[req.GetTransactionId()].GetVersion() < req.GetVersion() {
		r.newest[req.GetTransactionId()] = req
	}
	return &transactionsproto.RecordResponse{}, nil
}

// Get is a transaction that was recorded.
func (r *Records) Get(
	_ context.Context, req *transactionsproto.GetRequest,
) (*transactionsproto.GetResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, ok := r.newest[req.GetTransactionId()]
	if !ok {
		return nil, errs.Missing("transaction")
	}
	return &transactionsproto.GetResponse{Transaction: &transactionsproto.Transaction{
		Id: t.GetTransactionId(), AccountId: t.GetAccountId(), Status: t.GetStatus(), Amount: t.GetAmount(),
	}}, nil
}

// Lose has a transaction never have been recorded.
func (r *Records) Lose(transactionID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.newest, transactionID)
}

// All is each transaction, by id, in its newest version, as it is kept: a change to one is a change of the records.
func (r *Records) All() map[string]*transactionsproto.RecordRequest {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.newest)
}
