package fakeapple

import (
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Apple's rules for a provider token: good for an hour, and a connection may change to a new one every 20 minutes.
const (
	tokenLifetime    = time.Hour
	tokenMinInterval = 20 * time.Minute
	tokenMaxSkew     = 5 * time.Minute // How far in the future iat may be. Apple documents no figure.
	maxVerified      = 1024            // Tokens whose signature is remembered as good.
	maxTokenBytes    = 4096
)

// providerToken is a token with a good signature. Whether it is still good is a matter of time and connection.
type providerToken struct {
	text     string
	key      *Key
	issuedAt time.Time
}

// same compares the texts: two pushes at once may each have verified the one token.
func (t *providerToken) same(other *providerToken) bool { return other != nil && t.text == other.text }

// verifier checks signatures, each token's once: a signature costs more than the rest of a push.
type verifier struct {
	keys   map[string]*Key // By key id. Immutable.
	parser *jwt.Parser

	mu       sync.RWMutex
	verified map[string]*providerToken // Guarded by mu.
}

func newVerifier(keys []Key) *verifier {
	v := &verifier{
		keys:     make(map[string]*Key, len(keys)),
		parser:   jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithoutClaimsValidation()),
		verified: make(map[string]*providerToken),
	}
	for _, key := range keys {
		v.keys[key.ID] = &key
	}
	return v
}

// check finds the token in an authorization header, or says why there is none that could be used now.
func (v *verifier) check(header string, now time.Time) (*providerToken, Reason) {
	scheme, text, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "bearer") || text == "" {
		return nil, MissingProviderToken
	}
	token, ok := v.verify(text)
	switch {
	case !ok || token.issuedAt.After(now.Add(tokenMaxSkew)):
		return nil, InvalidProviderToken
	case now.Sub(token.issuedAt) > tokenLifetime:
		return nil, ExpiredProviderToken
	}
	return token, ""
}

func (v *verifier) verify(text string) (*providerToken, bool) {
	v.mu.RLock()
	token, ok := v.verified[text]
	v.mu.RUnlock()
	if ok {
		return token, true
	}
	token, err := v.parse(text)
	if err != nil {
		return nil, false
	}
	v.remember(token)
	return token, true
}

func (v *verifier) remember(token *providerToken) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.verified) >= maxVerified {
		clear(v.verified) // Only a sender that never reuses its tokens comes here; it pays for the signatures again.
	}
	v.verified[token.text] = token
}

var errUnusableToken = errors.New("not a provider token of a registered key")

// parse checks the shape, the key, the team and the signature, but no times.
func (v *verifier) parse(text string) (*providerToken, error) {
	if len(text) > maxTokenBytes {
		return nil, errUnusableToken
	}
	var key *Key
	var claims jwt.RegisteredClaims
	_, err := v.parser.ParseWithClaims(text, &claims, func(t *jwt.Token) (any, error) {
		id, _ := t.Header["kid"].(string)
		if key = v.keys[id]; key == nil {
			return nil, errUnusableToken
		}
		return key.Public, nil
	})
	switch {
	case err != nil:
		return nil, err
	case claims.IssuedAt == nil || claims.Issuer != key.TeamID:
		return nil, errUnusableToken
	}
	return &providerToken{text: text, key: key, issuedAt: claims.IssuedAt.Time}, nil
}

// connection is one connection's memory of the provider tokens used on it.
type connection struct {
	mu      sync.Mutex
	current *providerToken // Guarded by mu, as are the fields below.
	former  *providerToken // A push signed just before a change may arrive just after it.
	changed time.Time
}

// use makes token the connection's current one, or refuses: a new token at most every 20 minutes. A connection's first
// token counts from when it was issued, a later one from its first use here.
func (c *connection) use(token *providerToken, now time.Time) Reason {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case token.same(c.current) || token.same(c.former):
		return ""
	case c.current == nil:
		c.changed = token.issuedAt
	case now.Sub(c.changed) < tokenMinInterval:
		return TooManyProviderTokenUpdates
	default:
		c.changed = now
	}
	c.current, c.former = token, c.current
	return ""
}
