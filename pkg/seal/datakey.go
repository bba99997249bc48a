package seal

import (
	"encoding/binary"
	"slices"
)

// DataKey is the key of one subject, such as a customer. It is stored wrapped, that is sealed under a ring; when the
// last wrapped copy is gone, everything that it sealed is gone as well, in every backup. It is safe for concurrent
// use.
type DataKey struct {
	name string // Of its ring.
	key  *key
}

// NewDataKey makes a key for a subject, and answers it wrapped. Keep that with the subject; destroy it to forget the
// subject.
func (k *Keyring) NewDataKey(subject string) []byte {
	s := newSecret()
	return k.Seal(s[:], wrapping(subject))
}

// WithDataKey unwraps a subject's key. It fails as Open does, also for another subject's.
func (k *Keyring) WithDataKey(wrapped []byte, subject string) (*DataKey, error) {
	plain, err := k.Open(wrapped, wrapping(subject))
	if err != nil {
		return nil, err
	}
	if len(plain) != secretBytes {
		return nil, k.refused(errNotSealed)
	}
	s := secret(plain)
	return &DataKey{k.name, &key{id: fingerprint(s), aead: aeadOf(derived(s, "farthing seal v1"))}}, nil
}

// Rewrap moves a wrapped key to the ring's current key; false if it is there already. What the data key sealed stays
// as it is.
func (k *Keyring) Rewrap(wrapped []byte, subject string) ([]byte, bool, error) {
	return k.Reseal(wrapped, wrapping(subject))
}

// wrapping keeps wrapped keys and other sealed values apart, and one subject's from another's.
func wrapping(subject string) []byte { return slices.Concat([]byte("data key of "), []byte(subject)) }

// fingerprint is a data key's id: random, as the key is, and telling nothing of it.
func fingerprint(s secret) uint32 { return binary.BigEndian.Uint32(derived(s, "farthing key id v1")) }

// Seal encrypts as Keyring.Seal does.
func (d *DataKey) Seal(plaintext, aad []byte) []byte { return d.key.seal(plaintext, aad) }

// Open decrypts what Seal answered, and fails as Keyring.Open does.
func (d *DataKey) Open(sealed, aad []byte) ([]byte, error) {
	id, err := keyID(sealed)
	switch {
	case err != nil:
		return nil, refused(d.name, err)
	case id != d.key.id:
		return nil, refused(d.name, errNotOpened)
	}
	plaintext, err := d.key.open(sealed, aad)
	if err != nil {
		return nil, refused(d.name, err)
	}
	return plaintext, nil
}

// String shows nothing of the key.
func (d *DataKey) String() string { return "data key of keys " + d.name }

// GoString is String.
func (d *DataKey) GoString() string { return d.String() }
