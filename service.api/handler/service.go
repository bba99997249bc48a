// Package handler puts the areas of the public API behind one door.
package handler

import (
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"google.golang.org/grpc"

	"farthing/pkg/clock"
	"farthing/pkg/edge"
	"farthing/pkg/foundation"
	"farthing/pkg/metrics"
	accountproto "farthing/service.account/proto"
	"farthing/service.api/accounts"
	"farthing/service.api/attachments"
	"farthing/service.api/balance"
	"farthing/service.api/caller"
	"farthing/service.api/cards"
	"farthing/service.api/events"
	"farthing/service.api/feed"
	"farthing/service.api/idempotency"
	"farthing/service.api/limits"
	"farthing/service.api/oauth2"
	"farthing/service.api/openapi"
	"farthing/service.api/ping"
	"farthing/service.api/pots"
	"farthing/service.api/receipts"
	"farthing/service.api/storage"
	"farthing/service.api/transactions"
	"farthing/service.api/webhooks"
	"farthing/service.api/wire"
	attachmentproto "farthing/service.attachment/proto"
	authproto "farthing/service.auth/proto"
	balanceproto "farthing/service.balance/proto"
	cardsproto "farthing/service.cards/proto"
	customerproto "farthing/service.customer/proto"
	feedproto "farthing/service.feed/proto"
	potproto "farthing/service.pot/proto"
	receiptproto "farthing/service.receipt/proto"
	transactionsproto "farthing/service.transactions/proto"
	webhookproto "farthing/service.webhook/proto"
)

// Service is service.api, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{
	Name: "service.api", Schema: storage.Schema(), Doors: []foundation.Door{foundation.Public}, Register: register,
}

const (
	// giveUpAfter is the deadline of a whole request, far above what any route needs.
	giveUpAfter = 5 * time.Second
	bodyMax     = 64 << 10
	// fileWithin is the deadline of a file, for phones that are slow.
	fileWithin = 2 * time.Minute
)

// Config says what the API cannot know of itself.
type Config struct {
	// PublicURL is where programs find the API, "https://api.example". If empty, each is told where it has found it.
	PublicURL string `setting:"PUBLIC_URL"`
}

// peers are whom the areas ask, and for the time.
type peers struct {
	auth         authproto.AuthClient
	accounts     accountproto.AccountsClient
	attachments  attachmentproto.AttachmentsClient
	balances     balanceproto.BalanceClient
	cards        cardsproto.CardsClient
	customers    customerproto.CustomersClient
	feed         feedproto.FeedClient
	pots         potproto.PotsClient
	receipts     receiptproto.ReceiptsClient
	transactions transactionsproto.TransactionsClient
	webhooks     webhookproto.WebhooksClient
	hub          *events.Hub               // Wakes streams of events.
	clock        clock.Clock               // Business time.
	origin       func(edge.Request) string // Where programs find the API.
}

func register(env *foundation.Env) error {
	var config Config
	if err := env.Config(&config); err != nil {
		return err
	}
	to, err := dial(env)
	if err != nil {
		return err
	}
	if to.origin, err = wire.Origin(config.PublicURL); err != nil {
		return fmt.Errorf("setting FARTHING_PUBLIC_URL: %w", err)
	}
	measured, err := metrics.NewHTTP(env.Metrics)
	if err != nil {
		return err
	}
	ring, err := env.Keys("answers")
	if err != nil {
		return err
	}
	limited, err := limit(env)
	if err != nil {
		return err
	}
	once := idempotency.Keys{Answers: storage.NewAnswers(env.Store), Ring: ring, Clock: clock.Real{}}
	to.hub = newHub(env)
	return env.Serve(foundation.Public, door(to, edge.Standard{
		Log: env.Log, Tracer: env.Tracer, Metrics: measured,
		Admit: []edge.Filter{limited.Overload, limited.Address}, RateLimit: limited.Token, Repeats: once.Filter,
	}))
}

// newHub wakes streams of events at each nudge that a feed has changed.
func newHub(env *foundation.Env) *events.Hub {
	hub := events.NewHub(promauto.With(env.Metrics).NewGauge(prometheus.GaugeOpts{
		Name: "api_streams", Help: "Streams of events that are open.",
	}))
	env.Listen(feedproto.Changed, hub.Wake)
	return hub
}

func limit(env *foundation.Env) (*limits.Limits, error) {
	var config limits.Config
	if err := env.Config(&config); err != nil {
		return nil, err
	}
	return limits.New(config, clock.Real{}, env.Metrics, attachments.UploadPath, attachments.FilePath)
}

func dial(env *foundation.Env) (peers, error) {
	var failure error
	to := func(name string) grpc.ClientConnInterface {
		connection, err := env.Dial(name)
		if failure == nil {
			failure = err
		}
		return connection
	}
	found := peers{
		auth:         authproto.NewAuthClient(to("service.auth")),
		accounts:     accountproto.NewAccountsClient(to("service.account")),
		attachments:  attachmentproto.NewAttachmentsClient(to("service.attachment")),
		balances:     balanceproto.NewBalanceClient(to("service.balance")),
		cards:        cardsproto.NewCardsClient(to("service.cards")),
		customers:    customerproto.NewCustomersClient(to("service.customer")),
		feed:         feedproto.NewFeedClient(to("service.feed")),
		pots:         potproto.NewPotsClient(to("service.pot")),
		receipts:     receiptproto.NewReceiptsClient(to("service.receipt")),
		transactions: transactionsproto.NewTransactionsClient(to("service.transactions")),
		webhooks:     webhookproto.NewWebhooksClient(to("service.webhook")),
		clock:        env.Clock,
	}
	return found, failure
}

// door is the whole API behind the filters of every door. There is no CORS: no browser has a token.
func door(to peers, filters edge.Standard) http.Handler {
	filters.Auth = caller.Authenticate(
		to.auth, to.clock, "/ping", "/oauth2/token", attachments.UploadPath, attachments.FilePath,
		openapi.DocumentPath, openapi.DocsPath, openapi.FilePath,
	)
	filters.Deadline, filters.BodyLimit = giveUpAfter, bodyMax
	filters.Files = map[string]edge.Limits{
		attachments.UploadPath: {Deadline: fileWithin, BodyLimit: attachmentproto.BytesMax},
		attachments.FilePath:   {Deadline: fileWithin, BodyLimit: bodyMax},
		openapi.DocumentPath:   {Deadline: fileWithin, BodyLimit: bodyMax},
		openapi.DocsPath:       {Deadline: fileWithin, BodyLimit: bodyMax},
		openapi.FilePath:       {Deadline: fileWithin, BodyLimit: bodyMax},
	}
	return edge.Handler(routes(to), filters.Filters()...)
}

// routes mounts each area under its path. An area knows only its peers: it could as well be alone in a process.
func routes(to peers) *edge.Router {
	router := &edge.Router{}
	access := oauth2.Area{Auth: to.auth}
	router.Mount("/oauth2", access.Routes())
	router.Mount("/ping", ping.Routes(access.Logout))
	router.Mount("/accounts", accounts.Area{Accounts: to.accounts, Customers: to.customers}.Routes())
	router.Mount("/balance", balance.Area{Accounts: to.accounts, Balances: to.balances, Pots: to.pots}.Routes())
	router.Mount("/pots", pots.Area{Accounts: to.accounts, Pots: to.pots}.Routes())
	router.Mount("/transactions", transactions.Area{
		Accounts: to.accounts, Attachments: to.attachments, Transactions: to.transactions, Origin: to.origin,
	}.Routes())
	router.Mount(attachments.Path, attachments.Area{
		Accounts: to.accounts, Attachments: to.attachments, Transactions: to.transactions, Origin: to.origin,
	}.Routes())
	router.Mount("/events", events.Area{
		Accounts: to.accounts, Auth: to.auth, Balances: to.balances, Feed: to.feed, Pots: to.pots,
		Transactions: to.transactions, Hub: to.hub, Clock: to.clock,
	}.Routes())
	router.Mount("/webhooks", webhooks.Area{Accounts: to.accounts, Webhooks: to.webhooks}.Routes())
	router.Mount("/feed", feed.Area{Accounts: to.accounts, Feed: to.feed}.Routes())
	router.Mount("/transaction-receipts", receipts.Area{
		Accounts: to.accounts, Receipts: to.receipts, Transactions: to.transactions,
	}.Routes())
	card := cards.Area{Accounts: to.accounts, Cards: to.cards, Customers: to.customers}
	router.Mount("/card", card.Routes())
	router.Mount("/card-replacement", card.ReplacementRoutes())
	router.Mount("/", openapi.Routes())
	return router
}
