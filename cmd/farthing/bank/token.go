package bank

import (
	"crypto/rand"
	"net/url"
	"path/filepath"
)

// token is what clients of the bank's own event server must show: without it any user of the machine could read the
// bank's events.
type token struct{ file, secret string }

// keepToken makes a new one at each start.
func (f Folder) keepToken() (token, error) {
	t := token{filepath.Join(string(f), "events.token"), rand.Text()}
	return t, writeFile(t.file, []byte(t.secret+"\n"))
}

// bareURL is a URL without the secret in it.
func bareURL(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return address
	}
	parsed.User = nil
	return parsed.String()
}
