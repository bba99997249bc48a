package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"farthing/cmd/farthing/cardedge"
	"farthing/cmd/farthing/cardline"
	"farthing/e2e/world"
	"farthing/pkg/foundation"
	"farthing/service.card-api/iso8583"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// call is a line to a world's bank.
func call(t *testing.T, w *world.World, e iso8583.Encoding) *cardline.Line {
	t.Helper()
	line := cardline.Over(w.Connect(t, foundation.ISO8583), e)
	t.Cleanup(func() { _ = line.Close() })
	return line
}

// tell sends a message, and answers what the bank says.
func tell(t *testing.T, line *cardline.Line, m iso8583.Message, err error) iso8583.Message {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	reply, err := line.Ask(t.Context(), m)
	if err != nil {
		t.Fatalf("asking %v: %v", m, err)
	}
	return reply
}

func authorisationOf(w *world.World, c *world.Customer, n int, minor int64) cardedge.Authorisation {
	return cardedge.Authorisation{
		Network: &cardedge.Network{
			AcquirerID: "400123", STAN: fmt.Sprintf("%06d", n), RRN: fmt.Sprintf("%012d", n), TerminalID: "TERM0001",
			TransmittedAt: w.Clock.Now().Truncate(time.Second),
		},
		CardID: c.CardID, Amount: cardedge.Amount{Minor: minor, Currency: "GBP"}, Descriptor: pret, MCC: "5812",
	}
}

func TestARepeatThroughTheOtherDoorAnswersTheSame(t *testing.T) {
	simulate(t, world.Options{}, func(t *testing.T, w *world.World) {
		alice := w.Customer(t, "alice", 100_00)
		line := call(t, w, iso8583.Binary)
		edge := cardedge.Client{Address: "http://" + string(foundation.CardEdge), HTTP: w.HTTP()}
		a := authorisationOf(w, alice, 1, 30_00)
		first, err := edge.Authorise(t.Context(), a)
		if err != nil || first.Outcome != "approved" {
			t.Fatalf("by HTTP it was %v, %v", first, err)
		}
		m, err := cardline.Authorisation(a)
		m.MTI = "0101"
		again, err := cardline.AnswerOf(tell(t, line, m, err))
		if err != nil || again.TransactionID != first.TransactionID || again.AuthorisationID != first.AuthorisationID {
			t.Errorf("by ISO 8583 it was %v, %v, and by HTTP %v", again, err, first)
		}
		if available, _ := w.Balance(t, alice); available != 70_00 {
			t.Errorf("%d can be spent, want 7000", available)
		}
	})
}

// A reversal that was acknowledged has happened, whenever it came: before its sale, in the middle of it, or after.
func TestASaleAndItsReversalAtOnceLeaveTheMoneyWhereItWas(t *testing.T) {
	simulate(t, world.Options{}, func(t *testing.T, w *world.World) {
		alice := w.Customer(t, "alice", 100_00)
		lines := []*cardline.Line{call(t, w, iso8583.ASCII), call(t, w, iso8583.Binary)}
		for n := range 40 {
			a := authorisationOf(w, alice, 2*n+1, 30_00)
			sale, err := cardline.Sale(a)
			if err != nil {
				t.Fatal(err)
			}
			own := *a.Network
			own.STAN = fmt.Sprintf("%06d", 2*n+2)
			reversal, err := cardline.FollowUp("reversals", cardedge.FollowUp{Network: &own, CardID: alice.CardID},
				&cardline.Original{MTI: "0200", Network: *a.Network, Amount: a.Amount})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // The second time they are repeats.
				var both sync.WaitGroup
				for at, m := range []iso8583.Message{sale, reversal} {
					both.Go(func() {
						reply, err := lines[at].Ask(t.Context(), m)
						if code := reply.Get(iso8583.ResponseCode); err != nil || at == 1 && code != iso8583.Approved {
							t.Errorf("%v was answered %q, %v", m, code, err)
						}
					})
				}
				both.Wait()
			}
			if available, _ := w.Balance(t, alice); available != 100_00 {
				t.Fatalf("after round %d %d can be spent, want 10000", n, available)
			}
			w.Pass(t, time.Second)
		}
		if page := w.Admin(t, cardprocessingproto.AuditPaymentsPath+"?limit=100"); strings.Contains(page, "faults") ||
			!strings.Contains(page, `"checked":40`) {
			t.Errorf("the payments' audit finds %s", page)
		}
	})
}

// spell tells the ISO 8583 door of a card's number, in messages good and bad, and answers all that it said.
func spell(t *testing.T, w *world.World, c *world.Customer, number string) string {
	t.Helper()
	var said strings.Builder
	for n, e := range []iso8583.Encoding{iso8583.ASCII, iso8583.Binary} {
		line := call(t, w, e)
		for stan, spoil := range []func(*iso8583.Message){
			func(*iso8583.Message) {},
			func(m *iso8583.Message) { m.Set(iso8583.CardToken, number) },
			func(m *iso8583.Message) { m.Set(iso8583.PAN, number[:len(number)-1]) },
			func(m *iso8583.Message) { m.Set(iso8583.RRN, "") },
			func(m *iso8583.Message) { m.Set(iso8583.PAN, ""); m.Set(iso8583.CardToken, number) },
			func(m *iso8583.Message) { m.Set(iso8583.TransactionCurrency, "999") },
			func(m *iso8583.Message) { m.MTI = "0600" },
		} {
			m, err := cardline.Authorisation(authorisationOf(w, c, 100*n+stan+len(number), 1_00))
			m.Set(iso8583.CardToken, "")
			m.Set(iso8583.PAN, number)
			spoil(&m)
			reply := tell(t, line, m, err)
			for _, element := range reply.Numbers() {
				fmt.Fprintf(&said, "%d=%s ", element, reply.Get(element))
			}
		}
		conn := w.Connect(t, foundation.ISO8583) // Whose bytes make no message.
		_, _ = conn.Write(append([]byte{0, byte(len(number) + 4)}, "0100"+number...))
		_ = conn.Close()
	}
	return said.String()
}
