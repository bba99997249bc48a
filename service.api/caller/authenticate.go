package caller

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/edge"
	"farthing/pkg/errs"
	authproto "farthing/service.auth/proto"
)

// badToken is the code of every token that is no good; a subcode says why, where that is known.
const badToken = errs.Unauthorized + ".bad_access_token"

// tokenCharsMax is far above what any token of ours has.
const tokenCharsMax = 512

// Authenticate puts the Caller into each request, or refuses it with 401 unauthorized.bad_access_token. Routes named
// open pass without a token.
func Authenticate(auth authproto.AuthClient, at clock.Clock, open ...string) edge.Filter {
	return func(req edge.Request, svc edge.Service) edge.Response {
		if slices.Contains(open, req.Route()) {
			return svc(req)
		}
		token, ok := req.Bearer()
		if !ok {
			return edge.Error(errs.New(badToken+".missing", "The header 'Authorization: Bearer …' is required"))
		}
		if !plausible(token) {
			return edge.Error(noSuchToken())
		}
		checked, err := auth.Check(req.Context(), &authproto.CheckRequest{AccessToken: token})
		if err != nil {
			return edge.Error(refusal(err))
		}
		return svc(req.WithCaller(Caller{
			UserID: checked.GetUserId(), ClientID: checked.GetClientId(), Scopes: checked.GetScopes(),
			Approved: time.UnixMilli(checked.GetApprovedMs()), At: at.Now(),
		}))
	}
}

// plausible keeps from service.auth what cannot be a token: gRPC would refuse text that is not UTF-8 as our failure.
func plausible(token string) bool {
	return len(token) <= tokenCharsMax && !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}

func noSuchToken() error { return errs.New(badToken, "The access token is not valid") }

// refusal is what a stranger is told. That a token is malformed, rather than unknown, is no help to anyone honest.
func refusal(err error) error {
	if errs.Is(err, errs.BadRequest) || errs.Is(err, errs.NotFound) {
		return noSuchToken()
	}
	return fmt.Errorf("checking the access token: %w", err)
}
