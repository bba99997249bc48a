package logic

import (
	"strings"

	signupproto "farthing/service.signup/proto"
)

// News is what became of an application, in a word.
type News string

// What there may be to tell.
const (
	NoNews         News = ""
	AccountOpened  News = "opened"
	AccountRefused News = "refused"
	InReview       News = "review"
	IsCustomer     News = "customer" // The address is a customer's already.
)

// NewsOf is what became of an application that came to rest; NoNews of one that has not.
func NewsOf(a *signupproto.Application) News {
	switch a.GetState() {
	case signupproto.State_STATE_OPENED:
		return AccountOpened
	case signupproto.State_STATE_REVIEW:
		return InReview
	case signupproto.State_STATE_REFUSED:
		if a.GetReason() == signupproto.ReasonEmailTaken {
			return IsCustomer
		}
		return AccountRefused
	case signupproto.State_STATE_UNSPECIFIED, signupproto.State_STATE_APPLIED, signupproto.State_STATE_CHECKING,
		signupproto.State_STATE_APPROVED:
	}
	return NoNews
}

// Letter is a mail that tells the news to whoever has the mailbox: its subject and its text. Whoever applied may have
// written another one's address, and anything into the form: so nothing of what they wrote is in it.
func (n News) Letter(doorURL string) (subject, text string) {
	switch n {
	case AccountOpened:
		subject, text = "Your account is open", openedText
	case InReview:
		subject, text = "We need a little longer", reviewText
	case AccountRefused:
		subject, text = "Your application", refusedText
	case IsCustomer:
		subject, text = "You already bank here", customerText
	case NoNews:
	}
	return subject, strings.ReplaceAll(text, doorMark, doorURL+"/")
}

// doorMark stands in a text where the login door's address is to be.
const doorMark = "DOOR"

const openedText = `Hello,

you have an account with Farthing now, and a card that works. To log in,
begin here:

DOOR

There is no password: each time, we send a link to this address. If it was
not you who applied, please answer this mail.

Farthing
`

const reviewText = `Hello,

thank you for applying for an account with Farthing. One of us has to look at
your application, which takes some days. You need do nothing: we write again
as soon as we know.

Farthing
`

const refusedText = `Hello,

thank you for applying for an account with Farthing. We are sorry: we cannot
open one for you. We may not say more about it in a mail. If you would like us
to look again, please answer this one.

Farthing
`

const customerText = `Hello,

somebody, most likely you, has applied for an account with this address. You
are a customer already, so there is nothing to open. To log in, begin here:

DOOR

If it was not you, do nothing: whoever it was was not told that you bank here.

Farthing
`
