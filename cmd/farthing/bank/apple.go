package bank

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"

	"farthing/pkg/clock"
	"farthing/service.apns/fakeapple"
)

// Who the bank is to the fake Apple.
const (
	appleTeam  = "FARTHING01"
	appleKeyID = "DEVELOPMNT"
	appleTopic = "bank.farthing.app"
)

// Settings that say how Apple is reached.
const (
	settingAppleHost = "FARTHING_APNS_HOST"
	settingAppleKey  = "FARTHING_APNS_KEY_FILE"
)

// startApple runs the fake Apple, unless the settings name a host to push to, and has service.apns push to it.
func (b *Bank) startApple(ctx context.Context) error {
	b.settings = make(map[string]string)
	maps.Copy(b.settings, b.options.Settings)
	if b.settings[settingAppleHost] != "" || b.settings[settingAppleKey] != "" {
		return nil
	}
	key, private, err := fakeapple.NewKey(appleTeam, appleKeyID, appleTopic)
	if err != nil {
		return err
	}
	server, err := fakeapple.New(fakeapple.Options{Keys: []fakeapple.Key{key}, Clock: clock.Real{}})
	if err != nil {
		return err
	}
	settings, err := b.options.Folder.keepApple(private, server.CA())
	if err != nil {
		return fmt.Errorf("keeping the fake Apple's key: %w", err)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening as the fake Apple: %w", err)
	}
	settings[settingAppleHost] = "https://" + listener.Addr().String()
	maps.Copy(b.settings, settings)
	b.Phones = server.Book()
	b.serveApple(ctx, server, listener)
	return nil
}

// serveApple runs it for as long as the bank does: the last push is under way when the services drain.
func (b *Bank) serveApple(ctx context.Context, server *fakeapple.Server, listener net.Listener) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, listener) }()
	b.later(func(context.Context) error {
		stop()
		return <-ended
	})
}

// keepApple writes the fake Apple's files, and answers the settings that name them.
func (f Folder) keepApple(private, authority []byte) (map[string]string, error) {
	if err := os.MkdirAll(f.apple(), 0o700); err != nil {
		return nil, err
	}
	key, ca := filepath.Join(f.apple(), "key.p8"), filepath.Join(f.apple(), "ca.pem")
	if err := writeFile(key, private); err != nil {
		return nil, err
	}
	if err := writeFile(ca, authority); err != nil {
		return nil, err
	}
	return map[string]string{
		settingAppleKey: key, "FARTHING_APNS_CA_FILE": ca,
		"FARTHING_APNS_KEY_ID": appleKeyID, "FARTHING_APNS_TEAM_ID": appleTeam, "FARTHING_APNS_TOPIC": appleTopic,
	}, nil
}
