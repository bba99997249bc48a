package demo

import (
	"context"
	"testing"

	"google.golang.org/grpc"

	"farthing/pkg/errs"
	authproto "farthing/service.auth/proto"
)

// granting is a service.auth that knows one token, and issues another.
type granting struct {
	authproto.AuthClient
	scopes []string
	err    error
}

func (g granting) Check(
	context.Context, *authproto.CheckRequest, ...grpc.CallOption,
) (*authproto.CheckResponse, error) {
	return &authproto.CheckResponse{Scopes: g.scopes}, g.err
}

func (granting) Issue(
	context.Context, *authproto.IssueRequest, ...grpc.CallOption,
) (*authproto.IssueResponse, error) {
	return &authproto.IssueResponse{AccessToken: "new"}, nil
}

func TestATokenIsRenewedOnceItIsNoMoreGoodForAll(t *testing.T) {
	for name, c := range map[string]struct {
		auth  granting
		token string
		want  string
	}{
		"there is none":            {granting{}, "", "new"},
		"it is good for all":       {granting{scopes: authproto.Scopes()}, "old", "old"},
		"it is of an earlier bank": {granting{scopes: authproto.Scopes()[1:]}, "old", "new"},
		"it has expired":           {granting{err: errs.New("unauthorized.bad_access_token.expired", "")}, "old", "new"},
		"nobody knows":             {granting{err: errs.New(errs.Unavailable, "")}, "old", "old"},
	} {
		token := c.token
		err := renew(t.Context(), c.auth, "user_1", "oauth2client_1", &token)
		if token != c.want || (err != nil) != errs.Is(c.auth.err, errs.Unavailable) {
			t.Errorf("%s: the token is %q, %v, want %q", name, token, err, c.want)
		}
	}
}
