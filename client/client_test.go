package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// seen is a request as it came.
type seen struct {
	Method, URI, Token, Agent, Key, Media, Body string
}

// bank answers everything the same, and keeps what was asked last.
func bank(t *testing.T, status int, body string, headers ...string) (*Client, *seen) {
	t.Helper()
	last := &seen{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		text, _ := io.ReadAll(req.Body)
		*last = seen{
			req.Method, req.RequestURI, req.Header.Get("Authorization"), req.UserAgent(),
			req.Header.Get("Idempotency-Key"), req.Header.Get("Content-Type"), string(text),
		}
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return New(server.URL+"/", WithToken("token"), WithUserAgent("lens/2"), WithHTTPClient(server.Client())), last
}

func wantSeen(t *testing.T, last *seen, want seen) {
	t.Helper()
	want.Token, want.Agent = "Bearer token", "lens/2"
	if diff := cmp.Diff(want, *last); diff != "" {
		t.Error(diff)
	}
}

func TestACallSaysWhatIsMeantAndWhoAsks(t *testing.T) {
	c, last := bank(t, http.StatusOK, `{}`)
	_, err := c.ListTransactions(t.Context(), ListTransactionsParams{
		AccountID: "acc_1", Expand: []string{"merchant"}, Before: time.Unix(0, 5e8).UTC(), Limit: 7,
	})
	if err != nil {
		t.Fatal(err)
	}
	wantSeen(t, last, seen{Method: "GET", URI: "/transactions?account_id=acc_1&before=1970-01-01T00%3A00%3A00.5Z&" +
		"expand%5B%5D=merchant&limit=7"})
	nothing := int64(0)
	_, err = c.UpdatePot(t.Context(), "pot/1", UpdatePot{GoalAmount: &nothing}, WithIdempotencyKey("once"))
	if err != nil {
		t.Fatal(err)
	}
	wantSeen(t, last, seen{
		Method: "PATCH", URI: "/pots/pot%2F1", Key: "once", Media: "application/json", Body: `{"goal_amount":0}`,
	})
}

func TestAnIDThatWouldBeAnotherPathIsRefused(t *testing.T) {
	c, last := bank(t, http.StatusOK, `{}`)
	for _, id := range []string{"", ".", ".."} {
		if _, err := c.GetPot(t.Context(), id); err == nil {
			t.Errorf("%q is taken", id)
		}
	}
	if last.Method != "" {
		t.Errorf("the bank was asked %v", *last)
	}
}

func TestWhatTheBankRefusesIsAnErrorThatSaysWhy(t *testing.T) {
	c, _ := bank(t, http.StatusTooManyRequests, `{"code":"rate_limited.streams","message":"There are too many",`+
		`"params":{"limit":"100"},"retryable":{"value":true}}`, "Retry-After", "7", "Trace-Id", "4bf9")
	_, err := c.WhoAmI(t.Context())
	answered, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatal(err)
	}
	want := &Error{
		Status: 429, Code: "rate_limited.streams", Message: "There are too many", Params: map[string]string{"limit": "100"},
		Retryable: true, RetryAfter: 7 * time.Second, TraceID: "4bf9",
	}
	if diff := cmp.Diff(want, answered); diff != "" {
		t.Error(diff)
	}
	if !IsCode(err, "rate_limited") || !IsCode(err, "rate_limited.streams") || IsCode(err, "rate") {
		t.Errorf("%v is of another code", err)
	}
}

func TestWhatNoBankAnswersIsAnError(t *testing.T) {
	for _, answer := range []struct {
		status int
		body   string
	}{{502, "<html>"}, {500, "{}"}, {200, "<html>"}, {204, ""}, {200, `{"user_id":` + strings.Repeat("[", 100)}} {
		c, _ := bank(t, answer.status, answer.body)
		_, err := c.WhoAmI(t.Context())
		if err == nil {
			t.Errorf("%d %q is an answer", answer.status, answer.body)
		}
		if answered, ok := errors.AsType[*Error](err); answer.status != 200 && (!ok || answered.Status != answer.status) {
			t.Errorf("%d %q is %v", answer.status, answer.body, err)
		}
	}
}

func TestACallEndsWithItsTimeAndSaysNoAddress(t *testing.T) {
	c, _ := bank(t, http.StatusOK, `{}`)
	WithTimeout(time.Nanosecond)(c)
	_, err := c.GetBalance(t.Context(), GetBalanceParams{AccountID: "acc_secret"})
	if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "acc_secret") {
		t.Errorf("got %v", err)
	}
}

func TestWhoGetsNoTokenAsksNothing(t *testing.T) {
	c, last := bank(t, http.StatusOK, `{}`)
	broken := errors.New("no refresh token")
	WithTokenSource(func(context.Context) (string, error) { return "", broken })(c)
	if _, err := c.ListAccounts(t.Context(), ListAccountsParams{}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	for _, err := range c.Follow(t.Context(), FollowParams{AccountID: "acc_1"}) {
		if !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	}
	if last.Method != "" {
		t.Errorf("the bank was asked %v", *last)
	}
}

func TestAMerchantIsAnIDOrWholeOrNothing(t *testing.T) {
	for text, want := range map[string]*Merchant{
		`null`: nil, `"merch_1"`: {ID: "merch_1"}, `{"id":"merch_1","name":"Pret"}`: {ID: "merch_1", Name: "Pret"},
	} {
		c, _ := bank(t, http.StatusOK, `{"transaction":{"settled":"","merchant":`+text+`}}`)
		got, err := c.GetTransaction(t.Context(), "tx_1", GetTransactionParams{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Transaction.Merchant); diff != "" || !got.Transaction.Settled.IsZero() {
			t.Errorf("%s is read as %v", text, got)
		}
	}
}

func TestAFileGoesToItsPlaceWithoutTheToken(t *testing.T) {
	c, last := bank(t, http.StatusOK, `{}`)
	err := c.UploadFile(t.Context(), Upload{UploadURL: c.base + "/attachment/upload/secret"}, strings.NewReader("GIF89a"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(seen{
		Method: "POST", URI: "/attachment/upload/secret", Agent: "lens/2", Media: "application/octet-stream", Body: "GIF89a",
	}, *last); diff != "" {
		t.Error(diff)
	}
}
