package wire

import (
	"testing"

	"farthing/pkg/edge"
	"farthing/pkg/edge/edgetest"
)

func TestProgramsFindTheAPIWhereItSaysOrWhereTheyFoundIt(t *testing.T) {
	for setting, want := range map[string]string{
		"": "", "https://api.example": "https://api.example", "https://example.com/api/": "https://example.com/api",
	} {
		origin, err := Origin(setting)
		if err != nil {
			t.Fatalf("%s: %v", setting, err)
		}
		router := &edge.Router{}
		router.GET("/", func(req edge.Request) edge.Response { return edge.OK(origin(req)) })
		door := edgetest.Serve(t, edge.Handler(router))
		if want == "" {
			want = door.URL()
		}
		if got := string(door.Get("/").Body); got != `"`+want+`"`+"\n" {
			t.Errorf("%q: got %s, want %s", setting, got, want)
		}
	}
	for _, setting := range []string{"api.example", "ftp://api.example", "https://"} {
		if _, err := Origin(setting); err == nil {
			t.Errorf("%q was taken", setting)
		}
	}
}
