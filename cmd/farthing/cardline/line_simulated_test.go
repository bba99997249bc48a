package cardline

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"farthing/cmd/farthing/cardedge"
	"farthing/pkg/errs"
	"farthing/service.card-api/iso8583"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bank is the other end of a line.
type bank struct {
	net.Conn
	t *testing.T
}

func lineTo(t *testing.T) (*Line, bank) {
	t.Helper()
	ours, theirs := net.Pipe()
	line := Over(ours, iso8583.Binary)
	t.Cleanup(func() { _ = line.Close() })
	return line, bank{theirs, t}
}

func (b bank) hear() iso8583.Message {
	b.t.Helper()
	body, err := iso8583.ReadFrame(b)
	if err != nil {
		b.t.Fatal(err)
	}
	m, err := iso8583.Decode(body, iso8583.Binary)
	if err != nil {
		b.t.Fatal(err)
	}
	return m
}

func (b bank) say(m iso8583.Message) {
	b.t.Helper()
	body, err := iso8583.Encode(m, iso8583.Binary)
	if err != nil {
		b.t.Fatal(err)
	}
	framed, err := iso8583.Frame(body)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.Write(framed); err != nil {
		b.t.Fatal(err)
	}
}

func message(mti string, stan int) iso8583.Message {
	return iso8583.New(mti).With(iso8583.STAN, fmt.Sprintf("%06d", stan))
}

func TestAnswersFindTheirMessagesInWhateverOrderTheyCome(t *testing.T) {
	line, bank := lineTo(t)
	var asking sync.WaitGroup
	for stan := range 20 {
		for _, mti := range []string{"0100", "0420"} {
			asking.Go(func() {
				want, _ := iso8583.AnswerTo(mti)
				reply, err := line.Ask(t.Context(), message(mti, stan))
				if err != nil || reply.MTI != want || reply.Get(iso8583.STAN) != fmt.Sprintf("%06d", stan) {
					t.Errorf("%s %d was answered %v, %v", mti, stan, reply, err)
				}
			})
		}
	}
	var heard []iso8583.Message
	for range 40 {
		heard = append(heard, bank.hear())
	}
	bank.say(message("0110", 999)) // Nobody waits for this.
	for n := range heard {
		reply, _ := heard[len(heard)-1-n].Reply(iso8583.Approved)
		bank.say(reply)
	}
	asking.Wait()
}

func TestMessagesWithOneSTANAreAnsweredInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line, bank := lineTo(t)
		codes := make([]string, 2)
		var asking sync.WaitGroup
		for n := range codes {
			asking.Go(func() {
				reply, err := line.Ask(t.Context(), message("0100", 1))
				if err != nil {
					t.Error(err)
				}
				codes[n] = reply.Get(iso8583.ResponseCode)
			})
			synctest.Wait()
			bank.hear()
		}
		bank.say(message("0110", 1).With(iso8583.ResponseCode, "00"))
		bank.say(message("0110", 1).With(iso8583.ResponseCode, "51"))
		asking.Wait()
		if codes[0] != "00" || codes[1] != "51" {
			t.Errorf("answered %v", codes)
		}
	})
}

func TestALineThatEndsAnswersNobodyAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line, bank := lineTo(t)
		asked := make(chan error, 1)
		go func() {
			_, err := line.Ask(t.Context(), message("0100", 1))
			asked <- err
		}()
		bank.hear()
		_ = bank.Close()
		if err := <-asked; !errors.Is(err, ErrClosed) {
			t.Errorf("the one who waited was told %v", err)
		}
		if _, err := line.Ask(t.Context(), message("0100", 2)); !errors.Is(err, ErrClosed) {
			t.Errorf("the next was told %v", err)
		}
	})
}

func TestWhoDoesNotWaitAnyMoreGetsNobodyElsesAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line, bank := lineTo(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		heard := make(chan struct{})
		go func() {
			defer close(heard)
			_, _ = iso8583.ReadFrame(bank)
		}()
		if _, err := line.Ask(ctx, message("0100", 1)); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("the first was told %v", err)
		}
		if len(line.waiting) != 0 {
			t.Errorf("somebody still waits: %v", line.waiting)
		}
		<-heard
		told := make(chan string, 1)
		go func() {
			reply, err := line.Ask(t.Context(), message("0100", 1))
			told <- fmt.Sprint(reply.Get(iso8583.ResponseCode), err)
		}()
		bank.hear()
		bank.say(message("0110", 1).With(iso8583.ResponseCode, "00"))
		if got := <-told; got != "00<nil>" {
			t.Errorf("the second was told %s", got)
		}
	})
}

func network() *cardedge.Network {
	return &cardedge.Network{
		AcquirerID: "400001", STAN: "000001", RRN: "000000000001", TerminalID: "T1",
		TransmittedAt: time.Date(2026, 11, 9, 13, 30, 53, 999e6, time.FixedZone("", 3600)),
	}
}

func TestWhatANetworkCannotSayIsRefusedByField(t *testing.T) {
	good := func() cardedge.Authorisation {
		return cardedge.Authorisation{
			Network: network(), CardID: "card_1", Amount: cardedge.Amount{Minor: 1, Currency: "GBP"}, Descriptor: "PRET",
		}
	}
	for field, spoil := range map[string]func(*cardedge.Authorisation){
		"processor_id": func(a *cardedge.Authorisation) { a.ProcessorID, a.Network = "till-1", nil },
		"entry_mode":   func(a *cardedge.Authorisation) { a.EntryMode = "telepathy" },
		"country":      func(a *cardedge.Authorisation) { a.Country = "GBR" },
		"currency":     func(a *cardedge.Authorisation) { a.Amount.Currency = "XXX" },
		"descriptor":   func(a *cardedge.Authorisation) { a.Descriptor = "A SHOP WHOSE NAME HAS FORTY-ONE CHARACTERS" },
	} {
		a := good()
		spoil(&a)
		_, err := Authorisation(a)
		if coded := errs.Of(err); coded == nil || coded.Params["field"] != field {
			t.Errorf("%s: got %v", field, err)
		}
	}
	m, err := Authorisation(good())
	if err != nil || m.Get(iso8583.TransmittedAt) != "1109123053" {
		t.Errorf("the good one is %v, sent at %s, %v", m, m.Get(iso8583.TransmittedAt), err)
	}
}

func TestAnAnswerReadsAsTheCardEdgesWould(t *testing.T) {
	part := message("0110", 1).With(iso8583.ResponseCode, "10").With(iso8583.TransactionAmount, "000000000200").
		With(iso8583.TransactionCurrency, "826").With(iso8583.BankIDs, "AUTH=auth_1 TX=tx_1 TRACE=abc").
		With(iso8583.AdditionalAmounts, "0057826C000000000350"+"0002826D000000000500")
	got, err := AnswerOf(part)
	if err != nil || got.Outcome != "approved" || got.Amount.Minor != 2_00 || got.Balance.Minor != -5_00 ||
		got.AuthorisationID != "auth_1" || got.TransactionID != "tx_1" || got.TraceID != "abc" {
		t.Errorf("in part: %+v, %v", got, err)
	}
	for code, class := range map[string]string{
		"30": errs.BadRequest, "40": errs.BadRequest, "25": errs.NotFound, "94": errs.Conflict, "91": errs.Timeout,
		"96": errs.Internal,
	} {
		if _, err := AnswerOf(message("0110", 1).With(iso8583.ResponseCode, code)); !errs.Is(err, class) {
			t.Errorf("%s: got %v", code, err)
		}
	}
	declined, err := AnswerOf(message("0110", 1).With(iso8583.ResponseCode, "14"))
	if err != nil || declined.Outcome != "declined" || declined.DeclineReason != "response code 14" {
		t.Errorf("declined: %+v, %v", declined, err)
	}
}
