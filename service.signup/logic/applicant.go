package logic

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"farthing/pkg/errs"
	signupproto "farthing/service.signup/proto"
)

const (
	ageMin  = 18    // Years: an account takes a contract.
	country = "GBR" // Where the bank opens accounts.
)

// postcode is the form of a British one: its area, district, sector and unit.
var postcode = regexp.MustCompile(`^(?i:[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2})$`)

// CheckApplicant fails with bad_request, naming the field and the rule and never the value, on a person who may be a
// customer but not have an account. Who may be a customer service.customer knows: what it refuses, such as a date that
// is none, passes here. Ages are counted on the day of now in UTC.
func CheckApplicant(p *signupproto.Person, now time.Time) error {
	today := now.UTC().Truncate(24 * time.Hour)
	born, err := time.Parse(time.DateOnly, p.GetDateOfBirth())
	address := p.GetAddress()
	switch {
	case err == nil && born.Before(today) && born.AddDate(ageMin, 0, 0).After(today):
		return errs.BadParam("date_of_birth", fmt.Sprintf("must be of somebody at least %d years old", ageMin))
	case address.GetCountry() != "" && address.GetCountry() != country:
		return errs.BadParam("address.country", "must be GBR: accounts are for people who live in the United Kingdom")
	case address.GetCountry() == country && address.GetPostcode() == "":
		return errs.MissingParam("address.postcode")
	case address.GetCountry() == country && !postcode.MatchString(address.GetPostcode()):
		return errs.BadParam("address.postcode", "must be a postcode such as EC1A 1BB")
	}
	return nil
}

// FirstName is what somebody of this name is called for short, if they do not say: the first word.
func FirstName(name string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(name), " ")
	return first
}
