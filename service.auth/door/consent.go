package door

import (
	"fmt"
	"net/url"
	"strings"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/service.auth/logic"
	"farthing/service.auth/pages"
)

// opened is the login whose user is there, and the client that waits.
func (d *Door) opened(req edge.Request) (logic.Login, logic.Client, error) {
	login, err := d.login(req)
	if err == nil {
		err = login.CheckOpen(d.browser(req), d.Clock.Now())
	}
	if err != nil {
		return logic.Login{}, logic.Client{}, err
	}
	client, err := d.client(req, login.Asked.Client)
	return login, client, err
}

// showConsent asks what the client may have.
func (d *Door) showConsent(req edge.Request) edge.Response {
	login, client, err := d.opened(req)
	if err != nil {
		return edge.Error(err)
	}
	page := pages.Consent{
		Client: client.Name, FirstParty: client.FirstParty, Back: shownTo(login.Asked.RedirectURI),
		Fields: []pages.Field{
			{Name: tokenField, Value: tokenOf(d.browser(req), "consent "+login.ID)},
			{Name: loginParam, Value: login.ID},
		},
	}
	for _, scope := range login.Asked.Scopes {
		page.May = append(page.May, pages.Words(scope))
	}
	// Browsers apply the policy to where a form's answer redirects, too.
	return shown(d.pages.Consent(page)).WithHeader(policyHeader, policy(sourceOf(login.Asked.RedirectURI)))
}

// shownTo is a redirect URI as a person may recognise it: its host, or the scheme of a program on the device.
func shownTo(redirectURI string) string {
	parsed, err := url.Parse(redirectURI)
	switch {
	case err != nil:
		return ""
	case parsed.Host != "":
		return parsed.Host
	default:
		return parsed.Scheme
	}
}

// sourceOf is a redirect URI as a policy names it: its origin, or where a policy has no word for that, its scheme.
func sourceOf(redirectURI string) string {
	parsed, err := url.Parse(redirectURI)
	switch {
	case err != nil:
		return ""
	case parsed.Host == "", strings.HasPrefix(parsed.Host, "["):
		return parsed.Scheme + ":"
	default:
		return parsed.Scheme + "://" + parsed.Host
	}
}

// takeConsent takes the user's answer and sends the browser back to the client with it.
func (d *Door) takeConsent(req edge.Request) edge.Response {
	login, _, err := d.opened(req)
	if err != nil {
		return edge.Error(err)
	}
	if err := d.checkForm(req, "consent "+login.ID); err != nil {
		return edge.Error(err)
	}
	switch req.Form().String("answer") {
	case "approve":
		return d.approve(req, login)
	case "refuse":
		return d.deny(req, login)
	default:
		return edge.Error(errs.BadParam("answer", "must be approve or refuse"))
	}
}

// approve gives the client a code. Nobody has been told it when the answer is written down, and of two answers one is.
func (d *Door) approve(req edge.Request, login logic.Login) edge.Response {
	code := logic.NewSecret(logic.CodePrefix)
	given := logic.NewCode(login.Asked, login.User, d.IDs.New("fam"), d.Clock.Now())
	if err := d.Codes.Insert(req.Context(), logic.Hash(code), given); err != nil {
		return edge.Error(err)
	}
	return d.answer(req, login, logic.Approved, "approved", login.Asked.Approved(d.URL, code))
}

func (d *Door) deny(req edge.Request, login logic.Login) edge.Response {
	return d.answer(req, login, logic.Refused, "refused", login.Asked.Refused(d.URL, logic.ErrDenied()))
}

func (d *Door) answer(req edge.Request, login logic.Login, step logic.Step, what, location string) edge.Response {
	moved, err := d.Logins.Move(req.Context(), login, login.At(step, d.Clock.Now()))
	if err == nil && !moved {
		err = logic.ErrAnswered()
	}
	if err != nil {
		return edge.Error(fmt.Errorf("taking an answer: %w", err))
	}
	d.Metrics.answers.WithLabelValues(what).Inc()
	return edge.Redirect(location)
}
