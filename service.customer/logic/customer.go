// Package logic is what a customer is, and what a customer's data must look like.
package logic

import "time"

// Customer is a person, as the person said.
type Customer struct {
	ID      string // user_…
	Details Details
	Created time.Time
}

// Details are a customer's personal data. They are never logged; a faulty one is named by its field and rule.
type Details struct {
	PreferredName      string
	PreferredFirstName string
	Email              string
	DateOfBirth        string // As 1990-12-31.
	Address            Address
}

// Address is where a customer lives.
type Address struct {
	Lines    []string `json:"lines"` // 1 to 5.
	City     string   `json:"city"`
	Postcode string   `json:"postcode"` // Empty where there are none.
	Country  string   `json:"country"`  // ISO 3166 alpha-3.
}

// GoString keeps a person out of whatever is printed with %#v or %+v of something around it.
func (d Details) GoString() string { return "logic.Details{…}" }

// String shows nothing of the person.
func (d Details) String() string { return "details of a customer" }
