package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

const (
	secretBytes = 32
	version     = 1     // Of the format of sealed values.
	headBytes   = 1 + 4 // Version and key id; the nonce, the ciphertext and its tag follow.
	idBytes     = 4     // An index begins with the key's id alone.
)

// secret is what a key is made of. It lives only while the key is being made.
type secret [secretBytes]byte

func newSecret() secret {
	var s secret
	_, _ = rand.Read(s[:]) // It never fails: crypto/rand ends the process instead.
	return s
}

// key encrypts and indexes. One secret makes two keys, because one key must not serve two algorithms.
type key struct {
	id    uint32
	aead  cipher.AEAD
	index []byte
}

func newKey(id uint32, s secret) *key {
	return &key{id, aeadOf(derived(s, "farthing seal v1")), derived(s, "farthing index v1")}
}

func derived(s secret, purpose string) []byte {
	out, err := hkdf.Key(sha256.New, s[:], nil, purpose, secretBytes)
	if err != nil {
		panic(err) // Only for more bytes than SHA-256 can give.
	}
	return out
}

// aeadOf is AES-256-GCM that draws its own nonces and puts them before the ciphertext.
func aeadOf(encryption []byte) cipher.AEAD {
	block, err := aes.NewCipher(encryption)
	if err != nil {
		panic(err) // Only for a key that has not 32 bytes.
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // Only for a block that has not 16 bytes.
	}
	return aead
}

func (k *key) seal(plaintext, aad []byte) []byte {
	head := make([]byte, headBytes, headBytes+k.aead.Overhead()+len(plaintext))
	head[0] = version
	binary.BigEndian.PutUint32(head[1:], k.id)
	return k.aead.Seal(head, nil, plaintext, bound(head, aad)) //nolint:gosec // It draws a random nonce by itself.
}

func (k *key) open(sealed, aad []byte) ([]byte, error) {
	plaintext, err := k.aead.Open(nil, nil, sealed[headBytes:], bound(sealed[:headBytes], aad))
	if err != nil {
		return nil, errNotOpened
	}
	return plaintext, nil
}

// bound is aad with the head before it, so that the head cannot be changed either.
func bound(head, aad []byte) []byte { return slices.Concat(head, aad) }

func (k *key) indexOf(value []byte) []byte {
	mac := hmac.New(sha256.New, k.index)
	mac.Write(value)
	out := make([]byte, idBytes, idBytes+sha256.Size)
	binary.BigEndian.PutUint32(out, k.id)
	return mac.Sum(out)
}
