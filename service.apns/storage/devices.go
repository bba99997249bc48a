// Package storage keeps customers' phones. Apple's token of a phone is sealed.
package storage

import (
	"context"
	"fmt"
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
	RegisteredAt time.Time `store:"4"`
}

var devicesTable = store.PlainTable[deviceRow]("devices")

// Schema is the keyspace of service.apns.
func Schema() store.Schema {
	return store.Schema{Keyspace: "apns", Tables: []store.Table{devicesTable}}
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
	keys     *seal.Keyring
}

// NewDevices is the phones in a keyspace, sealed with these keys.
func NewDevices(k *store.Keyspace, keys *seal.Keyring) *Devices {
	return &Devices{k, devicesTable.On(k), keys}
}

// Register binds a phone to a customer, and answers its id: the same for the same token. Repeating it is harmless.
func (s *Devices) Register(ctx context.Context, user string, token apple.DeviceToken, at time.Time) (string, error) {
	device := id.Hash("device", string(s.keys.Index([]byte(token))))
	err := s.keyspace.Write(ctx, s.devices.Put(deviceRow{
		User: user, Device: device, Token: s.keys.Seal([]byte(token), sealedFor(user, device)), RegisteredAt: at,
	}))
	if err != nil {
		return "", fmt.Errorf("registering a device: %w", err)
	}
	return device, nil
}

// Forget removes a phone. Repeating it is harmless.
func (s *Devices) Forget(ctx context.Context, user, device string) error {
	if err := s.keyspace.Write(ctx, s.devices.Delete(deviceRow{User: user, Device: device})); err != nil {
		return fmt.Errorf("forgetting a device: %w", err)
	}
	return nil
}

// devicesMax is how many phones of one customer are told.
const devicesMax = 20

// List is a customer's phones.
func (s *Devices) List(ctx context.Context, user string) ([]Device, error) {
	rows, _, err := s.devices.In(user).Range().Limit(devicesMax).List(ctx, store.Recent)
	if err != nil {
		return nil, fmt.Errorf("listing devices: %w", err)
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

func sealedFor(user, device string) []byte { return []byte(user + "/" + device) }
