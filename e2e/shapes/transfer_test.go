package shapes

import (
	"testing"
)

func transferTests() []test {
	return []test{
		{"money comes in, goes out, and is refused, once each", transfers},
		{"a pot fills, empties and gives everything back", pots},
		{"a standing order is kept, and ended", standingOrders},
	}
}

// moved is what commands answer about a payment.
type moved struct {
	State         string `json:"state"`
	Reason        string `json:"reason"`
	TransactionID string `json:"transaction_id"`
}

// pay runs a command that pays, twice under one id, and wants the same answer.
func (s *suite) pay(t *testing.T, id string, args ...string) moved {
	t.Helper()
	args = append(args, "--id", id, "-o", "json")
	first := s.Run(t, args...)
	if again := s.Run(t, args...); again != first {
		t.Errorf("%v was answered %q, and then %q", args, first, again)
	}
	var got moved
	decode(t, first, &got)
	return got
}

func transfers(t *testing.T, s *suite) {
	before := s.balance(t)
	to := []string{"--name", "Grace Hopper", "--sort-code", "04-00-04", "--reference", "LUNCH", "--number"}
	for _, each := range []struct {
		id, state, reason string
		taken             int64
		args              []string
	}{
		{"salary", "settled", "", -25_00, []string{"pay-in", "25.00", "--reference", "BONUS"}},
		{"lunch", "settled", "", -12_50, append([]string{"pay", "12.50"}, append(to, "12345678")...)},
		{"refused", "refused", "account_closed", -12_50, append([]string{"pay", "3.00"}, append(to, "12345611")...)},
		{"too much", "declined", "insufficient_funds", -12_50, append([]string{"pay", "999999"}, append(to, "12345678")...)},
	} {
		got := s.pay(t, each.id, each.args...)
		if got.State != each.state || got.Reason != each.reason {
			t.Errorf("%s came to %+v", each.id, got)
		}
		if taken := before - s.balance(t); taken != each.taken {
			t.Errorf("after %s %d are gone, want %d", each.id, taken, each.taken)
		}
		if got.TransactionID == "" {
			continue
		}
		s.wantInFeed(t, got.TransactionID)
		var seen struct {
			Transaction struct {
				Scheme, Notes string
				Counterparty  struct{ Name string }
			}
		}
		s.Get(t, "/transactions/"+got.TransactionID, &seen)
		if seen.Transaction.Scheme != "payport_faster_payments" || seen.Transaction.Counterparty.Name == "" ||
			seen.Transaction.Notes == "" {
			t.Errorf("the customer sees %+v", seen)
		}
	}
}

func pots(t *testing.T, s *suite) {
	before, together := s.balance(t), s.totalBalance(t)
	var pot struct {
		ID      string `json:"id"`
		Balance int64  `json:"balance"`
		Deleted bool   `json:"deleted"`
	}
	decode(t, s.Run(t, "pot", "create", "Rainy days", "--goal", "100", "--id", "rain", "-o", "json"), &pot)
	for _, each := range []struct {
		verb, amount string
		has          int64
	}{{"deposit", "20.00", 20_00}, {"withdraw", "5.00", 15_00}} {
		for range 2 {
			decode(t, s.Run(t, "pot", each.verb, pot.ID, each.amount, "--id", each.verb, "-o", "json"), &pot)
		}
		if pot.Balance != each.has || before-s.balance(t) != each.has {
			t.Errorf("after %s %+v, and %d are gone", each.verb, pot, before-s.balance(t))
		}
		if s.Get(t, "/pots/"+pot.ID, &pot); pot.Balance != each.has || s.totalBalance(t) != together {
			t.Errorf("after %s programs see %+v, and %d in all", each.verb, pot, s.totalBalance(t))
		}
	}
	if _, _, err := s.Try(t, "pot", "withdraw", pot.ID, "15.01"); exitOf(err) != exitFailed {
		t.Errorf("taking more than there is ends with %v", err)
	}
	if decode(t, s.Run(t, "pot", "delete", pot.ID, "-o", "json"), &pot); !pot.Deleted || pot.Balance != 0 {
		t.Errorf("deleted it is %+v", pot)
	}
	if got := s.balance(t); got != before {
		t.Errorf("%d are gone", before-got)
	}
}

// totalBalance is what the public API says the account and its pots have, in pence.
func (s *suite) totalBalance(t *testing.T) int64 {
	t.Helper()
	var answer struct {
		Total int64 `json:"total_balance"`
	}
	s.Get(t, s.ofAccount("/balance", ""), &answer)
	return answer.Total
}

func standingOrders(t *testing.T, s *suite) {
	var order struct {
		ID       string `json:"id"`
		State    string `json:"state"`
		NextDate string `json:"next_date"`
	}
	create := []string{
		"standing-order", "create", "10", "--name", "Grace Hopper", "--sort-code", "040004", "--number", "12345678",
		"--first", "2099-01-31", "--id", "order", "-o", "json",
	}
	if decode(t, s.Run(t, create...), &order); order.State != "active" || order.NextDate != "2099-01-31" {
		t.Errorf("ordered: %+v", order)
	}
	decode(t, s.Run(t, "standing-order", "cancel", order.ID, "-o", "json"), &order)
	if order.State != "cancelled" || order.NextDate != "" {
		t.Errorf("cancelled: %+v", order)
	}
}
