// Package ping tells a program that the API is there, and who it is to the API.
package ping

import (
	"farthing/pkg/edge"
	"farthing/service.api/caller"
)

// Routes are the routes below /ping. The root is open: it tells nobody anything. Some programs look here for the way
// out, which is /oauth2's.
func Routes(logout edge.Service) *edge.Router {
	router := &edge.Router{}
	router.GET("/", pong)
	router.GET("/whoami", whoami)
	router.POST("/logout", logout)
	return router
}

func pong(edge.Request) edge.Response {
	return edge.OK(struct {
		Ping string `json:"ping"`
	}{"pong"})
}

// whoami needs a token, but no scope.
func whoami(req edge.Request) edge.Response {
	c := caller.Of(req)
	return edge.OK(struct {
		Authenticated bool   `json:"authenticated"`
		ClientID      string `json:"client_id"`
		UserID        string `json:"user_id"`
	}{true, c.ClientID, c.UserID})
}
