package world

import (
	"fmt"
	"strings"
	"testing"

	moneyproto "farthing/pkg/money/proto"
	accountproto "farthing/service.account/proto"
	"farthing/service.apns/fakeapple"
	apnsproto "farthing/service.apns/proto"
	authproto "farthing/service.auth/proto"
	balanceproto "farthing/service.balance/proto"
	cardsproto "farthing/service.cards/proto"
	customerproto "farthing/service.customer/proto"
)

// Customer is somebody with an account, a card and a phone.
type Customer struct {
	Name                             string
	UserID, AccountID, CardID, Token string
	LastFour                         string
	Device                           string // Apple's token of the phone.
	PaidIn                           int64  // Minor units.
}

// caller is in whose name the test asks the bank for what no door offers.
const caller = "service.console"

const tokenLifetime = 400 * 24 * 60 * 60 // Seconds.

// Customer makes a customer with this much on the account, in pence; with none nothing is paid in.
func (w *World) Customer(t testing.TB, name string, minor int64) *Customer {
	t.Helper()
	c := &Customer{Name: name, Device: fmt.Sprintf("%064x", name), PaidIn: minor}
	c.Device = (c.Device + strings.Repeat("0", 64))[:64]
	w.create(t, c)
	w.open(t, c)
	c.Token = w.Token(t, c, tokenLifetime, authproto.Scopes()...)
	_, err := apnsproto.NewAPNSClient(w.Dial(t, caller, "service.apns")).RegisterDevice(t.Context(),
		&apnsproto.RegisterDeviceRequest{UserId: c.UserID, DeviceToken: c.Device})
	must(t, "registering a phone", err)
	if minor > 0 {
		w.PayIn(t, c, minor, "first")
	}
	return c
}

func (w *World) create(t testing.TB, c *Customer) {
	t.Helper()
	made, err := customerproto.NewCustomersClient(w.Dial(t, caller, "service.customer")).Create(t.Context(),
		&customerproto.CreateRequest{
			DedupeId: c.Name, PreferredName: c.Name, PreferredFirstName: c.Name, Email: c.Name + "@example.com",
			DateOfBirth: "1979-12-31", Address: &customerproto.Address{
				Lines: []string{"1 Test Street"}, City: "London", Postcode: "E1 6AN", Country: "GBR",
			},
		})
	must(t, "creating a customer", err)
	c.UserID = made.GetCustomer().GetId()
}

func (w *World) open(t testing.TB, c *Customer) {
	t.Helper()
	opened, err := accountproto.NewAccountsClient(w.Dial(t, caller, "service.account")).Open(t.Context(),
		&accountproto.OpenRequest{UserId: c.UserID, Type: "uk_retail", Currency: "GBP", DedupeId: "first"})
	must(t, "opening an account", err)
	c.AccountID = opened.GetAccount().GetId()
	issued, err := cardsproto.NewCardsClient(w.Dial(t, caller, "service.cards")).Issue(t.Context(),
		&cardsproto.IssueRequest{AccountId: c.AccountID, UserId: c.UserID, DedupeId: "first"})
	must(t, "issuing a card", err)
	c.CardID, c.LastFour = issued.GetCard().GetId(), issued.GetCard().GetLastFour()
}

// Token is another token of a customer's, which counts as just approved for as long as it is good.
func (w *World) Token(t testing.TB, c *Customer, seconds int64, scopes ...string) string {
	t.Helper()
	issued, err := authproto.NewAuthClient(w.Dial(t, caller, "service.auth")).Issue(t.Context(),
		&authproto.IssueRequest{
			UserId: c.UserID, ClientId: "test", Scopes: scopes, LifetimeSeconds: seconds, StaysApproved: true,
		})
	must(t, "issuing a token", err)
	return issued.GetAccessToken()
}

// PayIn puts money on a customer's account, in pence.
func (w *World) PayIn(t testing.TB, c *Customer, minor int64, dedupeID string) {
	t.Helper()
	_, err := balanceproto.NewBalanceClient(w.Dial(t, caller, "service.balance")).PayIn(t.Context(),
		&balanceproto.PayInRequest{
			AccountId: c.AccountID, Amount: &moneyproto.Money{Minor: minor, Currency: "GBP"}, DedupeId: dedupeID,
		})
	must(t, "paying in", err)
}

// Pushes is what a customer's phone shows, oldest first.
func (w *World) Pushes(c *Customer) []fakeapple.Delivery { return w.Apple.Book().Shown(c.Device) }

func must(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}
