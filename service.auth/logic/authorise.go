package logic

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
)

// Asked is an authorisation request as a browser brought it: each parameter as it was sent, "" if it was not.
type Asked struct {
	ClientID        string
	RedirectURI     string
	ResponseType    string
	Scope           string // With spaces between them.
	State           string
	Challenge       string
	ChallengeMethod string
}

// AskedBy reads a request's parameters by their names.
func AskedBy(param func(name string) string) Asked {
	return Asked{
		ClientID: param("client_id"), RedirectURI: param("redirect_uri"), ResponseType: param("response_type"),
		Scope: param("scope"), State: param("state"), Challenge: param("code_challenge"),
		ChallengeMethod: param("code_challenge_method"),
	}
}

// Params are those that were sent, in a fixed order: a form carries them on.
func (a Asked) Params() []Param {
	all := []Param{
		{"client_id", a.ClientID}, {"redirect_uri", a.RedirectURI}, {"response_type", a.ResponseType},
		{"scope", a.Scope}, {"state", a.State}, {"code_challenge", a.Challenge},
		{"code_challenge_method", a.ChallengeMethod},
	}
	return slices.DeleteFunc(all, func(p Param) bool { return p.Value == "" })
}

// Param is one parameter.
type Param struct{ Name, Value string }

// Authorisation is what a client may ask a user to approve.
type Authorisation struct {
	Client      string
	RedirectURI string
	State       string
	Scopes      []string
	Challenge   string // Of PKCE, by S256; "" for none.
}

// Fault is why a client may not ask for what it does, in the words of RFC 6749. It is told to the client: where to, is
// known to be the client's.
type Fault struct {
	Code        string // "invalid_scope".
	Description string // ASCII, without quotes and backslashes.
}

// Error is both.
func (f *Fault) Error() string { return f.Code + ": " + f.Description }

// stateMax is how long a state may be, in bytes: it goes through a URL twice.
const stateMax = 2000

// Authorise is what the client may ask for by a request that is its own, or a Fault. Who asks, and where users are sent
// back to, must have been checked.
func (c Client) Authorise(a Asked) (Authorisation, *Fault) {
	out := Authorisation{Client: c.ID, RedirectURI: a.RedirectURI, State: a.State, Challenge: a.Challenge}
	switch {
	case len(a.State) > stateMax:
		out.State = ""
		return out, &Fault{"invalid_request", "state must have at most 2000 bytes"}
	case a.ResponseType == "":
		return out, &Fault{"invalid_request", "response_type is required"}
	case a.ResponseType != "code":
		return out, &Fault{"unsupported_response_type", "response_type must be code"}
	}
	if fault := c.checkChallenge(a); fault != nil {
		return out, fault
	}
	scopes, fault := c.scopesOf(a.Scope)
	out.Scopes = scopes
	return out, fault
}

func (c Client) checkChallenge(a Asked) *Fault {
	switch {
	case a.Challenge == "" && a.ChallengeMethod == "" && !c.NeedsPKCE():
		return nil
	case a.Challenge == "":
		return &Fault{"invalid_request", "code_challenge is required"}
	case a.ChallengeMethod != "S256": // None would stand for plain.
		return &Fault{"invalid_request", "code_challenge_method must be S256"}
	}
	const hashBytes = 32
	hash, err := base64.RawURLEncoding.Strict().DecodeString(a.Challenge)
	if err != nil || len(hash) != hashBytes {
		return &Fault{"invalid_request", "code_challenge must be a SHA-256 in base64url without padding"}
	}
	return nil
}

// scopesOf are the scopes of a request: all that the client may ask for if it names none.
func (c Client) scopesOf(scope string) ([]string, *Fault) {
	asked, may := strings.Fields(scope), c.MayAsk()
	if len(asked) == 0 {
		return may, nil
	}
	var scopes []string
	for _, each := range asked {
		if !slices.Contains(may, each) {
			return nil, &Fault{"invalid_scope", "scope names one that there is not, or that this client may not have"}
		}
		if !slices.Contains(scopes, each) {
			scopes = append(scopes, each)
		}
	}
	return scopes, nil
}

// Approved is where a browser is sent with the code that its user let the client have.
func (a Authorisation) Approved(issuer, code string) string {
	return a.back(issuer, url.Values{"code": {code}})
}

// Refused is where a browser is sent with what the client cannot have, and why.
func (a Authorisation) Refused(issuer string, f Fault) string {
	return a.back(issuer, url.Values{"error": {f.Code}, "error_description": {f.Description}})
}

// ErrDenied is the fault of a request that the user refused.
func ErrDenied() Fault { return Fault{"access_denied", "The user did not approve"} }

// back is the redirect URI with parameters after those that it has. The URI itself stays letter by letter.
func (a Authorisation) back(issuer string, params url.Values) string {
	params.Set("iss", issuer)
	if a.State != "" {
		params.Set("state", a.State)
	}
	separator := "?"
	if strings.Contains(a.RedirectURI, "?") {
		separator = "&"
	}
	return a.RedirectURI + separator + params.Encode()
}
