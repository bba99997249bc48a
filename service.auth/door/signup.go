package door

import (
	"slices"
	"strings"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.auth/logic"
	"farthing/service.auth/pages"
	customerproto "farthing/service.customer/proto"
	signupproto "farthing/service.signup/proto"
)

const (
	// formParam carries on a form's own id, under which it counts once however often it is sent.
	formParam  = "form"
	formPrefix = "form"

	aboutSignUp = "sign-up "
	country     = "GBR" // Of every address: accounts are for people who live there.
)

// question is one of the sign-up form's.
type question struct {
	pages.Question
	field string // What service.signup calls it.
}

// questions are the sign-up form's, in its order. What an answer must be service.signup knows.
func questions() []question {
	ask := func(field, name, label, kind, autocomplete string, charactersMax int) question {
		return question{pages.Question{
			Name: name, Label: label, Type: kind, Autocomplete: autocomplete, Max: charactersMax,
		}, field}
	}
	optional := func(q question) question {
		q.Optional = true
		return q
	}
	const text = "text"
	return []question{
		ask("preferred_name", "name", "Your name", text, "name", 100),
		optional(ask("preferred_first_name", "first_name", "What we should call you", text, "given-name", 100)),
		ask("email", "email", "Your e-mail address", "email", "email", 254),
		ask("date_of_birth", "born", "Your date of birth", "date", "bday", 0),
		ask("address.lines", "line1", "Address", text, "address-line1", 100),
		optional(ask("address.lines", "line2", "Address, second line", text, "address-line2", 100)),
		ask("address.city", "city", "Town or city", text, "address-level2", 100),
		ask("address.postcode", "postcode", "Postcode", text, "postal-code", 12),
	}
}

// applying is a sign-up form that is being filled in.
type applying struct {
	form    string            // Its own id.
	answers map[string]string // By the name of the question.
}

// person is who applies.
func (a applying) person() *signupproto.Person {
	address := &customerproto.Address{City: a.answers["city"], Postcode: a.answers["postcode"], Country: country}
	for _, line := range []string{a.answers["line1"], a.answers["line2"]} {
		if line != "" {
			address.Lines = append(address.Lines, line)
		}
	}
	return &signupproto.Person{
		PreferredName: a.answers["name"], PreferredFirstName: a.answers["first_name"], Email: a.answers["email"],
		DateOfBirth: a.answers["born"], Address: address,
	}
}

// unanswered is the error about each question that must be answered and was not.
func (a applying) unanswered() []error {
	var faults []error
	for _, q := range questions() {
		if !q.Optional && a.answers[q.Name] == "" {
			faults = append(faults, errs.MissingParam(q.field))
		}
	}
	return faults
}

func (d *Door) newForm() string { return d.IDs.New(formPrefix) }

// showSignUp shows the form by which somebody applies for an account.
func (d *Door) showSignUp(req edge.Request) edge.Response {
	return d.signUpPage(req, applying{form: d.newForm()}, "")
}

// signUpPage asks who wants an account, with what was answered before and what was wrong with it.
func (d *Door) signUpPage(req edge.Request, a applying, fault string, faults ...error) edge.Response {
	browser := d.browserOrNew(req)
	page := pages.SignUp{Fault: fault, Fields: []pages.Field{
		{Name: tokenField, Value: tokenOf(browser, aboutSignUp+a.form)}, {Name: formParam, Value: a.form},
	}}
	wrong := make(map[string]string)
	for _, each := range faults {
		field, text := faultAt(each)
		wrong[field] = text
	}
	focused := false
	for _, q := range questions() {
		q.Answer, q.Fault = a.answers[q.Name], wrong[q.field]
		delete(wrong, q.field) // A fault stands beside the first question about its field.
		q.Focus = q.Fault != "" && !focused
		focused = focused || q.Focus
		page.Questions = append(page.Questions, q.Question)
	}
	rsp := shown(d.pages.SignUp(page))
	if len(faults) > 0 && rsp.Err == nil {
		rsp.Err = faults[0]
	}
	return d.withBrowser(rsp, browser)
}

// faultAt is the field of the form that an error is about, and what to say there; "" if it is about none.
func faultAt(err error) (field, text string) {
	coded := errs.Of(err)
	field = coded.Params["field"]
	asked := slices.ContainsFunc(questions(), func(q question) bool { return q.field == field })
	switch {
	case !asked || coded.Class() != errs.BadRequest:
		return "", ""
	case coded.Params["rule"] == "":
		return field, "Please fill this in."
	default:
		return field, "It " + coded.Params["rule"] + "."
	}
}

// takeSignUp takes an application. It says the same whatever becomes of it, and before anybody knows: that is for the
// applicant's mail to say.
func (d *Door) takeSignUp(req edge.Request) edge.Response {
	a, err := d.applying(req)
	if err != nil {
		return edge.Error(err)
	}
	faults := a.unanswered()
	if email := a.answers["email"]; email != "" {
		if err := logic.CheckEmail(email); err != nil {
			faults = append(faults, err)
		}
	}
	if len(faults) > 0 {
		return d.applyAgain(req, a, faults...)
	}
	if err := d.count(req, asksForAccount, a.answers["email"]); err != nil {
		return d.applyAgain(req, a, err)
	}
	_, err = d.SignUps.Apply(req.Context(), &signupproto.ApplyRequest{DedupeId: a.form, Person: a.person()})
	if err != nil {
		return d.applyAgain(req, a, err)
	}
	d.Metrics.applied.WithLabelValues("taken").Inc()
	return shown(d.pages.Applied())
}

// applying is the sign-up form that a request sends, which must be the door's own.
func (d *Door) applying(req edge.Request) (applying, error) {
	form := req.Form()
	a := applying{form.String(formParam), make(map[string]string)}
	for _, q := range questions() {
		a.answers[q.Name] = strings.TrimSpace(form.String(q.Name))
	}
	if err := form.Err(); err != nil {
		return applying{}, err
	}
	// Operators apply under ids of their own: no stranger's must be one of them.
	if id.Check(formParam, formPrefix, a.form) != nil {
		return applying{}, errNotOurForm()
	}
	return a, d.checkForm(req, aboutSignUp+a.form)
}

// applyAgain shows a form that was not taken, with what was typed and what to do about it.
func (d *Door) applyAgain(req edge.Request, a applying, faults ...error) edge.Response {
	const (
		lookAgain = "Some answers need another look."
		sentTwice = "This form was sent before, with other answers, and those count. To apply with these, send it once more."
		tooMany   = "That was too often. Send it again in ten minutes."
		notNow    = "We cannot take it at this moment. Send it again in a minute: it counts once."
	)
	outcome, fault := "refused", lookAgain
	switch err := faults[0]; {
	case errs.Is(err, errs.Conflict):
		a.form, fault = d.newForm(), sentTwice
	case errs.Is(err, errs.RateLimited):
		outcome, fault = "", tooMany // It was counted where it was found.
	default:
		if field, _ := faultAt(err); field == "" {
			outcome, fault = "failed", notNow
		}
	}
	if outcome != "" {
		d.Metrics.applied.WithLabelValues(outcome).Inc()
	}
	return d.signUpPage(req, a, fault, faults...)
}
