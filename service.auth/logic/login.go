package logic

import (
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/id"
)

// Login is one attempt of a user to log in and to answer what a client asks for. It goes from step to step, each once,
// and only in the browser in which it began.
type Login struct {
	ID          string // login_…
	User        string
	Asked       Authorisation
	LinkHash    []byte
	BrowserHash []byte
	Step        Step
	Until       time.Time // When the step's time is over.
}

// LoginPrefix begins the ids of logins.
const LoginPrefix = "login"

// IsLoginID tells whether a text could be a login's id.
func IsLoginID(text string) bool { return id.Check("login", LoginPrefix, text) == nil }

// Step is how far a login has come. The numbers are stored.
type Step int64

// The steps.
const (
	Mailed   Step = 1 // The user has a link.
	Opened   Step = 2 // The link was used: who is there is the user.
	Approved Step = 3
	Refused  Step = 4
)

const (
	// LinkLifetime is how long a link may be used.
	LinkLifetime = 15 * time.Minute
	// openLifetime is how long the user may think: whoever comes after five minutes may be somebody else.
	openLifetime = 5 * time.Minute
)

// NewLogin is a login whose link is on its way.
func NewLogin(loginID, user string, asked Authorisation, link, browser string, now time.Time) Login {
	return Login{
		ID: loginID, User: user, Asked: asked, LinkHash: Hash(link), BrowserHash: Hash(browser), Step: Mailed,
		Until: now.Add(LinkLifetime),
	}
}

// At is the login at its next step.
func (l Login) At(step Step, now time.Time) Login {
	l.Step, l.Until = step, now.Add(openLifetime)
	return l
}

// CheckLink is nil if the link is the login's, for the first time, within its time and in its browser. What it says
// of a login it says only to who has the link.
func (l Login) CheckLink(link, browser string, now time.Time) error {
	switch {
	case !Matches(l.LinkHash, link):
		return ErrNoLogin()
	case !Matches(l.BrowserHash, browser):
		return errs.New(errs.Forbidden+".other_browser", "The link must be opened in the browser in which it was asked for")
	case l.Step != Mailed:
		return ErrLinkUsed()
	case !now.Before(l.Until):
		return errs.New(errs.PreconditionFailed+".link_expired", "The link is too old")
	}
	return nil
}

// CheckOpen is nil while the user, in this browser, may approve or refuse.
func (l Login) CheckOpen(browser string, now time.Time) error {
	switch {
	case !Matches(l.BrowserHash, browser), l.Step == Mailed:
		return ErrNoLogin()
	case l.Step != Opened:
		return ErrAnswered()
	case !now.Before(l.Until):
		return errs.New(errs.PreconditionFailed+".login_expired", "The login is too old")
	}
	return nil
}

// ErrNoLogin is the answer to a login that there is not, or not for whoever asks.
func ErrNoLogin() error { return errs.Missing("login") }

// ErrLinkUsed is the answer to a link that was used before.
func ErrLinkUsed() error {
	return errs.New(errs.PreconditionFailed+".link_used", "The link was used before")
}

// ErrAnswered is the answer to a login whose user has approved or refused already.
func ErrAnswered() error {
	return errs.New(errs.PreconditionFailed+".answered", "It was answered before")
}
