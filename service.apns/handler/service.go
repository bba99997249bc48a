// Package handler pushes what happened to customers' phones.
package handler

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/foundation"
	"farthing/service.apns/apple"
	apnsproto "farthing/service.apns/proto"
	"farthing/service.apns/storage"
)

// Service is service.apns, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{Name: "service.apns", Schema: storage.Schema(), Register: register}

// Config says how Apple is reached.
type Config struct {
	Host    string `setting:"APNS_HOST"`     // https://…; Apple's production host if empty.
	KeyFile string `setting:"APNS_KEY_FILE"` // The .p8 file. Without one nothing is pushed.
	KeyID   string `setting:"APNS_KEY_ID"`
	TeamID  string `setting:"APNS_TEAM_ID"`
	Topic   string `setting:"APNS_TOPIC"`   // The app's bundle id.
	CAFile  string `setting:"APNS_CA_FILE"` // PEM; the system's roots if empty.
}

// Handler answers the RPCs and takes the events.
type Handler struct {
	apnsproto.UnimplementedAPNSServer
	devices *storage.Devices
	apple   *apple.Sender // Nil when no key is configured.
	clock   *clock.Business
	real    clock.Clock
	pushes  *prometheus.CounterVec
	lag     prometheus.Histogram
}

// pushConcurrency is how many pushes may be on their way to Apple at once.
const pushConcurrency = 64

func register(env *foundation.Env) error {
	keys, err := env.Keys("devices")
	if err != nil {
		return err
	}
	sender, err := newSender(env)
	if err != nil {
		return err
	}
	in := promauto.With(env.Metrics)
	h := &Handler{
		devices: storage.NewDevices(env.Store, keys), apple: sender, clock: env.Clock, real: clock.Real{},
		pushes: in.NewCounterVec(prometheus.CounterOpts{
			Name: "pushes_total", Help: "Pushes to phones, by what became of them.",
		}, []string{"outcome"}),
		lag: in.NewHistogram(prometheus.HistogramOpts{
			Name: "push_lag_seconds", Help: "From a transaction's creation to Apple's acceptance of its push.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 16),
		}),
	}
	apnsproto.RegisterAPNSServer(env.GRPC, h)
	env.Subscribe(events.Subscription{
		Name: "apns", Types: []string{"transactions.enriched"}, Handle: h.push, Concurrency: pushConcurrency,
	})
	if sender != nil {
		env.Defer(sender.Close)
	}
	return nil
}

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

// The lengths of Apple's device tokens, in hexadecimal digits. Apple says that they vary and may grow.
const (
	tokenDigitsMin = 64
	tokenDigitsMax = 200
)

// RegisterDevice binds a phone to a customer. Repeating it is harmless.
func (h *Handler) RegisterDevice(
	ctx context.Context, req *apnsproto.RegisterDeviceRequest,
) (*apnsproto.RegisterDeviceResponse, error) {
	token := req.GetDeviceToken()
	switch {
	case req.GetUserId() == "":
		return nil, errs.MissingParam("user_id")
	case token == "":
		return nil, errs.MissingParam("device_token")
	case len(token) < tokenDigitsMin || len(token) > tokenDigitsMax || !isHexadecimal(token):
		return nil, errs.BadParam("device_token", "must be 64 to 200 hexadecimal digits")
	}
	device, err := h.devices.Register(ctx, req.GetUserId(), apple.DeviceToken(token), h.clock.Now())
	if err != nil {
		return nil, err
	}
	return &apnsproto.RegisterDeviceResponse{DeviceId: device}, nil
}

func isHexadecimal(text string) bool {
	for _, c := range text {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}
