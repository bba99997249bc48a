package wire

import (
	"strings"

	"farthing/pkg/edge"
)

// originMax is far longer than any.
const originMax = 200

// Origin is where programs find the API: as a setting says, or, if that is empty, where each has found it. It fails on
// a setting that is no URL.
func Origin(setting string) (func(edge.Request) string, error) {
	if setting == "" {
		return edge.Request.Origin, nil
	}
	if err := edge.URL("public_url", setting, originMax, "https", "http"); err != nil {
		return nil, err
	}
	origin := strings.TrimRight(setting, "/")
	return func(edge.Request) string { return origin }, nil
}
