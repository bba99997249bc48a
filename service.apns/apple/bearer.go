package apple

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/sideshow/apns2"
	"github.com/sideshow/apns2/token"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
)

// Apple refuses a provider token after 60 minutes, and a connection that changes it more often than every 20.
const (
	renewAfter = 50 * time.Minute // Leaves our clock and Apple's ten minutes to differ.
	keepFor    = 20 * time.Minute
)

// bearers makes provider tokens and keeps each for as long as it is good. apns2's own token package cannot be used:
// it reads the machine's time, and a simulated bank lives in another.
type bearers struct {
	key           *ecdsa.PrivateKey
	keyID, teamID string
	clock         clock.Clock
	host          string
	http          *http.Client

	mu      sync.Mutex // Held while renewing.
	current atomic.Pointer[bearer]
}

// bearer is one provider token and the apns2 client that sends it.
type bearer struct {
	client   *apns2.Client
	issuedAt time.Time
}

// get is the current token's bearer; it makes a new one when that has become too old.
func (b *bearers) get() (*bearer, error) {
	if current := b.current.Load(); b.fresh(current, renewAfter) {
		return current, nil
	}
	return b.renew(renewAfter)
}

// refused renews a token that Apple called expired, unless somebody has done so, or it is too young to be changed.
func (b *bearers) refused(old *bearer) error {
	if b.current.Load() != old {
		return nil
	}
	_, err := b.renew(keepFor)
	return err
}

// renew makes a new token if the current one is of that age.
func (b *bearers) renew(age time.Duration) (*bearer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if current := b.current.Load(); b.fresh(current, age) {
		return current, nil
	}
	issuedAt := b.clock.Now()
	text, err := b.sign(issuedAt)
	if err != nil {
		return nil, err
	}
	made := &bearer{client: b.clientFor(text), issuedAt: issuedAt}
	b.current.Store(made)
	return made, nil
}

func (b *bearers) fresh(current *bearer, age time.Duration) bool {
	return current != nil && b.clock.Now().Sub(current.issuedAt) < age
}

func (b *bearers) sign(issuedAt time.Time) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"iss": b.teamID, "iat": issuedAt.Unix()})
	t.Header = map[string]any{"alg": "ES256", "kid": b.keyID} // Exactly what Apple documents: no typ.
	text, err := t.SignedString(b.key)
	if err != nil {
		return "", fmt.Errorf("signing a provider token: %w", err)
	}
	return text, nil
}

// clientFor hands apns2 a token that it believes to last for ever, so that it never makes one by itself. All clients
// share one HTTP client, and so its connections.
func (b *bearers) clientFor(text string) *apns2.Client {
	forever := &token.Token{Bearer: text, IssuedAt: math.MaxInt64 - token.TokenTimeout}
	return &apns2.Client{Host: b.host, Token: forever, HTTPClient: b.http}
}

// parseKey reads the text of Apple's .p8 file.
func parseKey(p8 []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(p8)
	if block == nil {
		return nil, errs.BadParam("key", "must be the PEM text of a .p8 file")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errs.BadParam("key", "must be PKCS #8") // The parser's text might quote the key.
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errs.BadParam("key", "must be an ECDSA key on P-256")
	}
	return key, nil
}
