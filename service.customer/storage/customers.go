package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/seal"
	"farthing/pkg/seal/datakeys"
	"farthing/pkg/store"
	"farthing/service.customer/logic"
)

// customerRow is a customer. Every personal field is sealed under the customer's own key, and bound to its name.
type customerRow struct {
	Customer           string    `store:"1,partition"`
	CreatedAt          time.Time `store:"2"`
	PreferredName      []byte    `store:"3"`
	PreferredFirstName []byte    `store:"4"`
	Email              []byte    `store:"5"`
	DateOfBirth        []byte    `store:"6"`
	Address            []byte    `store:"7"` // JSON.
}

var (
	customersTable = store.ConditionalTable[customerRow]("customers")
	dataKeysTable  = datakeys.Table("data_keys")
)

// Customers is the customers of the bank.
type Customers struct {
	ring      *seal.Keyring
	creations store.Conditional[creationRow]
	emails    store.Conditional[emailRow]
	fills     store.Conditional[fillRow]
	customers store.Conditional[customerRow]
	keys      *datakeys.Keys
}

// New is the customers in a keyspace, under a ring: it wraps their data keys, and indexes their addresses.
func New(k *store.Keyspace, ring *seal.Keyring) *Customers {
	return &Customers{
		ring, creationsTable.On(k), emailsTable.On(k), fillsTable.On(k), customersTable.On(k),
		datakeys.New(dataKeysTable, k, ring),
	}
}

// Destroy forgets a customer, as datakeys.Keys.Destroy, and so frees the email address. Repeating it is harmless.
func (s *Customers) Destroy(ctx context.Context, customer string) error {
	return s.keys.Destroy(ctx, customer)
}

// Insert writes a customer, unless there is one with this id already, and answers the one that there is and whether
// it is new: not_found.customer if that one's data were destroyed.
func (s *Customers) Insert(ctx context.Context, c logic.Customer) (logic.Customer, bool, error) {
	key, err := s.keys.Ensure(ctx, c.ID)
	if err != nil {
		return logic.Customer{}, false, err
	}
	row, err := sealed(c, key)
	if err != nil {
		return logic.Customer{}, false, err
	}
	first, isNew, err := s.customers.InsertOrFind(ctx, row)
	switch {
	case err != nil:
		return logic.Customer{}, false, fmt.Errorf("inserting %s: %w", c.ID, err)
	case isNew:
		return c, true, nil
	}
	there, err := opened(first, c.ID, key)
	return there, false, err
}

// Get is one customer: not_found.customer if there is none, or if the data were destroyed.
func (s *Customers) Get(ctx context.Context, customer string) (logic.Customer, error) {
	row, found, err := s.customers.In(customer).Find(ctx, store.Recent) // It never changes once it is there.
	switch {
	case err != nil:
		return logic.Customer{}, fmt.Errorf("reading %s: %w", customer, err)
	case !found:
		return logic.Customer{}, errs.Missing("customer")
	}
	key, err := s.keys.Key(ctx, customer)
	if err != nil {
		return logic.Customer{}, err
	}
	return opened(row, customer, key)
}

// place binds a sealed value to its column, so that it opens in no other.
func place(column string) []byte { return []byte("customer." + column) }

func sealed(c logic.Customer, key *seal.DataKey) (customerRow, error) {
	address, err := json.Marshal(c.Details.Address)
	if err != nil {
		return customerRow{}, fmt.Errorf("marshalling an address: %w", err)
	}
	in := func(column, value string) []byte { return key.Seal([]byte(value), place(column)) }
	return customerRow{
		Customer:           c.ID,
		CreatedAt:          c.Created,
		PreferredName:      in("preferred_name", c.Details.PreferredName),
		PreferredFirstName: in("preferred_first_name", c.Details.PreferredFirstName),
		Email:              in("email", c.Details.Email),
		DateOfBirth:        in("date_of_birth", c.Details.DateOfBirth),
		Address:            in("address", string(address)),
	}, nil
}

func opened(row customerRow, id string, key *seal.DataKey) (logic.Customer, error) {
	c := logic.Customer{ID: id, Created: row.CreatedAt}
	var address string
	for _, each := range []struct {
		column string
		value  []byte
		into   *string
	}{
		{"preferred_name", row.PreferredName, &c.Details.PreferredName},
		{"preferred_first_name", row.PreferredFirstName, &c.Details.PreferredFirstName},
		{"email", row.Email, &c.Details.Email},
		{"date_of_birth", row.DateOfBirth, &c.Details.DateOfBirth},
		{"address", row.Address, &address},
	} {
		plain, err := key.Open(each.value, place(each.column))
		if err != nil {
			return logic.Customer{}, fmt.Errorf("opening the %s of %s: %w", each.column, id, err)
		}
		*each.into = string(plain)
	}
	if err := json.Unmarshal([]byte(address), &c.Details.Address); err != nil {
		// The decoder's own words may quote what it reads.
		return logic.Customer{}, errs.Newf(errs.Internal, "the address of %s is not what was stored", id)
	}
	return c, nil
}
