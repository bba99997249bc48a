package web_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"farthing/cmd/farthing/web"
	"farthing/pkg/errs"
)

// ask asks a door that answers like that.
func ask(t testing.TB, status int, body string) (string, error) {
	t.Helper()
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	defer door.Close()
	var answer struct {
		Said string `json:"said"`
	}
	err := web.Send(t.Context(), door.Client(), http.MethodGet, door.URL, nil, &answer)
	return answer.Said, err
}

func TestAnAnswerIsDecoded(t *testing.T) {
	if said, err := ask(t, 200, `{"said":"yes"}`); err != nil || said != "yes" {
		t.Fatalf("got %q, %v", said, err)
	}
}

func TestTheBanksErrorIsACodedOneAgain(t *testing.T) {
	_, err := ask(t, 400, `{"code":"bad_request.bad_param.mcc","message":"The field 'mcc' is wrong","params":{}}`)
	if !errs.Is(err, "bad_request.bad_param") || errs.Of(err).Message != "The field 'mcc' is wrong" {
		t.Fatalf("got %v", err)
	}
}

func TestWhatNoBankAnswersIsAnError(t *testing.T) {
	for _, answer := range []struct {
		status int
		body   string
	}{{502, "<html>"}, {200, "<html>"}, {500, "{}"}, {200, `{"said":` + strings.Repeat("[", 100)}} {
		if _, err := ask(t, answer.status, answer.body); err == nil {
			t.Errorf("%d %q is an answer", answer.status, answer.body)
		}
	}
}

func TestABodyIsSentAsWhatItIs(t *testing.T) {
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		_ = json.NewEncoder(w).Encode([]string{req.Method, req.Header.Get("Content-Type"), string(body)})
	}))
	defer door.Close()
	for name, c := range map[string]struct {
		body any
		want []string
	}{
		"nothing": {nil, []string{"POST", "", ""}},
		"bytes":   {[]byte("raw"), []string{"POST", "", "raw"}},
		"a value": {map[string]int{"minor": 1}, []string{"POST", "application/json", "{\"minor\":1}\n"}},
	} {
		var got []string
		if err := web.Send(t.Context(), door.Client(), http.MethodPost, door.URL, c.body, &got); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s was sent as %q, want %q", name, got, c.want)
		}
	}
}
