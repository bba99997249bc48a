package logic

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"farthing/pkg/errs"
)

// Limits of the fields, in characters.
const (
	nameMax     = 100
	linesMax    = 5
	lineMax     = 100
	postcodeMax = 12
)

// Who may be a customer, in years.
const (
	ageMin = 16
	ageMax = 130
)

// Check fails with bad_request, naming the first field that breaks a rule, and the rule, and never the value. Ages are
// counted on the day of now in UTC.
func (d Details) Check(now time.Time) error {
	for _, each := range []struct{ field, value string }{
		{"preferred_name", d.PreferredName},
		{"preferred_first_name", d.PreferredFirstName},
	} {
		if err := checkLine(each.field, each.value, nameMax); err != nil {
			return err
		}
	}
	if err := CheckEmail("email", d.Email); err != nil {
		return err
	}
	if err := checkBirth("date_of_birth", d.DateOfBirth, now); err != nil {
		return err
	}
	return d.Address.check()
}

func (a Address) check() error {
	switch n := len(a.Lines); {
	case n == 0:
		return errs.MissingParam("address.lines")
	case n > linesMax:
		return errs.BadParam("address.lines", fmt.Sprintf("must be at most %d", linesMax))
	}
	for _, line := range a.Lines {
		if err := checkLine("address.lines", line, lineMax); err != nil {
			return err
		}
	}
	if err := checkLine("address.city", a.City, lineMax); err != nil {
		return err
	}
	if a.Postcode != "" {
		if err := checkLine("address.postcode", a.Postcode, postcodeMax); err != nil {
			return err
		}
	}
	return checkCountry("address.country", a.Country)
}

// checkLine takes a line of text as people write it: no more than so many characters, all of them to be seen.
func checkLine(field, value string, charactersMax int) error {
	switch {
	case value == "":
		return errs.MissingParam(field)
	case utf8.RuneCountInString(value) > charactersMax:
		return errs.BadParam(field, fmt.Sprintf("must be at most %d characters", charactersMax))
	case !utf8.ValidString(value) || strings.ContainsFunc(value, invisible):
		return errs.BadParam(field, "must have no control characters")
	case strings.TrimSpace(value) != value:
		return errs.BadParam(field, "must not begin or end with a space")
	}
	return nil
}

// invisible is what changes how a line looks without being seen: control characters, separators of lines, and the
// marks that turn the direction of text. The joiners stay: some scripts cannot be written without them.
func invisible(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) ||
		unicode.Is(unicode.Cf, r) && r != nonJoiner && r != joiner
}

func checkBirth(field, value string, now time.Time) error {
	if value == "" {
		return errs.MissingParam(field)
	}
	born, err := time.Parse(time.DateOnly, value)
	today := now.UTC().Truncate(24 * time.Hour)
	switch {
	case err != nil:
		return errs.BadParam(field, "must be a date such as 1990-12-31")
	case !born.Before(today):
		return errs.BadParam(field, "must be in the past")
	case born.AddDate(ageMin, 0, 0).After(today):
		return errs.BadParam(field, fmt.Sprintf("must be of somebody at least %d years old", ageMin))
	case !born.AddDate(ageMax, 0, 0).After(today):
		return errs.BadParam(field, fmt.Sprintf("must be of somebody under %d years old", ageMax))
	}
	return nil
}
