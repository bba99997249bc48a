package shapes

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"farthing/e2e/world"
)

// webhook is a receiver that is registered on the customer's account.
func (s *suite) webhook(t *testing.T) *world.Receiver {
	t.Helper()
	receiver := world.NewReceiver()
	server := httptest.NewServer(receiver)
	t.Cleanup(server.Close)
	body, err := json.Marshal(map[string]string{"account_id": s.Facts().AccountID, "url": server.URL + "/hooks"})
	if err != nil {
		t.Fatal(err)
	}
	answer := s.Ask(t, http.MethodPost, s.Facts().API+"/webhooks", string(body),
		"Authorization", "Bearer "+s.Facts().AccessToken, "Content-Type", "application/json")
	receiver.Trust(t, answer.Body)
	return receiver
}

// wantTold waits until a receiver is told of a transaction, in a message that is signed and has the merchant in it.
func (s *suite) wantTold(t *testing.T, receiver *world.Receiver, transactionID string) {
	t.Helper()
	eventually(t, "the webhook is told of "+transactionID, func() bool {
		messages, forged := receiver.Heard()
		if forged > 0 {
			t.Fatalf("%d messages were not signed", forged)
		}
		for _, each := range messages {
			var said struct {
				ID        string
				AccountID string `json:"account_id"`
				Merchant  struct{ Name string }
			}
			decode(t, string(each.Data), &said)
			if said.ID == transactionID {
				return each.Type == "transaction.created" && said.AccountID == s.Facts().AccountID &&
					said.Merchant.Name == "Pret A Manger"
			}
		}
		return false
	})
}
