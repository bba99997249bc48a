package edge

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"farthing/pkg/errs"
)

// formOf reads a body as a request's form.
func formOf(contentType string, body []byte) *Form {
	req := httptest.NewRequest("POST", "/", bytes.NewReader(body))
	req.Header.Set("Content-Type", contentType)
	x := &exchange{http: req, writer: httptest.NewRecorder()}
	x.body.limit = BodyBytesMax
	return Request{x: x}.Form()
}

// FuzzForm holds the form reader against net/url's: what both take, they take alike.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{
		"account_id=acc_1&amount=-1250&metadata[notes]=tea+%26+cake", "metadata%5Bk%5D=", "a=1&a=1", "a=1;b=2", "%zz=1",
		"expand[]=merchant&expand%5B%5D=account", "a[b][c]=1", "[=1&]=2", "a=%ff", "=&&==",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		form := formOf("application/x-www-form-urlencoded", body)
		if err := form.Err(); err != nil {
			mustBeBadRequest(t, err)
			return
		}
		want, err := url.ParseQuery(strings.ReplaceAll(string(body), ";", "%3B"))
		if err != nil {
			t.Fatalf("taken, though net/url says %v", err)
		}
		for name, values := range want {
			if got := named(form, name); strings.Join(got, "\x00") != strings.Join(values, "\x00") {
				t.Fatalf("%q: got %q, want %q", name, got, values)
			}
		}
		readAll(t, form)
	})
}

func named(form *Form, name string) []string {
	var out []string
	for _, each := range form.fields {
		if each.name == name {
			out = append(out, each.value)
		}
	}
	return out
}

// FuzzFormInJSON checks that only well-formed objects are taken, and that their strings arrive as they were sent.
func FuzzFormInJSON(f *testing.F) {
	for _, seed := range []string{
		`{"account_id":"acc_1","amount":-1250,"metadata":{"notes":"tea","gone":null},"expand":["merchant"]}`,
		`{"params[title]":"x","a":{"b":{"c":[1,[2,{"d":true}]]}}}`,
		`{"a":1}{"b":2}`, `{"a":1e999}`, `[]`, `{"a"`, `{"a":"\ud800"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		form := formOf("application/json", body)
		if err := form.Err(); err != nil {
			mustBeBadRequest(t, err)
			return
		}
		if len(body) == 0 {
			return
		}
		var want map[string]any
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		if err := decoder.Decode(&want); err != nil {
			t.Fatalf("taken, though encoding/json says %v", err)
		}
		for name, value := range want {
			if sent, ok := value.(string); ok && len(named(form, name)) == 1 && named(form, name)[0] != sent {
				t.Fatalf("%q: got %q, want %q", name, named(form, name), sent)
			}
		}
		readAll(t, form)
	})
}

// readAll asks a form for each of its fields in every way: whatever is refused names a field and a rule.
func readAll(t *testing.T, form *Form) {
	t.Helper()
	for _, each := range form.fields[:min(len(form.fields), 20)] {
		if !utf8.ValidString(each.name) || !utf8.ValidString(each.value) {
			t.Fatalf("invalid UTF-8 came through: %q=%q", each.name, each.value)
		}
		bare, _, _ := strings.Cut(each.name, "[")
		for _, read := range []func(*Form){
			func(f *Form) { f.Required(each.name) },
			func(f *Form) { f.Int64(each.name) },
			func(f *Form) { f.Bool(each.name) },
			func(f *Form) { f.Time(each.name) },
			func(f *Form) { f.Map(bare) },
			func(f *Form) { f.List(bare) },
		} {
			one := &Form{fields: form.fields}
			if read(one); one.Err() != nil {
				mustBeBadRequest(t, one.Err())
			}
		}
	}
}

func mustBeBadRequest(t *testing.T, err error) {
	t.Helper()
	if !errs.Is(err, errs.BadRequest) || errs.Of(err).Message == "" {
		t.Fatalf("refused with %v", err)
	}
}

// FuzzDecode checks that the strict decoder takes a subset of what encoding/json takes, and finds each name that is
// given twice.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"id":"a","amount":{"minor":350,"currency":"GBP"},"tags":["a"]}`, `{"id":"a","ID":"b"}`,
		`{"x":[1,{"y":"]}\"","y":[]}]}`,
		`{"id":1.5}`, `{"amount":{"minor":9223372036854775808}}`, `{"\u0069d":"a","id":"b"}`,
		`{} {}`, `{"a":{}}`, "{\"id\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	type amount struct {
		Minor    int64  `json:"minor"`
		Currency string `json:"currency"`
	}
	type body struct {
		ID     string   `json:"id"`
		Amount *amount  `json:"amount"`
		Tags   []string `json:"tags"`
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		var got, want body
		if err := decodeStrictly(sent, &got); err != nil {
			mustBeBadRequest(t, err)
			return
		}
		if err := json.Unmarshal(sent, &want); err != nil {
			t.Fatalf("taken, though encoding/json says %v", err)
		}
		if namesIn(t, sent) != namesIn(t, reencoded(t, sent)) {
			t.Fatal("a name that is given twice was not found")
		}
	})
}

// namesIn counts the names of all objects in JSON, by another way than uniqueNames'.
func namesIn(t *testing.T, sent []byte) int {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(sent))
	decoder.UseNumber()
	return countNames(t, decoder)
}

func countNames(t *testing.T, decoder *json.Decoder) int {
	t.Helper()
	token, err := decoder.Token()
	if err != nil {
		t.Fatalf("not well-formed: %v", err)
	}
	open, ok := token.(json.Delim)
	if !ok {
		return 0
	}
	count := 0
	for decoder.More() {
		if open == '{' {
			count++
			_, _ = decoder.Token()
		}
		count += countNames(t, decoder)
	}
	_, _ = decoder.Token()
	return count
}

// reencoded is the same JSON with each name once, since a map cannot hold it twice.
func reencoded(t *testing.T, sent []byte) []byte {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(sent))
	decoder.UseNumber()
	var plain map[string]any
	if err := decoder.Decode(&plain); err != nil {
		t.Fatalf("not well-formed: %v", err)
	}
	out, err := json.Marshal(plain)
	if err != nil {
		t.Fatalf("encoding again: %v", err)
	}
	return out
}

// FuzzTime checks that what is read as a time reads the same again once it is written in the usual way.
func FuzzTime(f *testing.F) {
	for _, seed := range []string{
		"2017-11-09T12:30:53.695Z", "2026-01-01 00:00:00+00:00", "2026-01-01 00:00:00 00:00",
		"0000-01-01T00:00:00+23:59", "Z",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := parseTime(text)
		if !ok || got.Year() < 0 || got.Year() > 9999 {
			return
		}
		if again, ok := parseTime(got.Format(time.RFC3339Nano)); !ok || !again.Equal(got) {
			t.Fatalf("%q is %v, then %v", text, got, again)
		}
	})
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"PRET A MANGER", "a\x00", "\xff", "👩‍👩‍👧", "\u202e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		err := Text("descriptor", value, 20)
		if err != nil {
			mustBeBadRequest(t, err)
			return
		}
		if !utf8.ValidString(value) || utf8.RuneCountInString(value) > 20 ||
			strings.ContainsAny(value, "\x00\n\r\x1b\x7f\u202e") {
			t.Fatalf("%q passed", value)
		}
	})
}

func FuzzPath(f *testing.F) {
	for _, seed := range []string{"/accounts", "//accounts//", "", "*", "/", "///", "a/b", "/../x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got := normalPath(path)
		if !isNormal(got) || normalPath(got) != got {
			t.Fatalf("%q became %q", path, got)
		}
		if strings.ReplaceAll(got, "/", "") != strings.ReplaceAll(path, "/", "") {
			t.Fatalf("%q lost more than slashes: %q", path, got)
		}
	})
}
