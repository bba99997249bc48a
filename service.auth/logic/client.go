package logic

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	authproto "farthing/service.auth/proto"
)

// Client is a program that customers may let act for them.
type Client struct {
	ID           string
	Name         string
	Public       bool // It can keep no secret: it runs on its user's device.
	FirstParty   bool // It is the bank's own.
	RedirectURIs []string
	Scopes       []string // What it may ask for; none is all there is, also what will be there later.
	Owner        string   // The user whose program it is; "" for nobody's.
	SecretHash   []byte   // Of one that is not public.
	Created      time.Time
}

// ClientPrefix begins the ids of clients.
const ClientPrefix = "oauth2client"

// Bounds of what a client may be.
const (
	clientNameMax   = 50
	redirectURIsMax = 10
	redirectURIMax  = 2000 // Bytes.
)

// CheckClient fails with bad_request, naming the field, on what cannot be a client.
func CheckClient(c Client) error {
	switch {
	case c.Name == "":
		return errs.MissingParam("name")
	case utf8.RuneCountInString(c.Name) > clientNameMax || strings.ContainsFunc(c.Name, unseen):
		return errs.BadParam("name", fmt.Sprintf("must have at most %d characters, all of which can be seen", clientNameMax))
	case len(c.RedirectURIs) == 0:
		return errs.MissingParam("redirect_uris")
	case len(c.RedirectURIs) > redirectURIsMax:
		return errs.BadParam("redirect_uris", fmt.Sprintf("must be at most %d", redirectURIsMax))
	}
	for _, uri := range c.RedirectURIs {
		if rule := redirectRule(uri); rule != "" {
			return errs.BadParam("redirect_uris", rule)
		}
	}
	if len(c.Scopes) > 0 {
		if err := checkScopes(c.Scopes); err != nil {
			return err
		}
	}
	if c.Owner == "" {
		return nil
	}
	return id.Check("owner_user_id", "user", c.Owner)
}

// unseen is what would let one name look like another.
func unseen(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }

// redirectRule is the rule that an address breaks to which users could be sent back, "" if none. What is sent there is
// worth a token, so it goes over TLS, stays on the machine, or goes to a program by a scheme that it alone has.
func redirectRule(uri string) string {
	parsed, err := url.Parse(uri)
	switch {
	case err != nil || len(uri) > redirectURIMax || strings.ContainsFunc(uri, unusualInURI):
		return fmt.Sprintf("must be URLs of at most %d visible ASCII characters", redirectURIMax)
	case strings.Contains(uri, "#"):
		return "must have no fragment"
	case parsed.User != nil:
		return "must name no user"
	case parsed.Scheme == "https" && parsed.Hostname() != "", parsed.Scheme == "http" && isLoopback(parsed.Hostname()):
		return ""
	case parsed.Scheme == "http":
		return "must be https, but on this machine itself"
	case strings.Contains(parsed.Scheme, "."):
		return ""
	default:
		return "must be https, http on this machine itself, or a scheme of the program's own with a dot in it"
	}
}

// unusualInURI is what stands in no URL, or could end a quotation or a header's part.
func unusualInURI(r rune) bool {
	return r <= ' ' || r > '~' || strings.ContainsRune("\"'<>\\^`{|};,", r)
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// Knows tells whether somebody who shows this secret is the client. A public one has none, and shows none.
func (c Client) Knows(secret string) bool {
	if c.Public {
		return secret == ""
	}
	return Matches(c.SecretHash, secret)
}

// NeedsPKCE tells whether the client must prove that whoever redeems a code is who asked for it.
func (c Client) NeedsPKCE() bool { return c.Public || c.FirstParty }

// Redirects tells whether users may be sent to an address: exactly as it was registered, or not at all.
func (c Client) Redirects(uri string) bool { return slices.Contains(c.RedirectURIs, uri) }

// IsClientID tells whether a text could be a client's id.
func IsClientID(text string) bool { return id.Check("client_id", ClientPrefix, text) == nil }

// MayAsk is all scopes that the client may ask for.
func (c Client) MayAsk() []string {
	if len(c.Scopes) > 0 {
		return c.Scopes
	}
	return authproto.Scopes()
}

// How long access tokens live. A first-party client's does less harm when it is stolen.
const (
	accessLifetime           = 6 * time.Hour
	firstPartyAccessLifetime = 10 * time.Minute
)

// AccessLifetime is how long its access tokens live.
func (c Client) AccessLifetime() time.Duration {
	if c.FirstParty {
		return firstPartyAccessLifetime
	}
	return accessLifetime
}

// ErrBadCredentials is the answer to whoever does not prove to be the client that they say they are; which of the two
// is wrong it does not say.
func ErrBadCredentials() error {
	return errs.New(errs.Unauthorized+".bad_client_credentials", "The client's id or secret is not valid")
}
