package shapes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"farthing/e2e/program"
	"farthing/e2e/world"
	"farthing/pkg/clock"
)

func customerTests() []test {
	return []test{
		{"the demonstration customer is introduced", introduced},
		{"a swipe arrives in feed, list and balance and on the phone", arrives},
		{"a swipe that is declined says why and takes nothing", declines},
		{"a frozen card pays nothing until it is thawed", freezes},
		{"a repeat answers what happened first", repeats},
		{"a program logs its customer in, and has one token at a time", logsIn},
	}
}

// pret is how the network names a shop that the bank knows.
const pret = "PRET A MANGER 1234 LONDON GBR"

// nobodys is the well-formed id of no card.
const nobodys = "card_0000BAj4oOq5iXc6fDryhV"

// swiped is what `farthing swipe -o json` prints.
type swiped struct {
	Outcome         string `json:"outcome"`
	DeclineReason   string `json:"decline_reason"`
	AuthorisationID string `json:"authorisation_id"`
	TransactionID   string `json:"transaction_id"`
	Balance         *int64 `json:"balance"`
	TraceID         string `json:"trace_id"`
}

// swipe runs the command.
func (s *suite) swipe(t *testing.T, amount string, more ...string) swiped {
	t.Helper()
	var answer swiped
	decode(t, s.Run(t, append([]string{"swipe", amount, pret, "-o", "json"}, more...)...), &answer)
	return answer
}

// ofAccount is a path of the public API about the customer's account.
func (s *suite) ofAccount(path, more string) string {
	return path + "?account_id=" + s.Facts().AccountID + more
}

// balance is what the public API says can be spent, in pence.
func (s *suite) balance(t *testing.T) int64 {
	t.Helper()
	var answer struct{ Balance int64 }
	s.Get(t, s.ofAccount("/balance", ""), &answer)
	return answer.Balance
}

func introduced(t *testing.T, s *suite) {
	var facts program.Facts
	decode(t, s.Run(t, "demo", "-o", "json"), &facts)
	if facts != s.Facts() {
		t.Errorf("demo prints %+v, and the start printed %+v", facts, s.Facts())
	}
	decode(t, s.Run(t, "demo"), &facts)
	if facts != s.Facts() {
		t.Errorf("demo prints %+v for people, and the start printed %+v", facts, s.Facts())
	}
}

func arrives(t *testing.T, s *suite) {
	before := s.balance(t)
	paid := s.swipe(t, "3.50", "--mcc", "5812")
	if paid.Outcome != "approved" || paid.Balance == nil || *paid.Balance != before-350 {
		t.Fatalf("a swipe of £3.50 with %d on the account was answered %+v", before, paid)
	}
	if after := s.balance(t); after != before-350 {
		t.Errorf("the balance is %d, want %d", after, before-350)
	}
	s.wantInFeed(t, paid.TransactionID)
	s.wantOnPhone(t, paid.TransactionID)
	s.wantListed(t, paid.TransactionID)
	if shown := s.Run(t, "feed", "--limit", "1"); !strings.Contains(shown, "Pret A Manger") {
		t.Errorf("the feed shows %q", shown)
	}
}

// wantInFeed waits until there is one item for a transaction.
func (s *suite) wantInFeed(t *testing.T, transaction string) {
	t.Helper()
	eventually(t, "the swipe is in the feed", func() bool {
		n := 0
		for _, item := range s.Feed(t) {
			if item.TransactionID == transaction {
				n++
			}
		}
		return n == 1
	})
}

func (s *suite) wantOnPhone(t *testing.T, transaction string) {
	t.Helper()
	eventually(t, "the swipe is on the phone", func() bool {
		for _, push := range s.Apple.Book().Latest(0) {
			if push.CollapseID == transaction {
				return true
			}
		}
		return false
	})
}

// wantListed wants a transaction last on the list, and by itself.
func (s *suite) wantListed(t *testing.T, transaction string) {
	t.Helper()
	type shown struct{ ID, Description string }
	var list struct{ Transactions []shown }
	today := clock.Real{}.Now().UTC().AddDate(0, 0, -1).Format("2006-01-02T15:04:05Z")
	s.Get(t, s.ofAccount("/transactions", "&limit=100&since="+today), &list)
	if n := len(list.Transactions); n == 0 || list.Transactions[n-1] != (shown{transaction, pret}) {
		t.Errorf("the list is %v, want %s last", list.Transactions, transaction)
	}
	var one struct{ Transaction shown }
	s.Get(t, "/transactions/"+transaction, &one)
	if one.Transaction.ID != transaction {
		t.Errorf("transaction %s is answered %+v", transaction, one)
	}
}

func declines(t *testing.T, s *suite) {
	before := s.balance(t)
	poor := s.swipe(t, "90000")
	if poor.Outcome != "declined" || poor.DeclineReason != "insufficient_funds" || *poor.Balance != before {
		t.Errorf("far too much was answered %+v", poor)
	}
	stranger := s.swipe(t, "1.00", "--card", nobodys)
	if stranger.Outcome != "declined" || stranger.DeclineReason != "unknown_card" || stranger.Balance != nil {
		t.Errorf("nobody's card was answered %+v", stranger)
	}
	if after := s.balance(t); after != before {
		t.Errorf("the balance is %d, want %d", after, before)
	}
	s.wantInFeed(t, poor.TransactionID)
	s.wantOnPhone(t, poor.TransactionID)
}

func freezes(t *testing.T, s *suite) {
	s.toggle(t, "INACTIVE")
	if frozen := s.swipe(t, "1.00"); frozen.Outcome != "declined" || frozen.DeclineReason != "card_frozen" {
		t.Errorf("a frozen card was answered %+v", frozen)
	}
	s.toggle(t, "ACTIVE")
	if thawed := s.swipe(t, "1.00"); thawed.Outcome != "approved" {
		t.Errorf("a thawed card was answered %+v", thawed)
	}
}

func (s *suite) toggle(t *testing.T, status string) {
	t.Helper()
	wantOK(t, s.program(t, http.MethodPut, "/card/toggle", "card_id="+s.Facts().CardID+"&status="+status), &struct{}{})
}

func repeats(t *testing.T, s *suite) {
	first := s.swipe(t, "4.10", "--id", "till-7")
	again := s.swipe(t, "4.10", "--id", "till-7")
	if again.TransactionID != first.TransactionID || *again.Balance != *first.Balance || again.Outcome != first.Outcome {
		t.Errorf("a repeat was answered %+v, after %+v", again, first)
	}
	message := s.networkMessage(2_00, "000042")
	before := s.balance(t)
	asked, repeated := s.authorise(t, message), s.authorise(t, message)
	if !asked.Approved() || !asked.Same(repeated) {
		t.Errorf("a repeat with the network's ids was answered %v, after %v", repeated, asked)
	}
	if after := s.balance(t); after != before-2_00 {
		t.Errorf("two of the same took %d pence, want 200", before-after)
	}
	if other := s.authorise(t, s.networkMessage(2_00, "000043")); asked.Same(other) {
		t.Errorf("another message was answered as the first: %v", other)
	}
}

// networkMessage is a swipe that the network's ids tell from others, by its number of a day.
func (s *suite) networkMessage(minor int64, stan string) string {
	sent := clock.Real{}.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	return fmt.Sprintf(`{"network":{"acquirer_id":"400123","stan":%q,"rrn":"631412000042","terminal_id":"TERM0001",
		"transmitted_at":%q},"card_id":%q,"amount":{"minor":%d,"currency":"GBP"},"descriptor":%q}`,
		stan, sent, s.Facts().CardID, minor, pret)
}

// authorise asks the card edge, which must decide.
func (s *suite) authorise(t *testing.T, message string) world.Outcome {
	t.Helper()
	answer := s.askEdge(t, message)
	var outcome world.Outcome
	if err := json.Unmarshal(answer.Body, &outcome); err != nil || answer.Status != http.StatusOK {
		t.Fatalf("%s was answered %d %s, %v", message, answer.Status, answer.Body, err)
	}
	return outcome
}

func (s *suite) askEdge(t *testing.T, message string) world.Answer {
	t.Helper()
	return s.Ask(t, http.MethodPost, s.Facts().CardEdge+"/authorisations", message, "Content-Type", "application/json")
}
