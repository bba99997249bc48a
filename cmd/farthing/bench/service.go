// Package bench measures a bank: swipes through the card edge, and how soon they reach the feed and the phone.
package bench

import (
	"encoding/json"
	"net/http"
	"strconv"

	"google.golang.org/grpc"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
)

// customersPath makes customers to swipe with.
const customersPath = "/development/customers"

// Service lets a bank in development make customers by the thousand, on its admin door:
//
//	POST /development/customers?count=1000&batch=NAME  →  {"cards":["card_…", …]}
//
// A repeat of a batch's name answers the same cards.
var Service = foundation.Service{Name: "service.development", Register: register}

func register(env *foundation.Env) error {
	made, err := newClients(func(_, callee string) (grpc.ClientConnInterface, error) { return env.Dial(callee) })
	if err != nil {
		return err
	}
	env.Operate("POST "+customersPath, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		cards, err := made.answer(req)
		if err != nil {
			coded := errs.Of(err)
			http.Error(w, coded.Message, coded.HTTPStatus())
			return
		}
		_ = json.NewEncoder(w).Encode(customers{cards}) // A client that has gone away reads no error either.
	}))
	return nil
}

// customers is the answer.
type customers struct {
	Cards []string `json:"cards"`
}

func (c *clients) answer(req *http.Request) ([]string, error) {
	count, err := strconv.Atoi(req.FormValue("count"))
	batch := req.FormValue("batch")
	switch {
	case err != nil || count < 1 || count > customersMax:
		return nil, errs.BadParam("count", "must be a whole number from 1 to "+strconv.Itoa(customersMax))
	case batch == "" || len(batch) > batchNameMax:
		return nil, errs.BadParam("batch", "must have 1 to "+strconv.Itoa(batchNameMax)+" characters")
	}
	return c.makeCustomers(req.Context(), batch, count)
}
