// Package signupproto is what service.signup answers, to its peers and to operators.
package signupproto

import (
	"slices"
	"strings"

	customerproto "farthing/service.customer/proto"
)

// SignUpsPath is where the admin door takes and lists applications. An id may follow, and then what is decided.
const SignUpsPath = "/sign-ups"

// ReasonEmailTaken is why an application was refused whose address is a customer's. Only operators and the customer may
// learn so.
const ReasonEmailTaken = "email_taken"

// What follows the id.
const (
	ApprovalPath = "/approval"
	RefusalPath  = "/refusal"
)

// Applying is what operators send to apply for somebody.
type Applying struct {
	DedupeID  string   `json:"dedupe_id"`
	Name      string   `json:"preferred_name"`
	FirstName string   `json:"preferred_first_name,omitempty"` // The first word of the name if it is left out.
	Email     string   `json:"email"`
	Born      string   `json:"date_of_birth"` // As 1990-12-31.
	Lines     []string `json:"address_lines"`
	City      string   `json:"city"`
	Postcode  string   `json:"postcode"`
	Country   string   `json:"country"`
}

// Person is who applies.
func (a Applying) Person() *Person {
	return &Person{
		PreferredName: a.Name, PreferredFirstName: a.FirstName, Email: a.Email, DateOfBirth: a.Born,
		Address: &customerproto.Address{Lines: a.Lines, City: a.City, Postcode: a.Postcode, Country: a.Country},
	}
}

// Deciding is what operators send to decide an application in review.
type Deciding struct {
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// View is an application as operators see it. What is personal is empty once the person was forgotten.
type View struct {
	ID        string `json:"id"`
	State     string `json:"state"` // "applied", "checking", "review", "approved", "opened" or "refused".
	Reason    string `json:"reason"`
	Name      string `json:"preferred_name"`
	Email     string `json:"email"`
	Born      string `json:"date_of_birth"`
	Address   string `json:"address"` // On one line.
	UserID    string `json:"user_id"`
	AccountID string `json:"account_id"`
	CardID    string `json:"card_id"`
	CreatedMs int64  `json:"created_ms"`
	UpdatedMs int64  `json:"updated_ms"`

	Changes []ChangeView `json:"changes,omitempty"` // Oldest first; only of one application.
}

// ChangeView is a state that an application was in, and since when.
type ChangeView struct {
	State  string `json:"state"`
	Reason string `json:"reason"`
	By     string `json:"by,omitempty"`   // The operator who decided so.
	Said   string `json:"said,omitempty"` // What the operator said.
	AtMs   int64  `json:"at_ms"`
}

// ViewOf is an application as operators see it.
func ViewOf(a *Application, changes ...*Change) View {
	address := a.GetPerson().GetAddress()
	parts := slices.Concat(
		address.GetLines(), []string{address.GetCity(), address.GetPostcode(), address.GetCountry()})
	view := View{
		ID: a.GetId(), State: Word(a.GetState()), Reason: a.GetReason(), Name: a.GetPerson().GetPreferredName(),
		Email: a.GetPerson().GetEmail(), Born: a.GetPerson().GetDateOfBirth(),
		Address: strings.Trim(strings.Join(parts, ", "), ", "), UserID: a.GetUserId(), AccountID: a.GetAccountId(),
		CardID: a.GetCardId(), CreatedMs: a.GetCreatedMs(), UpdatedMs: a.GetUpdatedMs(),
	}
	for _, change := range changes {
		view.Changes = append(view.Changes, ChangeView{
			State: Word(change.GetState()), Reason: change.GetReason(), By: change.GetSaid().GetBy(),
			Said: change.GetSaid().GetReason(), AtMs: change.GetAtMs(),
		})
	}
	return view
}

const statePrefix = "STATE_"

// Word is a state in a word, "review"; empty for none.
func Word(s State) string {
	if s == State_STATE_UNSPECIFIED {
		return ""
	}
	return strings.ToLower(strings.TrimPrefix(State_name[int32(s)], statePrefix))
}

// StateOf is the state that a word stands for; STATE_UNSPECIFIED if it stands for none.
func StateOf(word string) State { return State(State_value[statePrefix+strings.ToUpper(word)]) }
