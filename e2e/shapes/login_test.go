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
	facts, config := s.Facts(), s.config()
	ctx := withTransport(t, transport)
	tokens := []*oauth2.Token{s.login(t, config, transport, facts.Email)}
	refreshed, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: tokens[0].RefreshToken}).Token()
	if err != nil {
		t.Fatalf("refreshing: %v", err)
	}
	tokens = append(tokens, refreshed, s.login(t, config, transport, facts.Email))
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

// config is what the demonstration's program needs to be let in.
func (s *suite) config() oauth2.Config {
	facts := s.Facts()
	return oauth2.Config{
		ClientID: facts.ClientID, ClientSecret: facts.ClientSecret, RedirectURL: callback,
		Endpoint: oauth2.Endpoint{AuthURL: facts.Login, TokenURL: facts.API + "/oauth2/token"},
	}
}

// withTransport has the library go by a transport.
func withTransport(t *testing.T, transport http.RoundTripper) context.Context {
	return context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: transport})
}

// login has a customer log in at a browser, by the link that comes to the folder of mails.
func (s *suite) login(
	t *testing.T, config oauth2.Config, transport http.RoundTripper, email string,
) *oauth2.Token {
	t.Helper()
	browser := doortest.New(t, transport, s.Facts().Login)
	const subject = "Log in to Farthing"
	before := len(s.mails(t, email, subject))
	if page := browser.Ask(config.AuthCodeURL("state"), email); page.Status != http.StatusOK {
		t.Fatalf("asking for a link is answered %d %q", page.Status, page.Title())
	}
	eventually(t, "a mail comes", func() bool { return len(s.mails(t, email, subject)) > before })
	link := doortest.LinkIn(s.mails(t, email, subject)[before])
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

// mails are those to an address about something, oldest first.
func (s *suite) mails(t *testing.T, to, subject string) []string {
	t.Helper()
	names, err := mail.Names(s.Facts().MailFolder)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(s.Facts().MailFolder, name))
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(content), "\r\n", "\n")
		if strings.Contains(text, "\nTo: <"+to+">\n") && strings.Contains(text, "\nSubject: "+subject+"\n") {
			found = append(found, text)
		}
	}
	return found
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
