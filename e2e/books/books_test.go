// Package books proves, in a whole bank, that the audit agrees with every payment and every pot, and that it says so
// when something contradicts them.
package books

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"farthing/e2e/world"
	"farthing/pkg/audit"
	"farthing/pkg/clock"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/store"
	paymentproto "farthing/service.payment/proto"
	potproto "farthing/service.pot/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// teller is a bank in which a test pays.
type teller struct {
	*world.World
	payments paymentproto.PaymentsClient
	pots     potproto.PotsClient
}

func newTeller(t *testing.T, hooks world.Hooks) *teller {
	t.Helper()
	w := world.New(t, world.Options{Store: hooks.Store})
	return &teller{
		World: w, payments: paymentproto.NewPaymentsClient(w.Dial(t, "service.api", "service.payment")),
		pots: potproto.NewPotsClient(w.Dial(t, "service.api", "service.pot")),
	}
}

func pounds(minor int64) *moneyproto.Money { return &moneyproto.Money{Minor: minor, Currency: "GBP"} }

// grace is at another bank. How her number ends is what the simulated scheme goes by.
func grace(rule string) *paymentproto.Party {
	return &paymentproto.Party{Name: "Grace Hopper", SortCode: "040004", AccountNumber: "123456" + rule}
}

// send pays out as it must end.
func (b *teller) send(t *testing.T, c *world.Customer, rule string, minor int64, ends paymentproto.State) string {
	t.Helper()
	rsp, err := b.payments.Send(t.Context(), &paymentproto.SendRequest{
		AccountId: c.AccountID, Party: grace(rule), Amount: pounds(minor), DedupeId: "to " + rule,
	})
	if err != nil || rsp.GetPayment().GetState() != ends {
		t.Fatalf("paying came to %v, %v, want %v", rsp, err, ends)
	}
	return rsp.GetPayment().GetId()
}

func (b *teller) payIn(t *testing.T, c *world.Customer, minor int64) {
	t.Helper()
	if _, err := b.payments.PayIn(t.Context(), fromGrace(c, minor)); err != nil {
		t.Fatalf("paying in: %v", err)
	}
}

func fromGrace(c *world.Customer, minor int64) *paymentproto.PayInRequest {
	return &paymentproto.PayInRequest{
		AccountId: c.AccountID, Party: grace("00"), Amount: pounds(minor), DedupeId: "in",
	}
}

// save fills a pot, and takes some of it out again.
func (b *teller) save(t *testing.T, c *world.Customer) (pot string) {
	t.Helper()
	made, err := b.pots.Create(t.Context(), &potproto.CreateRequest{
		CurrentAccountId: c.AccountID, Name: "Lisbon", DedupeId: "lisbon",
	})
	if err != nil {
		t.Fatal(err)
	}
	pot = made.GetPot().GetId()
	_, err = b.pots.Deposit(t.Context(), &potproto.DepositRequest{
		PotId: pot, SourceAccountId: c.AccountID, Amount: pounds(20_00), DedupeId: "in",
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.pots.Withdraw(t.Context(), &potproto.WithdrawRequest{
		PotId: pot, DestinationAccountId: c.AccountID, Amount: pounds(5_00), DedupeId: "out",
	})
	if err != nil {
		t.Fatal(err)
	}
	return pot
}

func (b *teller) wantOwn(t *testing.T, want map[string]int64) {
	t.Helper()
	has := b.Own(t)
	for name, minor := range want {
		if has[name] != minor {
			t.Errorf("%s has %d, want %d", name, has[name], minor)
		}
	}
}

func TestEveryPaymentAndEveryPotIsInTheBooks(t *testing.T) {
	b := newTeller(t, world.Hooks{})
	alice := b.Customer(t, "alice", 100_00)
	b.payIn(t, alice, 30_00)
	b.send(t, alice, "99", 900_00, paymentproto.State_STATE_DECLINED)
	b.send(t, alice, "11", 1_00, paymentproto.State_STATE_REFUSED)
	b.send(t, alice, "13", 2_00, paymentproto.State_STATE_SENT)
	settled := b.send(t, alice, "00", 4_00, paymentproto.State_STATE_SETTLED)
	pot := b.save(t, alice)
	b.WantSound(t)
	b.wantOwn(t, map[string]int64{"nostro GBP": -26_00, "settlement_payments GBP": 2_00, "suspense GBP": 0})

	_, err := b.payments.Return(t.Context(), &paymentproto.ReturnRequest{PaymentId: settled, Reason: "account_closed"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.pots.Delete(t.Context(), &potproto.DeleteRequest{PotId: pot}); err != nil {
		t.Fatal(err)
	}
	b.WantSound(t)
	b.wantOwn(t, map[string]int64{"nostro GBP": -30_00, "settlement_payments GBP": 2_00, "suspense GBP": 0})
}

// closing has accounts that are opened while it is set be closed ones: nothing else closes an account yet.
type closing struct{ atomic.Bool }

func (c *closing) apply(keyspace string, b store.ConditionalBatch) (store.ConditionalBatch, error) {
	if c.Load() && keyspace == "account" && b.Table.Name == "accounts" && b.Statics != nil {
		b.Statics = slices.Clone(b.Statics)
		b.Statics[slices.IndexFunc(b.Table.Columns, func(c store.Column) bool { return c.Name == "closed" })] = true
	}
	return b, nil
}

func TestAPaymentIntoAClosedAccountIsOnSuspenseAndTheBooksAreSound(t *testing.T) {
	closed := &closing{}
	b := newTeller(t, world.Hooks{Apply: closed.apply})
	closed.Store(true)
	gone := b.Customer(t, "gone", 0)
	closed.Store(false)
	b.payIn(t, gone, 5_00)
	b.wantOwn(t, map[string]int64{"suspense GBP": 5_00, "nostro GBP": -5_00})
	b.WantSound(t)
}

// rules are what the audit calls what it finds.
func (b *teller) rules(t *testing.T) []string {
	t.Helper()
	return rulesOf(b.Unsound(t))
}

func rulesOf(faults []audit.Fault) (rules []string) {
	for _, fault := range faults {
		rules = append(rules, fault.Rule)
	}
	slices.Sort(rules)
	return slices.Compact(rules)
}

// losing leaves a table's rows out of every batch.
func losing(keyspace, table string) world.Hooks {
	return world.Hooks{Write: func(in string, writes []store.Mutation) ([]store.Mutation, error) {
		return slices.DeleteFunc(slices.Clone(writes), func(m store.Mutation) bool {
			return in == keyspace && m.Table.Name == table
		}), nil
	}}
}

// forgetting answers that payments went on after they were sent, and writes nothing of it.
func forgetting() world.Hooks {
	var writes atomic.Int64
	return world.Hooks{Apply: func(in string, b store.ConditionalBatch) (store.ConditionalBatch, error) {
		const untilSent = 2 // Accepted, and sent.
		if in == "payment" && b.Table.Name == "payments" && writes.Add(1) > untilSent {
			b.Statics, b.Rows = nil, nil
		}
		return b, nil
	}}
}

func TestATransactionThatWasLostIsFound(t *testing.T) {
	b := newTeller(t, losing("transactions", "parts"))
	alice := b.Customer(t, "alice", 100_00)
	b.payIn(t, alice, 5_00)
	b.save(t, alice)
	if rules := b.rules(t); !slices.Equal(rules, []string{"transaction"}) {
		t.Errorf("found %v", rules)
	}
}

func TestAPaymentThatForgotThatItWasRefusedIsFound(t *testing.T) {
	b := newTeller(t, forgetting())
	b.send(t, b.Customer(t, "alice", 100_00), "11", 4_00, paymentproto.State_STATE_REFUSED)
	if rules := b.rules(t); !slices.Equal(rules, []string{"own account", "transfer"}) {
		t.Errorf("found %v", rules)
	}
}

// What dies in the middle leaves money that has left one account and not reached the other. That is no fault, for it is
// finished soon; what is never finished is one.
func TestWhatIsLeftInTheMiddleIsAFaultOnlyIfItStaysThere(t *testing.T) {
	inTheMiddle := []string{"own account", "zero sum"}
	for name, c := range map[string]struct {
		stuckFor time.Duration
		rules    []string
	}{
		"it is finished":       {20 * time.Second, nil},
		"it is never finished": {time.Hour, inTheMiddle},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var stuck atomic.Value
				b := newTeller(t, keepingFrom(&stuck))
				alice := b.Customer(t, "alice", 100_00)
				stuck.Store(alice.AccountID)
				if _, err := b.payments.PayIn(t.Context(), fromGrace(alice, 5_00)); err == nil {
					t.Error("it was paid in")
				}
				go func() {
					_ = clock.Wait(t.Context(), c.stuckFor)
					stuck.Store("")
				}()
				if rules := rulesOf(b.Unsound(t)); !slices.Equal(rules, inTheMiddle) {
					t.Errorf("left in the middle are %v", rules)
				}
				_, faults, err := b.Books().Audit(t.Context())
				if rules := rulesOf(faults); err != nil || !slices.Equal(rules, c.rules) {
					t.Errorf("found %+v, %v, want %v", faults, err, c.rules)
				}
			})
		})
	}
}

// keepingFrom has no money reach an account.
func keepingFrom(account *atomic.Value) world.Hooks {
	return world.Hooks{Apply: func(in string, b store.ConditionalBatch) (store.ConditionalBatch, error) {
		if in == "balance" && b.Table.Name == "accounts" && b.Partition[0] == account.Load() {
			return b, store.ErrUnavailable
		}
		return b, nil
	}}
}
