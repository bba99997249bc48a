package handler

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/foundation"
	"farthing/pkg/id"
	accountproto "farthing/service.account/proto"
	cardsproto "farthing/service.cards/proto"
	customerproto "farthing/service.customer/proto"
	signupproto "farthing/service.signup/proto"
	signupevents "farthing/service.signup/proto/events"
)

// peers are fakes of the services that keep customers, accounts and cards: each makes one thing under a dedupe id.
type peers struct {
	mu        sync.Mutex // Guards the rest.
	made      map[string]string
	addresses map[string]string // In lower case, to the customer.
	// fail is what a call answers, and whether what it asks for is done nevertheless; nil for no failure.
	fail func(call string) (err error, done bool)
}

func newPeers() *peers {
	return &peers{made: make(map[string]string), addresses: make(map[string]string)}
}

func (p *peers) services() []foundation.Service {
	return []foundation.Service{
		{Name: "service.customer", Register: func(env *foundation.Env) error {
			customerproto.RegisterCustomersServer(env.GRPC, customers{peers: p})
			return nil
		}},
		{Name: "service.account", Register: func(env *foundation.Env) error {
			accountproto.RegisterAccountsServer(env.GRPC, accounts{peers: p})
			return nil
		}},
		{Name: "service.cards", Register: func(env *foundation.Env) error {
			cardsproto.RegisterCardsServer(env.GRPC, cards{peers: p})
			return nil
		}},
	}
}

// make makes something of a kind under a key, unless it is there, or the call fails.
func (p *peers) make(kind, key string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var failure error
	if p.fail != nil {
		err, done := p.fail(kind)
		if failure = err; err != nil && !done {
			return "", err
		}
	}
	key = kind + "/" + key
	if p.made[key] == "" {
		p.made[key] = id.Derived(kind, time.UnixMilli(1_790_000_000_000), key)
	}
	return p.made[key], failure
}

// wantMade fails unless there are as many customers, accounts and cards.
func (p *peers) wantMade(t *testing.T, each int) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	made := make(map[string]int)
	for key := range p.made {
		kind, _, _ := strings.Cut(key, "/")
		made[kind]++
	}
	if made["user"] != each || made["acc"] != each || made["card"] != each {
		t.Errorf("there are %v, want %d of each", made, each)
	}
}

// failing has the n-th call from now on fail, from 1.
func (p *peers) failing(n int, err error, done bool) (reached func() bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	calls := 0
	p.fail = func(string) (error, bool) {
		if calls++; calls == n {
			return err, done
		}
		return nil, true
	}
	return func() bool { return calls >= n }
}

type customers struct {
	customerproto.UnimplementedCustomersServer
	*peers
}

func (c customers) Check(
	_ context.Context, req *customerproto.CheckRequest,
) (*customerproto.CheckResponse, error) {
	if req.GetPreferredName() == "" {
		return nil, errs.MissingParam("preferred_name")
	}
	if req.GetEmail() == "" {
		return nil, errs.MissingParam("email")
	}
	return &customerproto.CheckResponse{}, nil
}

func (c customers) Create(
	_ context.Context, req *customerproto.CreateRequest,
) (*customerproto.CreateResponse, error) {
	address := strings.ToLower(req.GetEmail())
	c.mu.Lock()
	first := c.addresses[address]
	if first == "" {
		first, c.addresses[address] = req.GetDedupeId(), req.GetDedupeId()
	}
	c.mu.Unlock()
	if first != req.GetDedupeId() {
		return nil, errs.New(errs.Conflict+".email_taken", "The email address is another customer's")
	}
	made, err := c.make("user", req.GetDedupeId())
	return &customerproto.CreateResponse{Customer: &customerproto.Customer{Id: made}}, err
}

type accounts struct {
	accountproto.UnimplementedAccountsServer
	*peers
}

func (a accounts) Open(_ context.Context, req *accountproto.OpenRequest) (*accountproto.OpenResponse, error) {
	made, err := a.make("acc", req.GetUserId()+"/"+req.GetDedupeId())
	return &accountproto.OpenResponse{Account: &accountproto.Account{Id: made, UserId: req.GetUserId()}}, err
}

type cards struct {
	cardsproto.UnimplementedCardsServer
	*peers
}

func (c cards) Issue(_ context.Context, req *cardsproto.IssueRequest) (*cardsproto.IssueResponse, error) {
	made, err := c.make("card", req.GetAccountId()+"/"+req.GetDedupeId())
	return &cardsproto.IssueResponse{Card: &cardsproto.Card{Id: made}}, err
}

// listener is a bus that remembers what was published.
type listener struct {
	mu       sync.Mutex // Guards the rest.
	all      []events.Event
	failures int // How often it fails from now on, after it has published.
}

func (l *listener) Publish(_ context.Context, published ...events.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, published...)
	if l.failures > 0 {
		l.failures--
		return errs.New(errs.OutcomeUnknown, "The outcome is not known")
	}
	return nil
}

// heard is the states of an application in the order in which a listener is told of them, without repeats.
func (l *listener) heard(t *testing.T, applicationID string) string {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var states []string
	seen, version := make(map[string]bool), int64(0)
	for _, e := range l.all {
		var body signupevents.ApplicationRested
		if err := proto.Unmarshal(e.Body, &body); err != nil {
			t.Fatal(err)
		}
		if e.Key != applicationID || seen[e.ID] {
			continue
		}
		if e.Type != "signup.rested" || e.Version <= version || body.GetApplication().GetPerson() != nil {
			t.Errorf("after version %d it is told of %v, %v", version, e, &body)
		}
		seen[e.ID], version = true, e.Version
		states = append(states, signupproto.Word(body.GetApplication().GetState()))
	}
	return strings.Join(states, " ")
}
