// Package standard signs what a webhook sends, and verifies it, as Standard Webhooks has it: three headers, of which
// the signature is an HMAC-SHA-256 of the id, the time and the body under each secret that is live.
package standard

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers.
const (
	HeaderID        = "webhook-id"        // The same each time that one message is sent.
	HeaderTimestamp = "webhook-timestamp" // Of this time, in Unix seconds.
	HeaderSignature = "webhook-signature" // One or more with a space between, each "v1," and base64.
)

// Tolerance is how far a message's time may be from the receiver's: what is older was sent by somebody else again.
const Tolerance = 5 * time.Minute

const (
	secretPrefix  = "whsec_"
	secretBytes   = 32
	versionPrefix = "v1,"
)

// Secret is what a sender and its receiver share. It masks itself wherever it is printed.
type Secret struct{ key []byte }

// NewSecret is a fresh one.
func NewSecret() Secret {
	key := make([]byte, secretBytes)
	_, _ = rand.Read(key) // It never fails: crypto/rand ends the process instead.
	return Secret{key}
}

// SecretOf is the secret with a key, as Key answers it.
func SecretOf(key []byte) Secret { return Secret{key} }

// ParseSecret reads what Reveal wrote.
func ParseSecret(text string) (Secret, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, secretPrefix))
	if err != nil || len(key) == 0 || !strings.HasPrefix(text, secretPrefix) {
		return Secret{}, errors.New("the secret must be 'whsec_' and base64")
	}
	return Secret{key}, nil
}

// Reveal is the secret as its receiver is given it.
func (s Secret) Reveal() string { return secretPrefix + base64.StdEncoding.EncodeToString(s.key) }

// Key is the secret as it is sealed.
func (s Secret) Key() []byte { return s.key }

// String masks it.
func (s Secret) String() string { return secretPrefix + "…" }

// GoString is String.
func (s Secret) GoString() string { return s.String() }

func (s Secret) sign(id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return versionPrefix + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Sign is the headers of a message that is sent at a time, signed under each of the secrets.
func Sign(id string, at time.Time, body []byte, secrets ...Secret) http.Header {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	signatures := make([]string, len(secrets))
	for i, each := range secrets {
		signatures[i] = each.sign(id, timestamp, body)
	}
	header := make(http.Header)
	header.Set(HeaderID, id)
	header.Set(HeaderTimestamp, timestamp)
	header.Set(HeaderSignature, strings.Join(signatures, " "))
	return header
}

// Verify fails unless a message was signed under the secret, within Tolerance of now.
func Verify(header http.Header, body []byte, now time.Time, secret Secret) error {
	timestamp := header.Get(HeaderTimestamp)
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	switch {
	case header.Get(HeaderID) == "" || err != nil:
		return errors.New("the message has no id or no time")
	case now.Sub(time.Unix(seconds, 0)).Abs() > Tolerance:
		return errors.New("the message is too old, or of the future")
	}
	want := secret.sign(header.Get(HeaderID), timestamp, body)
	for each := range strings.FieldsSeq(header.Get(HeaderSignature)) {
		if hmac.Equal([]byte(each), []byte(want)) {
			return nil
		}
	}
	return errors.New("the message is not signed under the secret")
}
