// Package door is the login door: where programs send their users to log in, and to say what the programs may have.
package door

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/seal"
	"farthing/service.auth/logic"
	"farthing/service.auth/pages"
	authproto "farthing/service.auth/proto"
	"farthing/service.auth/storage"
	signupproto "farthing/service.signup/proto"
)

// Options are what a door is made of.
type Options struct {
	// URL is where browsers find the door, without a slash at its end. Links lead there, and it is who answers a program
	// (RFC 9207): it is never taken from a request, in which anybody could write anything.
	URL     string
	Clients *storage.Clients
	Codes   *storage.Codes
	Logins  *storage.Logins
	Postman *Postman
	SignUps signupproto.SignUpsClient
	Keys    *seal.Keyring // Under which who asks is counted.
	Limits  Limits
	IDs     *id.Maker
	Clock   clock.Clock
	Real    clock.Clock // Rates are of real time.
	Metrics *Metrics
}

// Limits are how many links may be asked for within logic.AskingWindow, and how many sign-up forms may be sent.
type Limits struct{ PerEmail, PerAddress int64 }

// Door answers at the login door.
type Door struct {
	Options
	pages *pages.Pages
}

// New is a door.
func New(o Options) (*Door, error) {
	rendered, err := pages.New()
	if err != nil {
		return nil, err
	}
	return &Door{o, rendered}, nil
}

const (
	giveUpAfter = 5 * time.Second
	bodyMax     = 16 << 10
)

// Handler serves the door behind the filters of every door.
func (d *Door) Handler(filters edge.Standard) http.Handler {
	filters.Deadline, filters.BodyLimit, filters.Documents = giveUpAfter, bodyMax, true
	return edge.Handler(d.Routes(), append([]edge.Filter{guard, d.explain}, filters.Filters()...)...)
}

// Routes are the door's. Programs know its root.
func (d *Door) Routes() *edge.Router {
	router := &edge.Router{}
	router.GET("/", d.showEmail)
	router.POST("/", d.takeEmail)
	router.GET(linkPath, d.showLink)
	router.POST(linkPath, d.takeLink)
	router.GET(consentPath, d.showConsent)
	router.POST(consentPath, d.takeConsent)
	router.GET(authproto.SignUpPath, d.showSignUp)
	router.POST(authproto.SignUpPath, d.takeSignUp)
	router.GET(pages.StylePath, func(edge.Request) edge.Response {
		return edge.Document(pages.StyleMedia, pages.Style())
	})
	return router
}

const (
	linkPath    = "/link"
	consentPath = "/consent"
)

// policy is what a browser may do with a page: show it by itself, with the door's own style, and send its forms back to
// the door, and after the last one to where backTo says.
func policy(backTo string) string {
	return "default-src 'none'; style-src 'self'; form-action " + strings.TrimSpace("'self' "+backTo) +
		"; frame-ancestors 'none'; base-uri 'none'"
}

const policyHeader = "Content-Security-Policy"

// guard puts on every answer what keeps browsers from doing with it what it is not for.
func guard(req edge.Request, svc edge.Service) edge.Response {
	rsp := svc(req)
	if rsp.Header.Get(policyHeader) == "" {
		rsp = rsp.WithHeader(policyHeader, policy(""))
	}
	// The address of a page may hold a link's secret, which must not go on to anybody.
	return rsp.WithHeader("Referrer-Policy", "no-referrer").WithHeader("X-Frame-Options", "DENY").
		WithHeader("Cross-Origin-Opener-Policy", "same-origin")
}

// shown is a page, or the failure to render it.
func shown(page []byte, err error) edge.Response {
	if err != nil {
		return edge.Error(err)
	}
	return edge.Document(pages.Media, page)
}

// isSecure tells whether browsers come over TLS.
func (d *Door) isSecure() bool { return strings.HasPrefix(d.URL, "https://") }

// cookieName is the cookie by which a browser is known again. Over TLS it is one that no other host can set.
func (d *Door) cookieName() string {
	if d.isSecure() {
		return "__Host-farthing_browser"
	}
	return "farthing_browser"
}

// browserLifetime is longer than a login takes.
const browserLifetime = time.Hour

// browser is the secret by which a browser is known again; "" if it has none that is ours.
func (d *Door) browser(req edge.Request) string {
	secret := req.Cookie(d.cookieName())
	if !strings.HasPrefix(secret, logic.BrowserPrefix) {
		return ""
	}
	return secret
}

// browserOrNew is the secret by which a browser will be known again, also if it has none yet.
func (d *Door) browserOrNew(req edge.Request) string {
	if browser := d.browser(req); browser != "" {
		return browser
	}
	return logic.NewSecret(logic.BrowserPrefix)
}

// withBrowser has the browser keep its secret for a while longer.
func (d *Door) withBrowser(rsp edge.Response, secret string) edge.Response {
	cookie := http.Cookie{ //nolint:gosec // It is secure wherever the door is reached over TLS.
		Name: d.cookieName(), Value: secret, Path: "/", MaxAge: int(browserLifetime / time.Second), HttpOnly: true,
		Secure: d.isSecure(), SameSite: http.SameSiteLaxMode, // A link in a mail is followed from elsewhere.
	}
	return rsp.WithHeader("Set-Cookie", cookie.String())
}

// tokenField is the field of every form that proves that it is the door's own, made for this browser.
const tokenField = "token"

// tokenOf is the value of that field in a form about something. Nobody else can make it, for want of the browser's
// secret.
func tokenOf(browser, about string) string {
	mac := hmac.New(sha256.New, []byte(browser))
	mac.Write([]byte(about))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// checkForm is nil if a form about something is the door's own, made for this browser.
func (d *Door) checkForm(req edge.Request, about string) error {
	form, browser := req.Form(), d.browser(req)
	token := form.String(tokenField)
	if err := form.Err(); err != nil {
		return err
	}
	if browser == "" || !hmac.Equal([]byte(token), []byte(tokenOf(browser, about))) {
		return errNotOurForm()
	}
	return nil
}

func errNotOurForm() error {
	return errs.New(errs.Forbidden+".form", "The form was not made for this browser, or the browser keeps no cookies")
}

// locationOf is a path of the door with parameters.
func locationOf(path string, params ...string) string {
	query := make(url.Values)
	for i := 0; i+1 < len(params); i += 2 {
		query.Set(params[i], params[i+1])
	}
	return path + "?" + query.Encode()
}
