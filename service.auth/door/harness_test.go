package door_test

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"google.golang.org/grpc"

	"farthing/pkg/clock"
	"farthing/pkg/edge"
	"farthing/pkg/edge/edgetest"
	"farthing/pkg/errs"
	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/id"
	"farthing/pkg/seal"
	"farthing/pkg/store/storetest"
	"farthing/service.auth/door"
	"farthing/service.auth/door/doortest"
	"farthing/service.auth/logic"
	"farthing/service.auth/mail"
	"farthing/service.auth/storage"
	customerproto "farthing/service.customer/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	doorURL = "http://login.example" // What links say; the tests come to the door by another name.
	ada     = "ada@example.com"
	bob     = "bob@example.com"
	adasID  = "user_00009zIcpb1TB4yeIFXMzx"
)

// site is a login door, and who is around it.
type site struct {
	t       *testing.T
	clock   *clock.Business
	clients *storage.Clients
	codes   *storage.Codes
	door    *edgetest.Door
	post    *post
	signUps *signUps
	metrics *prometheus.Registry
	log     *foundationtest.Lines
}

// post is who sends mails, and knows whose addresses are.
type post struct {
	customerproto.CustomersClient
	mails chan mail.Message
	mu    sync.Mutex // Guards fails.
	fails error
}

func (p *post) FindByEmail(
	_ context.Context, req *customerproto.FindByEmailRequest, _ ...grpc.CallOption,
) (*customerproto.FindByEmailResponse, error) {
	known := map[string]string{ada: adasID, bob: "user_00009zIcpb1TB4yeIFXMzy"}
	email := strings.ToLower(req.GetEmail())
	if known[email] == "" {
		return nil, errs.Missing("customer")
	}
	return &customerproto.FindByEmailResponse{Customer: &customerproto.Customer{Id: known[email], Email: email}}, nil
}

func (p *post) Send(_ context.Context, m mail.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fails != nil {
		return p.fails
	}
	p.mails <- m
	return nil
}

func newSite(t *testing.T, limits door.Limits) *site {
	t.Helper()
	k := storetest.Keyspace(t, storage.Schema())
	s := &site{
		t: t, clock: clock.StartingAt(time.Date(2026, time.March, 14, 9, 0, 0, 0, time.UTC)),
		clients: storage.NewClients(k), codes: storage.NewCodes(k), post: &post{mails: make(chan mail.Message, 100)},
		signUps: &signUps{},
		metrics: prometheus.NewRegistry(), log: &foundationtest.Lines{},
	}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	measured, ids := door.NewMetrics(s.metrics), id.NewMaker(s.clock)
	logins := storage.NewLogins(k)
	postman := door.NewPostman(door.Postman{
		URL: doorURL, Customers: s.post, Logins: logins, Sender: s.post, IDs: ids, Clock: s.clock, Log: log,
		Metrics: measured,
	})
	ctx, stop := context.WithCancel(context.Background())
	var working sync.WaitGroup
	working.Go(func() { postman.Run(ctx) })
	t.Cleanup(func() {
		stop()
		working.Wait()
	})
	opened, err := door.New(door.Options{
		URL: doorURL, Clients: s.clients, Codes: s.codes, Logins: logins, Postman: postman, SignUps: s.signUps,
		Keys: seal.Ephemeral("askings"), Limits: limits, IDs: ids, Clock: s.clock, Metrics: measured,
		Real: clock.StartingAt(time.Date(2026, time.March, 14, 9, 0, 0, 0, time.UTC)), // No test lasts into the next window.
	})
	if err != nil {
		t.Fatal(err)
	}
	s.door = edgetest.Serve(t, opened.Handler(edge.Standard{Log: log}))
	return s
}

// usual is a site that lets everybody ask as often as a test needs.
func usual(t *testing.T) *site { return newSite(t, door.Limits{PerEmail: 100, PerAddress: 1000}) }

const callback = "https://app.example/callback?from=bank"

// client registers a client that keeps its secret.
func (s *site) client(change func(*logic.Client)) logic.Client {
	s.t.Helper()
	c := logic.Client{
		ID: id.Derived(logic.ClientPrefix, s.clock.Now(), s.t.Name()), Name: "Ledger Lens",
		RedirectURIs: []string{callback, "http://localhost:8080/callback"}, SecretHash: logic.Hash("s"),
		Created: s.clock.Now(),
	}
	if change != nil {
		change(&c)
	}
	if err := s.clients.Insert(s.t.Context(), c); err != nil {
		s.t.Fatal(err)
	}
	return c
}

// authorise is where the client sends its users.
func authorise(c logic.Client, params ...string) string {
	query := url.Values{
		"client_id": {c.ID}, "redirect_uri": {callback}, "response_type": {"code"}, "state": {"st&te"},
	}
	for i := 0; i+1 < len(params); i += 2 {
		query.Set(params[i], params[i+1])
	}
	return "/?" + query.Encode()
}

func (s *site) browser() *doortest.Browser { return doortest.New(s.t, nil, s.door.URL()) }

// mail is the next mail, which must come.
func (s *site) mail() mail.Message {
	s.t.Helper()
	select {
	case m := <-s.post.mails:
		return m
	case <-s.t.Context().Done():
		s.t.Fatal("no mail came")
		return mail.Message{}
	}
}

// untilLogged comes to the door until something was logged.
func (s *site) untilLogged(text string) {
	s.t.Helper()
	for b := s.browser(); !strings.Contains(s.log.String(), text); {
		b.Get("/style.css")
	}
}

// link is the link in the next mail, as the tests reach it.
func (s *site) link() string {
	s.t.Helper()
	return strings.TrimPrefix(doortest.LinkIn(s.mail().Text), doorURL)
}

// consent logs Ada in, up to the page that asks what the client may have.
func (s *site) consent(b *doortest.Browser, address string) doortest.Page {
	s.t.Helper()
	b.Ask(address, ada)
	return b.Follow(s.link())
}

// wantFault fails unless a page says that something is wrong, and sends nobody anywhere.
func wantFault(t *testing.T, p doortest.Page, status int, title string) {
	t.Helper()
	if p.Status != status || !strings.HasPrefix(p.Title(), title) || p.Location() != "" {
		t.Errorf("got %d %q, sent to %q, want %d %q", p.Status, p.Title(), p.Location(), status, title)
	}
}

// answerOf is what a browser is sent back to the client with.
func answerOf(t *testing.T, location string) url.Values {
	t.Helper()
	parsed, err := url.Parse(location)
	if err != nil || !strings.HasPrefix(location, callback) {
		t.Fatalf("it is sent to %q: %v", location, err)
	}
	return parsed.Query()
}

// paramOf is a parameter of a link.
func paramOf(t *testing.T, link, name string) string {
	t.Helper()
	parsed, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Query().Get(name)
}

var errServer = errors.New("the mail server did not take it: code 550")
