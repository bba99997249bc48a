// Package settlement proves, in a whole bank, what becomes of money that matched nothing, of clearing files and of
// disputes, with a crash at each single write.
package settlement

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"

	"farthing/e2e/program"
	"farthing/e2e/world"
	"farthing/pkg/clock"
	"farthing/pkg/foundation"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/store"
	balanceproto "farthing/service.balance/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is a bank whose operators and merchants a test plays.
type desk struct {
	*world.World
	crashes    *world.Crashes
	customer   *world.Customer
	processing cardprocessingproto.CardProcessingClient
	ledger     balanceproto.BalanceClient
}

const plenty = 1_000_000_00

func newDesk(t testing.TB, more ...func(store.Store) store.Store) *desk {
	t.Helper()
	c := &world.Crashes{}
	w := world.New(t, world.Options{Store: func(s store.Store) store.Store {
		for _, wrap := range more {
			s = wrap(s)
		}
		return c.Store(s)
	}})
	return &desk{
		World: w, crashes: c, customer: w.Customer(t, "alice", plenty),
		processing: cardprocessingproto.NewCardProcessingClient(w.Dial(t, "service.card-api", "service.card-processing")),
		ledger:     balanceproto.NewBalanceClient(w.Dial(t, "service.console", "service.balance")),
	}
}

func pounds(minor int64) *moneyproto.Money { return &moneyproto.Money{Minor: minor, Currency: "GBP"} }

// operate asks the operator's door for something, and answers the status.
func (d *desk) operate(t testing.TB, method, path string, body, into any) int {
	t.Helper()
	var sent []byte
	switch body := body.(type) {
	case nil:
	case []byte:
		sent = body
	default:
		var err error
		if sent, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := d.Ask(t.Context(), foundation.Admin, method, path, sent)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Status == http.StatusOK && into != nil {
		if err := json.Unmarshal(answer.Body, into); err != nil {
			t.Fatalf("%s %s was answered %s", method, path, answer.Body)
		}
	}
	if answer.Status != http.StatusOK && answer.Status < http.StatusInternalServerError {
		t.Logf("%s %s: %s", method, path, answer.Body)
	}
	return answer.Status
}

const (
	insisted = 30          // Times.
	pause    = time.Second // Breakers rest as long.
)

// insist repeats what an operator asks until it is answered.
func (d *desk) insist(t testing.TB, method, path string, body, into any) {
	t.Helper()
	status := 0
	for range insisted {
		if status = d.operate(t, method, path, body, into); status == http.StatusOK {
			return
		}
		if status < http.StatusInternalServerError {
			break
		}
		if err := clock.Wait(t.Context(), pause); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("%s %s is answered %d", method, path, status)
}

// shop is a payment of the customer's that is held.
func (d *desk) shop(t testing.TB, id, descriptor string, minor int64) *cardprocessingproto.AuthoriseResponse {
	t.Helper()
	rsp, err := d.processing.Authorise(t.Context(), &cardprocessingproto.AuthoriseRequest{
		ProcessorId: id, CardId: d.customer.CardID, Amount: pounds(minor), Descriptor_: descriptor, Mcc: "5411",
	})
	if err != nil || !rsp.GetApproved() {
		t.Fatalf("authorising: %v, %v", rsp, err)
	}
	return rsp
}

// has is what the customer's account holds and has, in pence, since the beginning.
func (d *desk) has(t testing.TB) (held, spent int64) {
	t.Helper()
	rsp, err := d.ledger.GetBalance(t.Context(), &balanceproto.GetBalanceRequest{AccountId: d.customer.AccountID})
	if err != nil {
		t.Fatal(err)
	}
	return rsp.GetHeld().GetMinor(), plenty - rsp.GetPosted().GetMinor()
}

// own is what one of the bank's own accounts has, by name and currency.
func (d *desk) own(t testing.TB, name string) int64 {
	t.Helper()
	return d.Own(t)[name]
}

// everyNth is at how many writes from each other the stores crash: FARTHING_TEST_CRASH_EVERY, 1 for each single one.
func everyNth(t testing.TB) int {
	t.Helper()
	return program.Count(t, "FARTHING_TEST_CRASH_EVERY", 12)
}
