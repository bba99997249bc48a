// Package handler pushes what happened to customers' phones.
package handler

import (
	"context"
	"time"

	"farthing/pkg/audit"
	"farthing/pkg/clock"
	"farthing/pkg/events"
	"farthing/pkg/foundation"
	"farthing/service.apns/apple"
	apnsproto "farthing/service.apns/proto"
	"farthing/service.apns/storage"
	feedproto "farthing/service.feed/proto"
	transactionsproto "farthing/service.transactions/proto"
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
	devices      *storage.Devices
	pushes       *storage.Pushes
	feed         feedproto.FeedClient
	transactions transactionsproto.TransactionsClient
	apple        *apple.Sender // Nil when no key is configured.
	clock        *clock.Business
	real         clock.Clock
	metrics      *metrics
	wait         func(context.Context, time.Duration) error // Until an audit looks again.
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
	transactions, err := env.Dial("service.transactions")
	if err != nil {
		return err
	}
	feed, err := env.Dial("service.feed")
	if err != nil {
		return err
	}
	h := &Handler{
		devices:      storage.NewDevices(env.Store, keys),
		pushes:       storage.NewPushes(env.Store),
		feed:         feedproto.NewFeedClient(feed),
		transactions: transactionsproto.NewTransactionsClient(transactions),
		apple:        sender, clock: env.Clock, real: clock.Real{},
		metrics: newMetrics(env.Metrics), wait: clock.Wait,
	}
	apnsproto.RegisterAPNSServer(env.GRPC, h)
	env.Operate("GET "+apnsproto.AuditPushesPath, audit.Pages(h.audit))
	env.Subscribe(events.Subscription{
		Name: "apns", Types: []string{"transactions.enriched"}, Handle: h.push, Concurrency: pushConcurrency,
	})
	if sender != nil {
		env.Defer(sender.Close)
	}
	return nil
}
