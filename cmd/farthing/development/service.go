// Package development makes customers for a bank in development: by the thousand to measure it with, or one at a time
// for a story.
package development

import (
	"net/http"
	"strconv"

	"google.golang.org/grpc"

	"farthing/cmd/farthing/newcomer"
	"farthing/pkg/errs"
	"farthing/pkg/foundation"
)

// Where the admin door makes customers.
const (
	CustomersPath = "/development/customers"
	PersonPath    = "/development/person"
)

// Service makes customers on a bank's admin door:
//
//	POST /development/customers?count=1000&batch=NAME  →  Customers
//	POST /development/person?name=NAME&minor=50000     →  Person, with so many pence
//
// A repeat of a name answers the same ones; a person's token is another one each time.
var Service = foundation.Service{Name: "service.development", Register: register}

func register(env *foundation.Env) error {
	made, err := newClients(newcomer.Insistent(
		func(_, callee string) (grpc.ClientConnInterface, error) { return env.Dial(callee) },
	))
	if err != nil {
		return err
	}
	env.Operate("POST "+CustomersPath, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		cards, err := made.answerBatch(req)
		foundation.Reply(w, Customers{cards}, err)
	}))
	env.Operate("POST "+PersonPath, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		person, err := made.answerPerson(req)
		foundation.Reply(w, person, err)
	}))
	return nil
}

// Customers is a batch of customers: their cards.
type Customers struct {
	Cards []string `json:"cards"`
}

const (
	customersMax = 100_000
	nameMax      = 64
	batchMax     = 32
)

func (c *clients) answerBatch(req *http.Request) ([]string, error) {
	count, err := strconv.Atoi(req.FormValue("count"))
	batch := req.FormValue("batch")
	switch {
	case err != nil || count < 1 || count > customersMax:
		return nil, errs.BadParam("count", "must be a whole number from 1 to "+strconv.Itoa(customersMax))
	case batch == "" || len(batch) > batchMax:
		return nil, errs.BadParam("batch", "must have 1 to "+strconv.Itoa(batchMax)+" characters")
	}
	return c.makeCustomers(req.Context(), batch, count)
}

func (c *clients) answerPerson(req *http.Request) (Person, error) {
	minor, err := strconv.ParseInt(req.FormValue("minor"), 10, 64)
	name := req.FormValue("name")
	switch {
	case err != nil || minor < 0:
		return Person{}, errs.BadParam("minor", "must be a whole number of pence, zero or more")
	case name == "" || len(name) > nameMax:
		return Person{}, errs.BadParam("name", "must have 1 to "+strconv.Itoa(nameMax)+" characters")
	}
	return c.makePerson(req.Context(), name, minor)
}
