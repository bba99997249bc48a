package client_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"

	"farthing/client"
)

func Example() {
	ctx := context.Background()
	bank := client.New("http://127.0.0.1:8080", client.WithToken(os.Getenv("TOKEN")))
	accounts, err := bank.ListAccounts(ctx, client.ListAccountsParams{})
	if err != nil {
		fmt.Println(err) // unauthorized.bad_access_token: …
		return
	}
	for _, account := range accounts.Accounts {
		balance, err := bank.GetBalance(ctx, client.GetBalanceParams{AccountID: account.ID})
		fmt.Println(account.ID, balance.Balance, balance.Currency, err)
	}
}

// A repeat with the same key changes nothing, whatever became of the first.
func ExampleWithIdempotencyKey() {
	bank := client.New("http://127.0.0.1:8080", client.WithToken(os.Getenv("TOKEN")))
	note := client.Annotation{Metadata: map[string]string{"notes": "Lunch with Tom"}}
	for {
		_, err := bank.AnnotateTransaction(context.Background(), "tx_…", note, client.WithIdempotencyKey("lunch-1"))
		if !client.IsCode(err, "timeout") {
			fmt.Println(err)
			return
		}
	}
}

// A stream comes back by itself when the connection breaks.
func ExampleClient_Follow() {
	bank := client.New("http://127.0.0.1:8080", client.WithToken(os.Getenv("TOKEN")))
	for event, err := range bank.Follow(context.Background(), client.FollowParams{AccountID: "acc_…"}) {
		var t client.Transaction
		switch {
		case err != nil:
			fmt.Println(err)
		case event.Name == client.EventTransactionCreated && event.Decode(&t) == nil:
			fmt.Println(t.Description, t.Amount)
		}
	}
}

// A webhook takes what the bank has signed, and nothing else.
func ExampleOpenMessage() {
	http.HandleFunc("POST /hooks", func(w http.ResponseWriter, req *http.Request) {
		message, err := client.OpenMessage(req, os.Getenv("SECRET"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, "thank you")
		slog.InfoContext(req.Context(), "heard", "type", message.Type, "id", message.ID)
	})
}
