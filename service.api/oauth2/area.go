// Package oauth2 gives clients the tokens that customers let them have, and takes them back.
package oauth2

import (
	"fmt"

	"farthing/pkg/edge"
	authproto "farthing/service.auth/proto"
)

// Area is the routes below /oauth2, and whom they ask.
type Area struct {
	Auth authproto.AuthClient
}

// Routes are the area's routes, to be mounted. /token is open: who asks shows it in the request.
func (a Area) Routes() *edge.Router {
	router := &edge.Router{}
	router.POST("/token", a.token)
	router.POST("/logout", a.Logout)
	return router
}

// Logout ends the token that it is asked with, and the refresh token that belongs to it. It needs a token, but no
// scope.
func (a Area) Logout(req edge.Request) edge.Response {
	token, _ := req.Bearer()
	if _, err := a.Auth.Revoke(req.Context(), &authproto.RevokeRequest{AccessToken: token}); err != nil {
		return edge.Error(fmt.Errorf("logging out: %w", err))
	}
	return edge.OK(struct {
		OK bool `json:"ok"`
	}{true})
}
