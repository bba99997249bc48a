// Package seal keeps secrets at rest: a ring of named keys that encrypt and index, and data keys below it, one for
// each person, whose destruction destroys all that they sealed.
//
// Every sealed value and every index begins with the id of its key, so that keys can be rotated without a flag day:
// new values take the newest key, and old ones open as long as theirs is on the ring.
package seal

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"farthing/pkg/errs"
)

// Keyring holds the keys of one use, such as "cards". It is safe for concurrent use.
//
// One key may seal some four thousand million values (2^32, GCM's bound for random nonces): rotate before that.
type Keyring struct {
	name string
	dir  string // "" for a ring in memory.

	mu   sync.Mutex // One rotation or reload at a time.
	ring atomic.Pointer[ring]
}

// ring is the keys at one moment. It is never changed, only replaced.
type ring struct {
	keys []*key // Newest first: the first is current.
}

func ringOf(keys []*key) *ring {
	slices.SortFunc(keys, func(a, b *key) int { return cmp.Compare(b.id, a.id) })
	return &ring{keys}
}

func (r *ring) current() *key { return r.keys[0] }

func (r *ring) find(id uint32) (*key, bool) {
	for _, k := range r.keys {
		if k.id == id {
			return k, true
		}
	}
	return nil, false
}

// Ephemeral is a ring in memory with one fresh key, lost with the process: for tests and simulated worlds.
func Ephemeral(name string) *Keyring {
	k := &Keyring{name: name}
	k.ring.Store(ringOf([]*key{newKey(1, newSecret())}))
	return k
}

// Seal encrypts plaintext under the current key. It opens only with the same aad, which says where the value belongs
// (a card's id, "customer.name"), so that it cannot be moved to another row. Each call answers other bytes.
func (k *Keyring) Seal(plaintext, aad []byte) []byte {
	return k.ring.Load().current().seal(plaintext, aad)
}

// Open decrypts what Seal answered under any key of the ring. It fails with an internal error that says nothing of
// the value: its key is unknown, it was changed, or it was sealed with another aad.
func (k *Keyring) Open(sealed, aad []byte) ([]byte, error) {
	id, err := keyID(sealed)
	if err != nil {
		return nil, k.refused(err)
	}
	opener, err := k.find(id)
	if err != nil {
		return nil, k.refused(err)
	}
	plaintext, err := opener.open(sealed, aad)
	if err != nil {
		return nil, k.refused(err)
	}
	return plaintext, nil
}

// Reseal moves a value to the current key; false if it is there already, with the value as it was. An old key may be
// taken off the ring once all of its values have been moved.
func (k *Keyring) Reseal(sealed, aad []byte) ([]byte, bool, error) {
	if id, err := keyID(sealed); err == nil && id == k.ring.Load().current().id {
		return sealed, false, nil
	}
	plaintext, err := k.Open(sealed, aad)
	if err != nil {
		return nil, false, err
	}
	return k.Seal(plaintext, aad), true, nil
}

// Index is a keyed hash of value under the current key, 36 bytes, always the same: by it a sealed value is found
// without being readable, and without the key it cannot be guessed by trying all values.
func (k *Keyring) Index(value []byte) []byte { return k.ring.Load().current().indexOf(value) }

// Indexes are the index of value under every key of the ring, newest first: where a value may be found that was
// stored before a rotation.
func (k *Keyring) Indexes(value []byte) [][]byte {
	keys := k.ring.Load().keys
	out := make([][]byte, len(keys))
	for i, each := range keys {
		out[i] = each.indexOf(value)
	}
	return out
}

// Rotate adds a key and makes it current. Other processes with the same folder meet it as soon as they have to open
// a value that it sealed.
func (k *Keyring) Rotate() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.ring.Load()
	next := now.current().id + 1
	secret := newSecret()
	if k.dir != "" {
		if err := writeKey(k.dir, k.name, next, secret); err != nil {
			return fmt.Errorf("rotating the keys %q: %w", k.name, err)
		}
	}
	k.ring.Store(ringOf(append(slices.Clone(now.keys), newKey(next, secret))))
	return nil
}

// String names the ring and shows none of its keys.
func (k *Keyring) String() string {
	return fmt.Sprintf("keys %q, current %d", k.name, k.ring.Load().current().id)
}

// GoString is String: %#v would print what lies inside.
func (k *Keyring) GoString() string { return k.String() }

// find is the key of an id. One that is not known may have been added by another process since.
func (k *Keyring) find(id uint32) (*key, error) {
	if found, ok := k.ring.Load().find(id); ok {
		return found, nil
	}
	if k.dir == "" {
		return nil, errUnknownKey(id)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	keys, err := readKeys(k.dir, k.name)
	if err != nil {
		return nil, err
	}
	fresh := ringOf(keys)
	found, ok := fresh.find(id)
	if !ok {
		return nil, errUnknownKey(id)
	}
	k.ring.Store(fresh)
	return found, nil
}

func errUnknownKey(id uint32) error { return fmt.Errorf("key %d is not on the ring", id) }

var (
	errNotSealed = errors.New("not a sealed value")
	errNotOpened = errors.New("changed, or sealed for another place")
)

// refused hides why from all but our own log, where it names the ring and never the value.
func (k *Keyring) refused(cause error) error { return refused(k.name, cause) }

func refused(name string, cause error) error {
	return errs.New(errs.Internal, "Something went wrong").Because(fmt.Errorf("opening with keys %q: %w", name, cause))
}

// keyID reads the head of a sealed value: a version and the id of its key.
func keyID(sealed []byte) (uint32, error) {
	if len(sealed) < headBytes || sealed[0] != version {
		return 0, errNotSealed
	}
	return binary.BigEndian.Uint32(sealed[1:]), nil
}
