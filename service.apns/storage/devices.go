// Package storage keeps customers' phones, and what they were told. Apple's token of a phone is sealed.
package storage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"farthing/pkg/id"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	"farthing/service.apns/apple"
)

// deviceRow is a phone of a customer. Registering and forgetting one may race; the later one wins, and a phone that
// was forgotten in error registers again when its app is opened.
type deviceRow struct {
	User         string    `store:"1,partition"`
	Device       string    `store:"2,clustering"` // device_…, from a keyed hash of the token.
	Token        []byte    `store:"3"`            // Sealed, with user and device as additional data.
	RegisteredAt time.Time `store:"4"`            // Real time: Apple says in real time since when a token is dead.
	// Business time: when the customer first registered it, to have it ever since. Zero of one that has not been
	// registered again since there is such a column.
	Since time.Time `store:"5"`
}

// ownerRow finds whose a phone is: who signs in on another's phone must not see the other's payments there.
type ownerRow struct {
	Device string `store:"1,partition"`
	User   string `store:"2"`
}

var (
	devicesTable = store.PlainTable[deviceRow]("devices")
	ownersTable  = store.PlainTable[ownerRow]("owners")
)

// Schema is the keyspace of service.apns.
func Schema() store.Schema {
	return store.Schema{Keyspace: "apns", Tables: []store.Table{devicesTable, ownersTable, pushesTable, monthsTable}}
}

// Device is a customer's phone.
type Device struct {
	ID           string
	Token        apple.DeviceToken
	RegisteredAt time.Time
}

// Devices is the phones of all customers.
type Devices struct {
	keyspace *store.Keyspace
	devices  store.Plain[deviceRow]
	owners   store.Plain[ownerRow]
	keys     *seal.Keyring
}

// NewDevices is the phones in a keyspace, sealed with these keys.
func NewDevices(k *store.Keyspace, keys *seal.Keyring) *Devices {
	return &Devices{k, devicesTable.On(k), ownersTable.On(k), keys}
}

// Moment is now, in both times.
type Moment struct{ Real, Business time.Time }

// Register binds a phone to a customer alone, and answers its id: the same for the same token. A customer with too many
// phones loses the one that registered longest ago. Repeating it is harmless.
func (s *Devices) Register(ctx context.Context, user string, token apple.DeviceToken, now Moment) (string, error) {
	ids := s.idsOf(token)
	device := ids[0]
	unbound, err := s.unbind(ctx, user, ids)
	if err != nil {
		return "", fmt.Errorf("finding a device's owner: %w", err)
	}
	rows, err := s.rows(ctx, user)
	if err != nil {
		return "", err
	}
	puts := append(unbound, s.surplus(rows, ids)...)
	puts = append(puts, s.owners.Put(ownerRow{device, user}), s.devices.Put(deviceRow{
		User: user, Device: device, Token: s.keys.Seal([]byte(token), sealedFor(user, device)), RegisteredAt: now.Real,
		Since: since(rows, ids, now.Business),
	}))
	if err := s.keyspace.Write(ctx, puts...); err != nil {
		return "", fmt.Errorf("registering a device: %w", err)
	}
	return device, nil
}

// since is when a customer with these phones first registered the one with these ids, at the latest now.
func since(rows []deviceRow, ids []string, now time.Time) time.Time {
	for _, row := range rows {
		if slices.Contains(ids, row.Device) && !row.Since.IsZero() && row.Since.Before(now) {
			now = row.Since
		}
	}
	return now
}

// idsOf is the ids of a phone under every key of the ring, the current one first.
func (s *Devices) idsOf(token apple.DeviceToken) []string {
	indexes := s.keys.Indexes([]byte(token))
	ids := make([]string, len(indexes))
	for i, index := range indexes {
		ids[i] = id.Hash("device", string(index))
	}
	return ids
}

// unbind takes the phone from another customer, and from this one what it was called before the keys were rotated.
func (s *Devices) unbind(ctx context.Context, user string, ids []string) ([]store.Put, error) {
	var puts []store.Put
	for i, device := range ids {
		owner, ok, err := s.owners.In(device).Find(ctx, store.Recent)
		if err != nil {
			return nil, err
		}
		if current := i == 0; ok && !(current && owner.User == user) {
			puts = append(puts, s.devices.Delete(deviceRow{User: owner.User, Device: device}))
			if !current {
				puts = append(puts, s.owners.Delete(owner))
			}
		}
	}
	return puts, nil
}

// devicesMax is how many phones a customer may have.
const devicesMax = 20

// surplus takes the oldest phone from a customer who has as many as there may be without this one.
func (s *Devices) surplus(rows []deviceRow, ids []string) []store.Put {
	others := slices.DeleteFunc(slices.Clone(rows), func(row deviceRow) bool { return slices.Contains(ids, row.Device) })
	if len(others) < devicesMax {
		return nil
	}
	oldest := slices.MinFunc(others, func(a, b deviceRow) int { return a.RegisteredAt.Compare(b.RegisteredAt) })
	return []store.Put{s.devices.Delete(oldest), s.owners.Delete(ownerRow{Device: oldest.Device})}
}

// rows is a customer's phones as they are kept.
func (s *Devices) rows(ctx context.Context, user string) ([]deviceRow, error) {
	rows, _, err := s.devices.In(user).Range().Limit(devicesMax+1).List(ctx, store.Recent)
	if err != nil {
		return nil, fmt.Errorf("listing devices: %w", err)
	}
	return rows, nil
}

// Forget removes a phone. Whose it was stays known: it may be another's by now. Repeating it is harmless.
func (s *Devices) Forget(ctx context.Context, user, device string) error {
	if err := s.keyspace.Write(ctx, s.devices.Delete(deviceRow{User: user, Device: device})); err != nil {
		return fmt.Errorf("forgetting a device: %w", err)
	}
	return nil
}

// List is a customer's phones.
func (s *Devices) List(ctx context.Context, user string) ([]Device, error) {
	rows, err := s.rows(ctx, user)
	if err != nil {
		return nil, err
	}
	devices := make([]Device, len(rows))
	for i, row := range rows {
		token, err := s.keys.Open(row.Token, sealedFor(user, row.Device))
		if err != nil {
			return nil, fmt.Errorf("opening a device token: %w", err)
		}
		devices[i] = Device{row.Device, apple.DeviceToken(token), row.RegisteredAt}
	}
	return devices, nil
}

// Since is when a customer's first phone was registered of those that are there now, in business time: from then on the
// customer has had one. It is zero for nobody's, and for phones of which that is not known.
func (s *Devices) Since(ctx context.Context, user string) (time.Time, error) {
	rows, err := s.rows(ctx, user)
	var first time.Time
	for _, row := range rows {
		if first.IsZero() || !row.Since.IsZero() && row.Since.Before(first) {
			first = row.Since
		}
	}
	return first, err
}

func sealedFor(user, device string) []byte { return []byte(user + "/" + device) }
