package door_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	"farthing/service.auth/door"
	"farthing/service.auth/door/doortest"
	customerproto "farthing/service.customer/proto"
	signupproto "farthing/service.signup/proto"
)

// signUps takes applications, as service.signup does.
type signUps struct {
	signupproto.SignUpsClient
	mu    sync.Mutex // Guards the rest.
	fails error
	came  []*signupproto.ApplyRequest
}

func (s *signUps) Apply(
	_ context.Context, req *signupproto.ApplyRequest, _ ...grpc.CallOption,
) (*signupproto.ApplyResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.came = append(s.came, req)
	return &signupproto.ApplyResponse{}, s.fails
}

// fail has applications fail from now on.
func (s *signUps) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = err
}

// taken is what came so far.
func (s *signUps) taken() []*signupproto.ApplyRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.came
}

const signUpPath = "/sign-up"

// grace fills in a sign-up form, changed by name, value, name, value.
func grace(changed ...string) []string {
	return append([]string{
		"name", "Grace Hopper", "first_name", "", "email", "grace@example.com", "born", "1986-12-09", "line1", "1 Navy Yard",
		"line2", "", "city", "London", "postcode", "SE1 2AA",
	}, changed...)
}

// input is what a browser shows of a field.
type input struct {
	value, fault     string
	required, focus  bool
	kind, autofilled string
}

// inputsOf is the fields of a page that are filled in, by their names.
func inputsOf(t *testing.T, p doortest.Page) map[string]input {
	t.Helper()
	tree, err := html.Parse(strings.NewReader(p.Text))
	if err != nil {
		t.Fatal(err)
	}
	inputs, described, texts := make(map[string]input), make(map[string]string), make(map[string]string)
	for node := range tree.Descendants() {
		attributes := make(map[string]string)
		for _, each := range node.Attr {
			attributes[each.Key] = each.Val
		}
		if id := attributes["id"]; id != "" && node.FirstChild != nil {
			texts[id] = node.FirstChild.Data
		}
		if node.Data != "input" || attributes["type"] == "hidden" {
			continue
		}
		_, required := attributes["required"]
		_, focus := attributes["autofocus"]
		inputs[attributes["name"]] = input{
			value: attributes["value"], required: required, focus: focus, kind: attributes["type"],
			autofilled: attributes["autocomplete"],
		}
		if attributes["aria-invalid"] == "true" {
			described[attributes["name"]] = attributes["aria-describedby"]
		}
	}
	for name, by := range described {
		with := inputs[name]
		with.fault = texts[by]
		inputs[name] = with
	}
	return inputs
}

// wantForm fails unless a page is the form again, with these faults by the names of their fields.
func wantForm(t *testing.T, p doortest.Page, status int, want map[string]string) {
	t.Helper()
	got := make(map[string]string)
	for name, each := range inputsOf(t, p) {
		if each.fault != "" {
			got[name] = each.fault
		}
	}
	if p.Status != status || p.Action != signUpPath || p.Location() != "" {
		t.Errorf("got %d %q, want %d and the form", p.Status, p.Title(), status)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSomebodyWhoIsNewAppliesForAnAccount(t *testing.T) {
	s := usual(t)
	b := s.browser()
	for _, from := range []string{authorise(s.client(nil)), "/"} {
		if page := b.Get(from); page.Status != http.StatusOK || !strings.Contains(page.Text, `href="`+signUpPath+`"`) {
			t.Errorf("%s is %d %q and does not lead there", from, page.Status, page.Title())
		}
	}
	form := b.Get(signUpPath)
	applied := b.Submit(form, grace("name", " Grace Hopper ", "line2", "Dock 2")...)
	if applied.Status != http.StatusOK || applied.Title() != "Look at your mail – Farthing" {
		t.Fatalf("got %d %q", applied.Status, applied.Title())
	}
	want := []*signupproto.ApplyRequest{{DedupeId: form.Hidden.Get("form"), Person: &signupproto.Person{
		PreferredName: "Grace Hopper", Email: "grace@example.com", DateOfBirth: "1986-12-09",
		Address: &customerproto.Address{
			Lines: []string{"1 Navy Yard", "Dock 2"}, City: "London", Postcode: "SE1 2AA", Country: "GBR",
		},
	}}}
	if diff := cmp.Diff(want, s.signUps.taken(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestBrowsersMayFillInWhatTheyKnow(t *testing.T) {
	s := usual(t)
	want := map[string]input{
		"name": {kind: "text", autofilled: "name", required: true}, "first_name": {kind: "text", autofilled: "given-name"},
		"email":    {kind: "email", autofilled: "email", required: true},
		"born":     {kind: "date", autofilled: "bday", required: true},
		"line1":    {kind: "text", autofilled: "address-line1", required: true},
		"line2":    {kind: "text", autofilled: "address-line2"},
		"city":     {kind: "text", autofilled: "address-level2", required: true},
		"postcode": {kind: "text", autofilled: "postal-code", required: true},
	}
	got := inputsOf(t, s.browser().Get(signUpPath+"?name=Mallory&email=mallory@example.com"))
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(input{})); diff != "" {
		t.Error(diff)
	}
}

func TestAFormThatIsSentTwiceIsOneApplicationAndTwoFormsAreTwo(t *testing.T) {
	s := usual(t)
	b := s.browser()
	one, two := b.Get(signUpPath), b.Get(signUpPath)
	first := b.Submit(one, grace()...)
	for _, again := range []doortest.Page{b.Submit(one, grace()...), b.Submit(two, grace()...)} {
		if again.Status != http.StatusOK || again.Text != first.Text {
			t.Errorf("it was answered %d %s", again.Status, again.Text)
		}
	}
	came := s.signUps.taken()
	if len(came) != 3 || came[0].GetDedupeId() != came[1].GetDedupeId() || came[1].GetDedupeId() == came[2].GetDedupeId() {
		t.Errorf("it applied as %v", came)
	}
}

func TestWhatIsRefusedStandsBesideItsFieldWithWhatWasTyped(t *testing.T) {
	for name, c := range map[string]struct {
		fault  error
		beside string
		says   string
	}{
		"a rule": {
			errs.BadParam("address.postcode", "must be a postcode such as EC1A 1BB"), "postcode",
			"It must be a postcode such as EC1A 1BB.",
		},
		"a rule of several fields": {errs.BadParam("address.lines", "must be at most 5"), "line1", "It must be at most 5."},
		"what lacks":               {errs.MissingParam("date_of_birth"), "born", "Please fill this in."},
	} {
		t.Run(name, func(t *testing.T) {
			s := usual(t)
			b := s.browser()
			s.signUps.fail(c.fault)
			page := b.Submit(b.Get(signUpPath), grace("name", `<b>"Grace"</b>`)...)
			wantForm(t, page, http.StatusBadRequest, map[string]string{c.beside: c.says})
			inputs := inputsOf(t, page)
			for i, sent := 0, grace(); i < len(sent); i += 2 {
				want := sent[i+1]
				if sent[i] == "name" {
					want = `<b>"Grace"</b>`
				}
				if got := inputs[sent[i]]; got.value != want || got.focus != (sent[i] == c.beside) {
					t.Errorf("%s shows %+v, want %q", sent[i], got, want)
				}
			}
			s.signUps.fail(nil)
			if again := b.Submit(page, grace()...); again.Status != http.StatusOK {
				t.Errorf("mended it was answered %d %q", again.Status, again.Title())
			}
		})
	}
}

func TestAllThatLacksIsNamedAtOnceAndNobodyIsAsked(t *testing.T) {
	s := usual(t)
	b := s.browser()
	const fillIn = "Please fill this in."
	wantForm(t, b.Submit(b.Get(signUpPath), "email", "grace", "name", "  "), http.StatusBadRequest, map[string]string{
		"name": fillIn, "born": fillIn, "line1": fillIn, "city": fillIn, "postcode": fillIn,
		"email": "It must be an e-mail address.",
	})
	if came := s.signUps.taken(); len(came) > 0 {
		t.Errorf("it applied as %v", came)
	}
}

func TestWhatCouldNotBeTakenMayBeSentAgainUnderTheSameID(t *testing.T) {
	for _, failure := range []error{
		errs.New(errs.Unavailable, "x"), errs.New(errs.OutcomeUnknown, "x"), errs.New(errs.Internal, "x"),
		errs.BadParam("address.country", "must be GBR"),
	} {
		s := usual(t)
		b := s.browser()
		form := b.Get(signUpPath)
		s.signUps.fail(failure)
		page := b.Submit(form, grace()...)
		wantForm(t, page, errs.Of(failure).HTTPStatus(), map[string]string{})
		if !strings.Contains(page.Text, "Send it again in a minute") || inputsOf(t, page)["city"].value != "London" {
			t.Errorf("after %v it says %s", failure, page.Text)
		}
		if page.Hidden.Get("form") != form.Hidden.Get("form") {
			t.Errorf("after %v it is another form", failure)
		}
	}
}

func TestAFormThatWasSentWithOtherAnswersBecomesANewOne(t *testing.T) {
	s := usual(t)
	b := s.browser()
	form := b.Get(signUpPath)
	s.signUps.fail(errs.New(errs.Conflict+".dedupe_id", "The dedupe_id was used with another request"))
	page := b.Submit(form, grace()...)
	wantForm(t, page, http.StatusConflict, map[string]string{})
	if page.Hidden.Get("form") == form.Hidden.Get("form") || !strings.Contains(page.Text, "sent before") {
		t.Errorf("it says %s", page.Text)
	}
	s.signUps.fail(nil)
	if again := b.Submit(page, grace()...); again.Status != http.StatusOK {
		t.Errorf("it was answered %d %q", again.Status, again.Title())
	}
}

func TestASignUpFormOfAnotherSiteIsRefused(t *testing.T) {
	s := usual(t)
	b, attacker := s.browser(), s.browser()
	form, other := b.Get(signUpPath), b.Get(signUpPath)
	with := func(change func(url.Values)) doortest.Page {
		hidden := without(form.Hidden, "")
		change(hidden)
		return doortest.Page{Action: signUpPath, Hidden: hidden}
	}
	for name, page := range map[string]doortest.Page{
		"another browser's":    attacker.Get(signUpPath),
		"without a token":      with(func(v url.Values) { v.Del("token") }),
		"another form's token": with(func(v url.Values) { v["token"] = other.Hidden["token"] }),
		"without an id":        with(func(v url.Values) { v.Del("form") }),
		"an operator's id":     with(func(v url.Values) { v.Set("form", "grace") }),
	} {
		t.Run(name, func(t *testing.T) {
			wantFault(t, b.Submit(page, grace()...), http.StatusForbidden, "This page is too old")
		})
	}
	wantFault(t, s.browser().Submit(form, grace()...), http.StatusForbidden, "This page is too old")
	if came := s.signUps.taken(); len(came) > 0 {
		t.Errorf("it applied as %v", came)
	}
}

func TestWhatIsNoSignUpFormIsNotTaken(t *testing.T) {
	s := usual(t)
	b := s.browser()
	form := b.Get(signUpPath)
	wantFault(t, b.Submit(form, grace("city", strings.Repeat("x", 20_000))...), http.StatusBadRequest,
		"We cannot read that")
	wantFault(t, b.Submit(form, grace("city", "\xff")...), http.StatusBadRequest, "We cannot read that")
	if came := s.signUps.taken(); len(came) > 0 {
		t.Errorf("it applied as %v", came)
	}
}

func TestWhoAppliesTooOftenIsToldSoAndMayStillLogIn(t *testing.T) {
	for name, c := range map[string]struct {
		limits door.Limits
		email  func(n int) string
	}{
		"one mailbox": {door.Limits{PerEmail: 3, PerAddress: 1000}, func(int) string { return ada }},
		"one household": {
			door.Limits{PerEmail: 1000, PerAddress: 3}, func(n int) string { return string(rune('a'+n)) + ada },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, c.limits)
			b := s.browser()
			for n := range 3 {
				if page := b.Submit(b.Get(signUpPath), grace("email", c.email(n))...); page.Status != http.StatusOK {
					t.Fatalf("got %d %q", page.Status, page.Title())
				}
			}
			page := b.Submit(b.Get(signUpPath), grace("email", strings.ToUpper(c.email(3)))...)
			wantForm(t, page, http.StatusTooManyRequests, map[string]string{})
			if page.Header.Get("Retry-After") == "" || !strings.Contains(page.Text, "too often") ||
				inputsOf(t, page)["city"].value != "London" {
				t.Errorf("it says %s", page.Text)
			}
			if asked := b.Ask(authorise(s.client(nil)), ada); asked.Status != http.StatusOK {
				t.Errorf("a link is answered %d %q", asked.Status, asked.Title())
			}
		})
	}
}

func TestNothingOfAnApplicantIsLoggedOrCounted(t *testing.T) {
	s := usual(t)
	b := s.browser()
	for _, failure := range []error{nil, errs.New(errs.Internal, "x"), errs.BadParam("email", "must be another one")} {
		s.signUps.fail(failure)
		b.Submit(b.Get(signUpPath), grace()...)
	}
	b.Submit(b.Get(signUpPath), grace("email", "grace")...)
	families, err := s.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := make(map[string]int)
	said := s.log.String()
	for _, family := range families {
		for _, each := range family.GetMetric() {
			said += each.String()
			counted[family.GetName()+" "+each.GetLabel()[0].GetValue()] = int(each.GetCounter().GetValue())
		}
	}
	want := map[string]int{
		"sign_up_forms_total taken": 1, "sign_up_forms_total failed": 1, "sign_up_forms_total refused": 2,
	}
	if diff := cmp.Diff(want, counted); diff != "" {
		t.Error(diff)
	}
	for _, secret := range []string{"Grace", "grace", "1986", "Navy", "SE1"} {
		if strings.Contains(said, secret) {
			t.Errorf("%s is in %s", secret, said)
		}
	}
}
