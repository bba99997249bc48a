package door

import (
	"fmt"
	"strings"
	"time"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/service.auth/logic"
	"farthing/service.auth/pages"
)

// wish is what a program wants, and whose program it is.
type wish struct {
	asked  logic.Asked // As it came: a form carries it on.
	client logic.Client
	may    logic.Authorisation
}

// wish is what a request asks for. Unless all of it is right there is an answer instead: a page, as long as it is not
// known that the program is who is to be told, and after that a redirect to it.
func (d *Door) wish(req edge.Request) (wish, *edge.Response) {
	w, err := d.whose(req)
	if err != nil {
		rsp := edge.Error(err)
		return wish{}, &rsp
	}
	may, fault := w.client.Authorise(w.asked)
	if fault != nil {
		rsp := edge.Redirect(may.Refused(d.URL, *fault))
		return wish{}, &rsp
	}
	w.may = may
	return w, nil
}

// whose is a wish of which it is known whose it is, and that its answer goes there.
func (d *Door) whose(req edge.Request) (wish, error) {
	form := req.Form()
	asked := logic.AskedBy(form.String)
	if err := form.Err(); err != nil {
		return wish{}, err
	}
	if asked.ClientID == "" {
		return wish{}, errs.MissingParam("client_id")
	}
	client, err := d.client(req, asked.ClientID)
	if err != nil {
		return wish{}, err
	}
	if !client.Redirects(asked.RedirectURI) {
		return wish{}, errs.BadParam("redirect_uri", "must be, letter by letter, one that the program has registered")
	}
	return wish{asked: asked, client: client}, nil
}

// client is a client that there must be: bad_request.bad_param.client_id if there is not.
func (d *Door) client(req edge.Request, clientID string) (logic.Client, error) {
	unknown := errs.BadParam("client_id", "must be the id of a program that is registered")
	if !logic.IsClientID(clientID) {
		return logic.Client{}, unknown
	}
	client, found, err := d.Clients.Find(req.Context(), clientID)
	switch {
	case err != nil:
		return logic.Client{}, fmt.Errorf("finding the program: %w", err)
	case !found:
		return logic.Client{}, unknown
	}
	return client, nil
}

// showEmail answers an authorisation request: it asks who is there. Whoever comes with none is told how to log in.
func (d *Door) showEmail(req edge.Request) edge.Response {
	if req.Query() == "" {
		return shown(d.pages.Welcome())
	}
	w, answer := d.wish(req)
	if answer != nil {
		return *answer
	}
	return d.emailPage(w, d.browserOrNew(req), "")
}

// emailPage asks who is there, and says what was wrong with the answer before.
func (d *Door) emailPage(w wish, browser, fault string) edge.Response {
	fields := []pages.Field{{Name: tokenField, Value: tokenOf(browser, w.about())}}
	for _, each := range w.asked.Params() {
		fields = append(fields, pages.Field(each))
	}
	rsp := shown(d.pages.Email(pages.Email{Client: w.client.Name, Fault: fault, Fields: fields}))
	return d.withBrowser(rsp, browser)
}

// about is what the form is about that asks who is there.
func (w wish) about() string { return "email " + w.client.ID }

// takeEmail sends a link to whoever is there, if that is a customer. It answers the same if not, and as soon.
func (d *Door) takeEmail(req edge.Request) edge.Response {
	w, answer := d.wish(req)
	if answer != nil {
		return *answer
	}
	if err := d.checkForm(req, w.about()); err != nil {
		return edge.Error(err)
	}
	email := strings.TrimSpace(req.Form().String("email"))
	if err := logic.CheckEmail(email); err != nil {
		rsp := d.emailPage(w, d.browser(req), "That is not an e-mail address.")
		rsp.Err = err
		return rsp
	}
	if err := d.count(req, asksForLink, email); err != nil {
		return edge.Error(err)
	}
	err := d.Postman.Take(Letter{Email: email, Client: w.client.Name, Asked: w.may, Browser: d.browser(req)})
	if err != nil {
		return edge.Error(err)
	}
	return shown(d.pages.Sent(pages.Sent{Minutes: int(logic.LinkLifetime / time.Minute)}))
}
