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
	client     string
	scopes     []string
	approvedMs int64
	err        error
}

func (g granting) Check(
	context.Context, *authproto.CheckRequest, ...grpc.CallOption,
) (*authproto.CheckResponse, error) {
	return &authproto.CheckResponse{ClientId: g.client, Scopes: g.scopes, ApprovedMs: g.approvedMs}, g.err
}

func (granting) Issue(
	_ context.Context, req *authproto.IssueRequest, _ ...grpc.CallOption,
) (*authproto.IssueResponse, error) {
	if !req.GetStaysApproved() {
		return nil, errs.New(errs.Internal, "the demonstration could not be read whole")
	}
	return &authproto.IssueResponse{AccessToken: "new"}, nil
}

func TestATokenIsRenewedOnceItIsNoMoreGoodForAll(t *testing.T) {
	const ours = "oauth2client_1"
	all := authproto.Scopes()
	for name, c := range map[string]struct {
		auth  granting
		token string
		want  string
	}{
		"there is none":            {granting{}, "", "new"},
		"it is good for all":       {granting{client: ours, scopes: all, approvedMs: 1}, "old", "old"},
		"it is of an earlier bank": {granting{client: ours, scopes: all[1:], approvedMs: 1}, "old", "new"},
		"nobody has approved it":   {granting{client: ours, scopes: all}, "old", "new"},
		"it is another program's":  {granting{client: "oauth2client_2", scopes: all, approvedMs: 1}, "old", "new"},
		"it has expired":           {granting{err: errs.New("unauthorized.bad_access_token.expired", "")}, "old", "new"},
		"nobody knows":             {granting{err: errs.New(errs.Unavailable, "")}, "old", "old"},
	} {
		token := c.token
		err := renew(t.Context(), c.auth, "user_1", ours, &token)
		if token != c.want || (err != nil) != errs.Is(c.auth.err, errs.Unavailable) {
			t.Errorf("%s: the token is %q, %v, want %q", name, token, err, c.want)
		}
	}
}
