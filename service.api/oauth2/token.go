package oauth2

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	authproto "farthing/service.auth/proto"
)

// view is what a client is given, as the API shows it.
type view struct {
	AccessToken  string `json:"access_token"`
	ClientID     string `json:"client_id"`
	ExpiresIn    int64  `json:"expires_in"`              // Seconds.
	RefreshToken string `json:"refresh_token,omitempty"` // Not there for a client that can keep no secret.
	Scope        string `json:"scope"`                   // With spaces between them.
	TokenType    string `json:"token_type"`
	UserID       string `json:"user_id"`
}

// token gives tokens for a code or for a refresh token, each good once.
func (a Area) token(req edge.Request) edge.Response {
	form := req.Form()
	grant := form.Required("grant_type")
	shown := credentials(req)
	if err := form.Err(); err != nil {
		return refusal(err)
	}
	switch grant {
	case "authorization_code":
		return a.redeem(req, shown)
	case "refresh_token":
		return a.refresh(req, shown)
	default:
		err := errs.BadParam("grant_type", "must be authorization_code or refresh_token")
		return edge.Error(err).AsOAuth("unsupported_grant_type")
	}
}

// credentials are who a client says that it is: by fields of the form, or by HTTP Basic. Any other Authorization,
// such as a token that is no good any more, does not matter here.
func credentials(req edge.Request) *authproto.Credentials {
	form := req.Form()
	shown := &authproto.Credentials{ClientId: form.String("client_id"), ClientSecret: form.String("client_secret")}
	id, secret, ok := req.Basic()
	switch {
	case !ok:
		return shown
	case !utf8.ValidString(id) || !utf8.ValidString(secret):
		form.Refuse("Authorization", "must be valid UTF-8")
	case shown.GetClientId() != "" && shown.GetClientId() != id:
		form.Refuse("client_id", "must be the same as in the header 'Authorization'")
	}
	return &authproto.Credentials{ClientId: id, ClientSecret: cmp.Or(secret, shown.GetClientSecret())}
}

func (a Area) redeem(req edge.Request, shown *authproto.Credentials) edge.Response {
	form := req.Form()
	asked := &authproto.RedeemRequest{
		Credentials: shown, Code: form.Required("code"), RedirectUri: form.Required("redirect_uri"),
		CodeVerifier: form.String("code_verifier"),
	}
	if err := form.Err(); err != nil {
		return refusal(err)
	}
	given, err := a.Auth.Redeem(req.Context(), asked)
	return answer("redeeming a code", given.GetTokens(), err)
}

func (a Area) refresh(req edge.Request, shown *authproto.Credentials) edge.Response {
	form := req.Form()
	asked := &authproto.RefreshRequest{Credentials: shown, RefreshToken: form.Required("refresh_token")}
	if err := form.Err(); err != nil {
		return refusal(err)
	}
	given, err := a.Auth.Refresh(req.Context(), asked)
	return answer("refreshing", given.GetTokens(), err)
}

func answer(doing string, given *authproto.Tokens, err error) edge.Response {
	if err != nil {
		return refusal(fmt.Errorf("%s: %w", doing, err))
	}
	return edge.OK(view{
		AccessToken: given.GetAccessToken(), ClientID: given.GetClientId(), ExpiresIn: given.GetExpiresInSeconds(),
		RefreshToken: given.GetRefreshToken(), Scope: strings.Join(given.GetScopes(), " "), TokenType: "Bearer",
		UserID: given.GetUserId(),
	})
}

// refusal is an error in the API's own shape, which also says what RFC 6749 calls it: libraries go by that.
func refusal(err error) edge.Response {
	rsp := edge.Error(err)
	switch {
	case errs.Is(err, errs.Unauthorized):
		return rsp.AsOAuth("invalid_client")
	case errs.Is(err, errs.BadRequest+".authorization_code"), errs.Is(err, errs.BadRequest+".refresh_token"):
		return rsp.AsOAuth("invalid_grant")
	case errs.Is(err, errs.BadRequest):
		return rsp.AsOAuth("invalid_request")
	default:
		return rsp
	}
}
