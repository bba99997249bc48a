package shapes

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"farthing/service.auth/door/doortest"
	"farthing/service.auth/mail"
)

const callback = "http://localhost:8080/callback"

// logsIn has the demonstration's program log its customer in, refresh, and log in again.
func logsIn(t *testing.T, s *suite) {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	facts := s.Facts()
	config := oauth2.Config{
		ClientID: facts.ClientID, ClientSecret: facts.ClientSecret, RedirectURL: callback,
		Endpoint: oauth2.Endpoint{AuthURL: facts.Login, TokenURL: facts.API + "/oauth2/token"},
	}
	ctx := withTransport(t, transport)
	tokens := []*oauth2.Token{s.login(t, config, transport)}
	refreshed, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: tokens[0].RefreshToken}).Token()
	if err != nil {
		t.Fatalf("refreshing: %v", err)
	}
	tokens = append(tokens, refreshed, s.login(t, config, transport))
	for i, token := range tokens {
		want := http.StatusUnauthorized
		if i == len(tokens)-1 {
			want = http.StatusOK
		}
		if got := s.asks(t, token.AccessToken); got != want {
			t.Errorf("token %d of %d is answered %d, want %d", i+1, len(tokens), got, want)
		}
	}
	if got := s.asks(t, facts.AccessToken); got != http.StatusOK {
		t.Errorf("the token of the demonstration is answered %d", got)
	}
}

// withTransport has the library go by a transport.
func withTransport(t *testing.T, transport http.RoundTripper) context.Context {
	return context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: transport})
}

// login has the customer log in at a browser, by the link that comes to the folder of mails.
func (s *suite) login(t *testing.T, config oauth2.Config, transport http.RoundTripper) *oauth2.Token {
	t.Helper()
	facts := s.Facts()
	browser := doortest.New(t, transport, facts.Login)
	before := s.mails(t)
	if page := browser.Ask(config.AuthCodeURL("state"), facts.Email); page.Status != http.StatusOK {
		t.Fatalf("asking for a link is answered %d %q", page.Status, page.Title())
	}
	eventually(t, "a mail comes", func() bool { return len(s.mails(t)) > len(before) })
	mails := s.mails(t)
	text, err := os.ReadFile(filepath.Join(facts.MailFolder, mails[len(mails)-1]))
	if err != nil {
		t.Fatal(err)
	}
	link := doortest.LinkIn(strings.ReplaceAll(string(text), "\r\n", "\n"))
	location, err := url.Parse(browser.Approve(browser.Follow(link)))
	if err != nil {
		t.Fatal(err)
	}
	token, err := config.Exchange(withTransport(t, transport), location.Query().Get("code"))
	if err != nil {
		t.Fatalf("redeeming: %v", err)
	}
	return token
}

func (s *suite) mails(t *testing.T) []string {
	t.Helper()
	names, err := mail.Names(s.Facts().MailFolder)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// asks is the status that the public API answers a token with.
func (s *suite) asks(t *testing.T, token string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Facts().API+"/ping/whoami", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	answer, err := s.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return answer.Status
}
