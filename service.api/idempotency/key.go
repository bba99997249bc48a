package idempotency

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/service.api/caller"
	"farthing/service.api/storage"
)

const (
	headerName = "Idempotency-Key"
	// keyCharsMax is far above a UUID.
	keyCharsMax = 255
)

// named is the attempt that a request with a key belongs to: whose the key is, and what was asked for. A key belongs to
// one program in one customer's name; where there is no token yet, to the program.
func named(req edge.Request, header string) (storage.Attempt, error) {
	key := unquoted(header)
	if !plain(key) {
		return storage.Attempt{}, errs.BadParam(headerName, "must have 1 to 255 printable ASCII characters")
	}
	body, err := req.Body()
	if err != nil {
		return storage.Attempt{}, err
	}
	c, credentials := caller.Of(req), ""
	if c.UserID == "" {
		c.ClientID, credentials = clientOf(req), req.Header("Authorization")
	}
	return storage.Attempt{
		Request: hashOf(c.ClientID, c.UserID, key),
		Content: hashOf(req.Method(), req.Path(), req.Query(), credentials, string(body)),
	}, nil
}

// unquoted is a key without the quotes that the draft of the IETF has around it, and most programs have not.
func unquoted(header string) string {
	if len(header) >= 2 && strings.HasPrefix(header, `"`) && strings.HasSuffix(header, `"`) {
		return header[1 : len(header)-1]
	}
	return header
}

func plain(key string) bool {
	return key != "" && len(key) <= keyCharsMax &&
		!strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' })
}

// clientOf is the program that a request without a token is from, as it says itself. If it lies it gains nothing: what
// is kept is told only to who sends the same again, secrets included.
func clientOf(req edge.Request) string {
	if client, _, ok := req.Basic(); ok {
		return client
	}
	return req.Form().String("client_id")
}

// hashOf is a hash of texts, each with its length, so that none can be taken for two.
func hashOf(texts ...string) []byte {
	sum := sha256.New()
	for _, text := range texts {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(text)))
		_, _ = sum.Write(length[:]) // A hash takes everything.
		_, _ = sum.Write([]byte(text))
	}
	return sum.Sum(nil)
}

// requestID is a request's name for the services behind, the same in each attempt to answer it.
func requestID(named storage.Attempt) string { return "idem-" + hex.EncodeToString(named.Request[:16]) }
