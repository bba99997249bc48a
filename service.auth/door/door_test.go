package door_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"farthing/pkg/errs"
	"farthing/service.auth/door"
	"farthing/service.auth/door/doortest"
	"farthing/service.auth/logic"
)

func TestAUserLogsInAndLetsAProgramHaveWhatItAsksFor(t *testing.T) {
	s := usual(t)
	c, b := s.client(nil), s.browser()
	sent := b.Ask(authorise(c, "scope", "feed:read pots:read"), "  Ada@Example.com ")
	if sent.Status != http.StatusOK || !strings.Contains(sent.Title(), "mail") {
		t.Fatalf("got %d %q", sent.Status, sent.Title())
	}
	m := s.mail()
	if m.To != ada || !strings.Contains(m.Text, c.Name) {
		t.Errorf("the mail is to %s: %s", m.To, m.Text)
	}
	consent := b.Follow(strings.TrimPrefix(doortest.LinkIn(m.Text), doorURL))
	for _, want := range []string{c.Name, "see your feed", "see your pots and what is in them", "app.example"} {
		if !strings.Contains(consent.Text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(consent.Text, "cards") {
		t.Error("the page names what was not asked for")
	}
	answer := answerOf(t, b.Approve(consent))
	if answer.Get("state") != "st&te" || answer.Get("iss") != doorURL || answer.Get("error") != "" {
		t.Errorf("the program is told %v", answer)
	}
	code, found, err := s.codes.Find(t.Context(), logic.Hash(answer.Get("code")))
	if err != nil || !found {
		t.Fatalf("finding the code: %v, %v", found, err)
	}
	want := logic.Code{
		Client: c.ID, User: adasID, RedirectURI: callback, Scopes: []string{"feed:read", "pots:read"}, Family: code.Family,
		Approved: code.Approved, Expires: code.Approved.Add(5 * time.Minute),
	}
	if diff := cmp.Diff(want, code); diff != "" {
		t.Error(diff)
	}
}

func TestAUserMayRefuse(t *testing.T) {
	s := usual(t)
	b := s.browser()
	consent := s.consent(b, authorise(s.client(nil)))
	refused := b.Submit(consent, "answer", "refuse")
	answer := answerOf(t, refused.Location())
	if answer.Get("error") != "access_denied" || answer.Get("state") != "st&te" || answer.Has("code") {
		t.Errorf("the program is told %v", answer)
	}
	wantFault(t, b.Submit(consent, "answer", "approve"), http.StatusPreconditionFailed, "You have answered")
	wantFault(t, b.Submit(consent, "answer", "perhaps"), http.StatusPreconditionFailed, "You have answered")
}

func TestAnAnswerMustBeOne(t *testing.T) {
	s := usual(t)
	b := s.browser()
	consent := s.consent(b, authorise(s.client(nil)))
	wantFault(t, b.Submit(consent, "answer", "perhaps"), http.StatusBadRequest, "We cannot go on")
	b.Approve(consent)
}

// Whatever is wrong about who asks or where the answer is to go, nobody is sent anywhere.
func TestNobodyIsSentToAnAddressThatIsNotTheClients(t *testing.T) {
	s := usual(t)
	c := s.client(nil)
	for name, query := range map[string]string{
		"nothing of it":         "/?state=x",
		"no client":             authorise(c, "client_id", ""),
		"an unknown client":     authorise(c, "client_id", "oauth2client_00009zIcpb1TB4yeIFXMzx"),
		"no client's id":        authorise(c, "client_id", strings.Repeat("x", 5000)),
		"no redirect":           authorise(c, "redirect_uri", ""),
		"one letter more":       authorise(c, "redirect_uri", callback+"x"),
		"one letter less":       authorise(c, "redirect_uri", callback[:len(callback)-1]),
		"a path below":          authorise(c, "redirect_uri", "https://app.example/callback/x?from=bank"),
		"another host":          authorise(c, "redirect_uri", "https://evil.example/callback?from=bank"),
		"another scheme":        authorise(c, "redirect_uri", strings.Replace(callback, "https", "http", 1)),
		"another port":          authorise(c, "redirect_uri", "http://localhost:8081/callback"),
		"two redirects":         authorise(c) + "&redirect_uri=https://evil.example",
		"a list of redirects":   authorise(c) + "&redirect_uri[]=https://evil.example",
		"what is not text":      authorise(c) + "&scope=%ff",
		"a script for redirect": authorise(c, "redirect_uri", "javascript:alert(1)"),
	} {
		page := s.browser().Get(query)
		if page.Status != http.StatusBadRequest || page.Location() != "" || strings.Contains(page.Text, "evil") {
			t.Errorf("%s: got %d %q, sent to %q", name, page.Status, page.Title(), page.Location())
		}
	}
}

func TestAClientIsToldWhatIsWrongWithItsOwnRequest(t *testing.T) {
	s := usual(t)
	c := s.client(func(c *logic.Client) { c.Public = true })
	challenge := logic.ChallengeOf(strings.Repeat("v", 43))
	proven := func(params ...string) string {
		return authorise(c, append([]string{"code_challenge", challenge, "code_challenge_method", "S256"}, params...)...)
	}
	for name, each := range map[string]struct{ query, fault string }{
		"no PKCE":          {authorise(c), "invalid_request"},
		"plain":            {proven("code_challenge_method", "plain"), "invalid_request"},
		"an unknown scope": {proven("scope", "all"), "invalid_scope"},
		"a token at once":  {authorise(c, "response_type", "token"), "unsupported_response_type"},
	} {
		page := s.browser().Get(each.query)
		answer := answerOf(t, page.Location())
		if page.Status != http.StatusFound || answer.Get("error") != each.fault || answer.Get("state") != "st&te" ||
			answer.Get("iss") != doorURL {
			t.Errorf("%s: got %d, %v", name, page.Status, answer)
		}
	}
	if page := s.browser().Get(proven()); page.Status != http.StatusOK {
		t.Errorf("with PKCE: got %d %q", page.Status, page.Title())
	}
}

func TestTheAddressMayBeWrittenAsProgramsWriteIt(t *testing.T) {
	s := usual(t)
	c := s.client(nil)
	for _, address := range []string{
		"?client_id=" + c.ID + "&redirect_uri=http://localhost:8080/callback&response_type=code",
		"/?redirect_uri=" + callback + "&state=x&client_id=" + c.ID + "&response_type=code&nonce=1&prompt=none",
		"//?client_id=" + c.ID + "&redirect_uri=http%3a%2f%2flocalhost%3A8080/callback&response_type=code&scope=",
	} {
		rsp, err := http.Get(s.door.URL() + address)
		if err != nil {
			t.Fatal(err)
		}
		rsp.Body.Close()
		if rsp.StatusCode != http.StatusOK {
			t.Errorf("%s: got %d", address, rsp.StatusCode)
		}
	}
}

func TestThePageSaysTheSameWhoeverIsAsked(t *testing.T) {
	s := usual(t)
	c := s.client(nil)
	known, unknown := s.browser().Ask(authorise(c), ada), s.browser().Ask(authorise(c), "eve@example.com")
	if known.Status != unknown.Status || known.Text != unknown.Text {
		t.Errorf("%s\nis not\n%s", known.Text, unknown.Text)
	}
	if got := s.mail(); got.To != ada {
		t.Errorf("a mail went to %s", got.To)
	}
	s.browser().Ask(authorise(c), bob)
	if got := s.mail(); got.To != bob { // What was asked for before it has been done.
		t.Errorf("a mail went to %s", got.To)
	}
}

func TestWhatIsNoAddressIsAskedForAgain(t *testing.T) {
	s := usual(t)
	c, b := s.client(nil), s.browser()
	page := b.Ask(authorise(c), "ada")
	if page.Status != http.StatusBadRequest || !strings.Contains(page.Text, "not an e-mail address") {
		t.Fatalf("got %d %q", page.Status, page.Title())
	}
	if page = b.Submit(page, "email", ada); page.Status != http.StatusOK {
		t.Errorf("got %d %q", page.Status, page.Title())
	}
	s.mail()
}

func TestALinkWorksOnce(t *testing.T) {
	s := usual(t)
	c, b := s.client(nil), s.browser()
	b.Ask(authorise(c), ada)
	link := s.link()
	for range 3 { // Programs that look at mails follow links, too.
		if page := b.Get(link); page.Status != http.StatusOK {
			t.Fatalf("got %d %q", page.Status, page.Title())
		}
	}
	page := b.Get(link)
	b.Follow(link)
	wantFault(t, b.Get(link), http.StatusPreconditionFailed, "This link was used")
	wantFault(t, b.Submit(page), http.StatusPreconditionFailed, "This link was used")
}

func TestOfManyWhoUseALinkAtOnceOneDoesAndOfManyAnswersOneCounts(t *testing.T) {
	s := usual(t)
	c, b := s.client(nil), s.browser()
	b.Ask(authorise(c), ada)
	page := b.Get(s.link())
	var opened, approved atomic.Int64
	var consent atomic.Value
	race(5, func() {
		if got := b.Submit(page); got.Status == http.StatusFound {
			opened.Add(1)
			consent.Store(b.Get(got.Location()))
		}
	})
	asked, _ := consent.Load().(doortest.Page)
	race(5, func() {
		if got := b.Submit(asked, "answer", "approve"); got.Status == http.StatusFound {
			approved.Add(1)
		}
	})
	if opened.Load() != 1 || approved.Load() != 1 {
		t.Errorf("%d used the link, and %d answers counted", opened.Load(), approved.Load())
	}
}

func race(n int, do func()) {
	var racing sync.WaitGroup
	for range n {
		racing.Go(do)
	}
	racing.Wait()
}

func TestALinkWorksOnlyInTheBrowserThatAskedForIt(t *testing.T) {
	s := usual(t)
	c, b, other := s.client(nil), s.browser(), s.browser()
	other.Get(authorise(c)) // It has a cookie of its own.
	b.Ask(authorise(c), ada)
	link := s.link()
	for _, stranger := range []*doortest.Browser{other, s.browser()} {
		wantFault(t, stranger.Get(link), http.StatusForbidden, "This is another browser")
		stolen := b.Get(link)
		wantFault(t, stranger.Submit(stolen), http.StatusForbidden, "This is another browser")
	}
	consent := b.Follow(link)
	wantFault(t, other.Get("/consent?login="+consent.Hidden.Get("login")), http.StatusNotFound, "This link is not right")
	wantFault(t, other.Submit(consent, "answer", "approve"), http.StatusNotFound, "This link is not right")
	b.Approve(consent)
}

func TestALinkThatIsNotRightOpensNothing(t *testing.T) {
	s := usual(t)
	c, b := s.client(nil), s.browser()
	b.Ask(authorise(c), ada)
	link := s.link()
	for _, wrong := range []string{
		link + "x", link[:len(link)-1], "/link", "/link?login=&key=", "/link?login=x&key=x",
		strings.Replace(link, "login=login_", "login=login_0", 1), "/consent", "/consent?login=" + strings.Repeat("x", 9000),
	} {
		wantFault(t, b.Get(wrong), http.StatusNotFound, "This link is not right")
	}
	early := b.Get("/consent?login=" + paramOf(t, link, "login"))
	wantFault(t, early, http.StatusNotFound, "This link is not right")
	b.Follow(link)
}

func TestALinkWorksFor15MinutesAndAnAnswerFor5(t *testing.T) {
	s := usual(t)
	c, b := s.client(nil), s.browser()
	pass := func(d time.Duration) { s.clock.AdvanceTo(s.clock.Now().Add(d)) }
	b.Ask(authorise(c), ada)
	link := s.link()
	pass(15 * time.Minute)
	wantFault(t, b.Get(link), http.StatusPreconditionFailed, "That took too long")
	consent := s.consent(b, authorise(c))
	pass(5 * time.Minute)
	wantFault(t, b.Submit(consent, "answer", "approve"), http.StatusPreconditionFailed, "That took too long")
}

func TestTwoProgramsMayBeLoggedInToAtOnce(t *testing.T) {
	s := usual(t)
	c, b := s.client(nil), s.browser()
	first, second := authorise(c, "state", "1"), authorise(c, "state", "2")
	b.Ask(first, ada)
	one := s.link()
	b.Ask(second, ada)
	two := s.link()
	consentTwo, consentOne := b.Follow(two), b.Follow(one)
	for state, consent := range map[string]doortest.Page{"1": consentOne, "2": consentTwo} {
		if got := answerOf(t, b.Approve(consent)).Get("state"); got != state {
			t.Errorf("got %q, want %q", got, state)
		}
	}
}

func TestAFormOfAnotherSiteIsRefused(t *testing.T) {
	s := usual(t)
	c, b, attacker := s.client(nil), s.browser(), s.browser()
	email := b.Get(authorise(c))
	forged := attacker.Get(authorise(c))
	for name, page := range map[string]doortest.Page{
		"without a token": {Action: "/", Hidden: without(email.Hidden, "token")}, "with another's": forged,
	} {
		page = b.Submit(page, "email", ada)
		wantFault(t, page, http.StatusForbidden, "This page is too old")
		if page.Status == http.StatusOK {
			t.Errorf("%s it was taken", name)
		}
	}
	wantFault(t, s.browser().Submit(email, "email", ada), http.StatusForbidden, "This page is too old")
	consent := s.consent(b, authorise(c))
	consent.Hidden = without(consent.Hidden, "token")
	wantFault(t, b.Submit(consent, "answer", "approve"), http.StatusForbidden, "This page is too old")
	wantFault(t, b.Submit(doortest.Page{Action: consent.Action, Hidden: url.Values{
		"login": consent.Hidden["login"], "token": email.Hidden["token"],
	}}, "answer", "approve"), http.StatusForbidden, "This page is too old")
}

func without(values url.Values, name string) url.Values {
	out := make(url.Values)
	for each := range values {
		if each != name {
			out[each] = values[each]
		}
	}
	return out
}

func TestBrowsersAreToldWhatTheyMayDoWithAPage(t *testing.T) {
	s := usual(t)
	c, b := s.client(nil), s.browser()
	email := b.Get(authorise(c))
	cookie := email.Header.Get("Set-Cookie")
	for _, want := range []string{"farthing_browser=farthing_br_", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=3600"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie lacks %s: %s", want, cookie)
		}
	}
	consent := s.consent(b, authorise(c))
	for name, page := range map[string]doortest.Page{
		"email": email, "consent": consent, "nothing": b.Get("/nowhere"), "style": b.Get("/style.css"),
		"fault": b.Get("/?state=x"), "sign-up": b.Get("/sign-up"), "welcome": b.Get("/"),
		"redirect": b.Submit(consent, "answer", "refuse"),
	} {
		policy := page.Header.Get("Content-Security-Policy")
		for _, want := range []string{
			"default-src 'none'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'",
		} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy lacks %s: %s", name, want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "app.example") != (name == "consent") {
			t.Errorf("%s: the policy is %s", name, policy)
		}
		for header, want := range map[string]string{
			"Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
			"Cache-Control": "no-store",
		} {
			if got := page.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
	}
	style := b.Get("/style.css")
	if kind := style.Header.Get("Content-Type"); style.Status != http.StatusOK || !strings.HasPrefix(kind, "text/css") {
		t.Errorf("the style is %d %s", style.Status, kind)
	}
	wantFault(t, b.Get("/nowhere"), http.StatusNotFound, "There is nothing here")
}

func TestWhoAsksTooOftenIsToldSoWhoeverTheyAre(t *testing.T) {
	for name, email := range map[string]string{"a customer": ada, "nobody": "eve@example.com"} {
		s := newSite(t, door.Limits{PerEmail: 3, PerAddress: 1000})
		c, b := s.client(nil), s.browser()
		for range 3 {
			if page := b.Ask(authorise(c), email); page.Status != http.StatusOK {
				t.Fatalf("%s: got %d %q", name, page.Status, page.Title())
			}
		}
		page := b.Ask(authorise(c), " "+strings.ToUpper(email))
		wantFault(t, page, http.StatusTooManyRequests, "Too many links")
		if page.Header.Get("Retry-After") == "" {
			t.Errorf("%s: it does not say when to come again", name)
		}
		if page := b.Ask(authorise(c), bob); page.Status != http.StatusOK {
			t.Errorf("%s: somebody else got %d", name, page.Status)
		}
	}
}

func TestACustomerIsMailedNoOftenerByWhoSpellsTheAddressInManyWays(t *testing.T) {
	s := newSite(t, door.Limits{PerEmail: 3, PerAddress: 1000})
	c, b := s.client(nil), s.browser()
	for _, spelt := range []string{ada, "ada@ｅxample.com", "ada@ⓔxample.com"} { // All are one to service.customer.
		if page := b.Ask(authorise(c), spelt); page.Status != http.StatusOK {
			t.Fatalf("%s: got %d %q", spelt, page.Status, page.Title())
		}
	}
	wantFault(t, b.Ask(authorise(c), "ada@EXAMPLE.com"), http.StatusTooManyRequests, "Too many links")
}

func TestWhoAsksForManyIsToldSo(t *testing.T) {
	s := newSite(t, door.Limits{PerEmail: 1000, PerAddress: 4})
	c := s.client(nil)
	for _, each := range []string{"a@example.com", "b@example.com", "c@example.com", "d@example.com"} {
		s.browser().Ask(authorise(c), each)
	}
	wantFault(t, s.browser().Ask(authorise(c), ada), http.StatusTooManyRequests, "Too many links")
}

func TestAMailThatWasNotTakenMayBeAskedForAgain(t *testing.T) {
	s := usual(t)
	c, b := s.client(nil), s.browser()
	s.post.mu.Lock()
	s.post.fails = errServer
	s.post.mu.Unlock()
	if page := b.Ask(authorise(c), ada); page.Status != http.StatusOK {
		t.Fatalf("got %d %q", page.Status, page.Title())
	}
	s.untilLogged("a login link was not sent")
	s.post.mu.Lock()
	s.post.fails = nil
	s.post.mu.Unlock()
	b.Approve(s.consent(b, authorise(c)))
	if len(s.post.mails) > 0 {
		t.Error("the lost mail came after all")
	}
}

func TestNoSecretAndNoAddressIsLogged(t *testing.T) {
	s := usual(t)
	c, b := s.client(nil), s.browser()
	b.Ask(authorise(c), ada)
	link := s.link()
	b.Get(link + "x")
	consent := b.Follow(link)
	location := b.Approve(consent)
	b.Get(link)
	s.post.mu.Lock()
	s.post.fails = errServer
	s.post.mu.Unlock()
	b.Ask(authorise(c), ada)
	s.untilLogged("a login link was not sent")
	for what, secret := range map[string]string{
		"the address": ada, "the link": paramOf(t, link, "key"), "the code": answerOf(t, location).Get("code"),
		"the browser": "farthing_br_", "a link": "farthing_ml_",
	} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("%s is logged", what)
		}
	}
}

func TestWhoComesIsCounted(t *testing.T) {
	s := usual(t)
	c, b := s.client(nil), s.browser()
	b.Ask(authorise(c), "eve@example.com")
	b.Ask(authorise(c), ada)
	link := s.link()
	s.browser().Get(link)
	b.Approve(b.Follow(link))
	b.Submit(s.consent(b, authorise(c)), "answer", "refuse")
	families, err := s.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := make(map[string]int)
	for _, family := range families {
		for _, each := range family.GetMetric() {
			counted[family.GetName()+" "+each.GetLabel()[0].GetValue()] = int(each.GetCounter().GetValue())
		}
	}
	want := map[string]int{
		"login_links_asked_total nobody": 1, "login_links_asked_total mailed": 2, "login_links_followed_total opened": 2,
		"login_links_followed_total other_browser": 1, "login_answers_total approved": 1, "login_answers_total refused": 1,
	}
	if diff := cmp.Diff(want, counted); diff != "" {
		t.Error(diff)
	}
}

func TestMoreLettersThanThePostmanCanCarryAreRefused(t *testing.T) {
	postman := door.NewPostman(door.Postman{Metrics: door.NewMetrics(prometheus.NewRegistry())}) // Who does not run.
	var err error
	for taken := 0; err == nil; taken++ {
		if taken > 1000 {
			t.Fatal("there is no end to it")
		}
		err = postman.Take(door.Letter{Email: ada})
	}
	if !errs.Is(err, errs.Unavailable) {
		t.Errorf("got %v", err)
	}
}
