package door

import (
	"fmt"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/service.auth/logic"
	"farthing/service.auth/pages"
)

// Parameters of a link and of what follows it.
const (
	loginParam = "login"
	keyParam   = "key"
)

// linkOf is the link that a login's user is sent.
func linkOf(doorURL, loginID, key string) string {
	return doorURL + locationOf(linkPath, loginParam, loginID, keyParam, key)
}

// login is the login that a request is about: not_found.login if there is none.
func (d *Door) login(req edge.Request) (logic.Login, error) {
	form := req.Form()
	loginID := form.String(loginParam)
	if err := form.Err(); err != nil {
		return logic.Login{}, err
	}
	if !logic.IsLoginID(loginID) {
		return logic.Login{}, logic.ErrNoLogin()
	}
	login, found, err := d.Logins.Find(req.Context(), loginID)
	if err == nil && !found {
		err = logic.ErrNoLogin()
	}
	return login, err
}

// followed is the login whose link was followed, if it may be used.
func (d *Door) followed(req edge.Request) (logic.Login, error) {
	login, err := d.login(req)
	if err != nil {
		return logic.Login{}, err
	}
	if err := login.CheckLink(req.Form().String(keyParam), d.browser(req), d.Clock.Now()); err != nil {
		d.Metrics.links.WithLabelValues(lastWord(err)).Inc()
		return logic.Login{}, err
	}
	return login, nil
}

// showLink asks to go on. It does not use the link up: programs that look at mails follow links, too.
func (d *Door) showLink(req edge.Request) edge.Response {
	login, err := d.followed(req)
	if err != nil {
		return edge.Error(err)
	}
	client, err := d.client(req, login.Asked.Client)
	if err != nil {
		return edge.Error(err)
	}
	return shown(d.pages.Link(pages.Link{Client: client.Name, Fields: []pages.Field{
		{Name: tokenField, Value: tokenOf(d.browser(req), "link "+login.ID)},
		{Name: loginParam, Value: login.ID},
		{Name: keyParam, Value: req.Form().String(keyParam)},
	}}))
}

// takeLink uses a link up: who is there is the user.
func (d *Door) takeLink(req edge.Request) edge.Response {
	login, err := d.followed(req)
	if err != nil {
		return edge.Error(err)
	}
	if err := d.checkForm(req, "link "+login.ID); err != nil {
		return edge.Error(err)
	}
	moved, err := d.Logins.Move(req.Context(), login, login.At(logic.Opened, d.Clock.Now()))
	if err == nil && !moved {
		err = logic.ErrLinkUsed()
	}
	if err != nil {
		return edge.Error(fmt.Errorf("using a link: %w", err))
	}
	d.Metrics.links.WithLabelValues("opened").Inc()
	return edge.Redirect(locationOf(consentPath, loginParam, login.ID))
}

// lastWord is the end of an error's code, fit for a metric's label: "link_used".
func lastWord(err error) string {
	code := errs.Of(err).Code
	for i := len(code) - 1; i >= 0; i-- {
		if code[i] == '.' {
			return code[i+1:]
		}
	}
	return code
}
