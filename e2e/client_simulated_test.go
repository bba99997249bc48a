package e2e

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"farthing/client"
	"farthing/e2e/world"
)

// cable is a connection that can be pulled out: what is being read then fails.
type cable struct {
	http.RoundTripper
	pulled atomic.Bool
}

// RoundTrip is http.RoundTripper's.
func (c *cable) RoundTrip(req *http.Request) (*http.Response, error) {
	rsp, err := c.RoundTripper.RoundTrip(req)
	if err == nil {
		rsp.Body = &strand{rsp.Body, c}
	}
	return rsp, err
}

type strand struct {
	io.ReadCloser
	cable *cable
}

// Read is io.Reader's.
func (s *strand) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if s.cable.pulled.CompareAndSwap(true, false) {
		return 0, errors.New("the cable is out")
	}
	return n, err
}

func clientOf(w *world.World, c *world.Customer, transport http.RoundTripper) *client.Client {
	h := &http.Client{Transport: transport}
	return client.New("http://public", client.WithToken(c.Token), client.WithHTTPClient(h))
}

func TestAProgramThatFollowsAnAccountMissesNothingWhenItsConnectionBreaks(t *testing.T) {
	simulate(t, world.Options{}, func(t *testing.T, w *world.World) {
		alice := w.Customer(t, "alice", 100_00)
		line := &cable{RoundTripper: w.HTTP().Transport}
		told, ready := make(map[string]bool), 0
		var paid []world.Outcome
		pay := func(id string) { paid = append(paid, w.Swipe(t, alice, id, 3_50, pret)) }
		following := client.FollowParams{AccountID: alice.AccountID}
		for event, err := range clientOf(w, alice, line).Follow(t.Context(), following) {
			if err != nil {
				t.Fatal(err)
			}
			switch event.Name {
			case client.EventReady:
				if ready++; ready == 1 {
					pay("before")
				}
			case client.EventFeedItemCreated:
				var item client.FeedItem
				if err := event.Decode(&item); err != nil {
					t.Fatal(err)
				}
				if told[item.TransactionID] = true; len(told) == 1 && len(paid) == 1 {
					line.pulled.Store(true)
					pay("meanwhile") // The stream is told of it, and breaks.
				}
			}
			if len(told) == 2 {
				break
			}
		}
		if ready != 2 || !told[paid[0].TransactionID] || !told[paid[1].TransactionID] {
			t.Errorf("it began %d times, and told of %v; paid were %+v", ready, told, paid)
		}
	})
}

func TestTheClientDoesWhatAProgramDoes(t *testing.T) {
	simulate(t, world.Options{}, func(t *testing.T, w *world.World) {
		alice := w.Customer(t, "alice", 100_00)
		paid := w.Swipe(t, alice, "lunch", 3_50, pret)
		w.Pass(t, time.Minute)
		c := clientOf(w, alice, w.HTTP().Transport)
		found, err := c.GetTransaction(t.Context(), paid.TransactionID, client.GetTransactionParams{})
		if err != nil || found.Transaction.Merchant.ID == "" || found.Transaction.Merchant.Name != "" {
			t.Errorf("the transaction is %+v, %v", found.Transaction, err)
		}
		for _, notes := range []string{"Lunch", "Lunch with Tom"} {
			note := client.Annotation{Metadata: map[string]string{"notes": notes}}
			noted, err := c.AnnotateTransaction(t.Context(), paid.TransactionID, note, client.WithIdempotencyKey("one key"))
			if conflict := client.IsCode(err, "conflict.idempotency_key"); conflict != (notes != "Lunch") ||
				err == nil && noted.Transaction.Notes != notes {
				t.Errorf("%q: noted is %q, %v", notes, noted.Transaction.Notes, err)
			}
		}
		if _, err := c.GetPot(t.Context(), "pot_of_nobody"); !client.IsCode(err, "not_found.pot") {
			t.Errorf("a pot of nobody's is %v", err)
		}
		attached, err := attach(t, c, paid.TransactionID)
		if err != nil || attached.ExternalID != paid.TransactionID {
			t.Errorf("attached is %+v, %v", attached, err)
		}
	})
}

func attach(t *testing.T, c *client.Client, transaction string) (client.Attachment, error) {
	t.Helper()
	file := []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;")
	place, err := c.BeginUpload(t.Context(), client.NewUpload{
		FileName: "lunch.gif", FileType: "image/gif", ContentLength: int64(len(file)),
	})
	if err != nil {
		return client.Attachment{}, err
	}
	if err := c.UploadFile(t.Context(), place, bytes.NewReader(file)); err != nil {
		return client.Attachment{}, err
	}
	made, err := c.RegisterAttachment(t.Context(), client.NewAttachment{
		ExternalID: transaction, FileURL: place.FileURL, FileType: "image/gif",
	})
	return made.Attachment, err
}
