package door

import "testing"

func TestAPolicyLetsTheLastFormsAnswerGoBackToTheProgram(t *testing.T) {
	for uri, want := range map[string][2]string{
		"https://app.example/cb?a=b":     {"https://app.example", "app.example"},
		"https://app.example:8443":       {"https://app.example:8443", "app.example:8443"},
		"http://localhost:8080/callback": {"http://localhost:8080", "localhost:8080"},
		"http://127.0.0.1/":              {"http://127.0.0.1", "127.0.0.1"},
		"http://[::1]:9/cb":              {"http:", "[::1]:9"}, // A policy has no words for such addresses.
		"com.example.app:/cb":            {"com.example.app:", "com.example.app"},
	} {
		if got := [2]string{sourceOf(uri), shownTo(uri)}; got != want {
			t.Errorf("%s: got %v, want %v", uri, got, want)
		}
	}
}
