package handler

import (
	"crypto/x509"
	"fmt"
	"os"

	"farthing/pkg/clock"
	"farthing/pkg/foundation"
	"farthing/service.apns/apple"
)

func newSender(env *foundation.Env) (*apple.Sender, error) {
	config := Config{Host: apple.HostProduction}
	if err := env.Config(&config); err != nil {
		return nil, err
	}
	if config.KeyFile == "" {
		env.Log.Warn("no key for Apple is configured: nothing will be pushed")
		return nil, nil
	}
	key, err := os.ReadFile(config.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("reading FARTHING_APNS_KEY_FILE: %w", err)
	}
	roots, err := rootsFrom(config.CAFile)
	if err != nil {
		return nil, fmt.Errorf("reading FARTHING_APNS_CA_FILE: %w", err)
	}
	return apple.New(apple.Config{
		Host: config.Host, RootCAs: roots, Dial: env.Egress, Key: key, KeyID: config.KeyID, TeamID: config.TeamID,
		Topic: config.Topic, Clock: clock.Real{},
	})
}

func rootsFrom(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", file)
	}
	return roots, nil
}
