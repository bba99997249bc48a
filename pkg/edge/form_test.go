package edge_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/edge"
	"farthing/pkg/edge/edgetest"
)

// read is all that formReader could make of a request.
type read struct {
	AccountID string
	Amount    int64
	HasAmount bool
	Active    bool
	Since     time.Time
	Metadata  map[string]string
	Title     string
	Expand    []string
	HasNote   bool
}

// formReader reads fields of every kind, as handlers do.
func formReader(req edge.Request) edge.Response {
	form := req.Form()
	var got read
	got.AccountID = form.Required("account_id")
	got.Amount, got.HasAmount = form.Int64("amount")
	got.Active, _ = form.Bool("active")
	got.Since, _ = form.Time("since")
	got.Metadata = form.Map("metadata")
	got.Title = form.String("params[title]")
	got.Expand = form.List("expand[]")
	got.HasNote = form.Has("note")
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	return edge.OK(got)
}

func TestFormsAndJSONAreReadAlike(t *testing.T) {
	door := serveOne(t, formReader)
	want := read{
		AccountID: "acc_1", Amount: -1250, HasAmount: true, Active: true,
		Metadata: map[string]string{"notes": "tea & cake", "gone": "", "a]b": "5"},
		Title:    "Hello £", Expand: []string{"merchant", "account"},
	}
	form := "account_id=acc_1&amount=-1250&active=true&metadata%5Bnotes%5D=tea+%26+cake&metadata[gone]=" +
		"&metadata[a]b]=5&params[title]=Hello%20%C2%A3&expand[]=merchant&expand%5B%5D=account&unknown=1&&"
	nested := `{"account_id":"acc_1","amount":-1250,"active":true,"params":{"title":"Hello £"},"note":null,
		"metadata":{"notes":"tea & cake","gone":null,"a]b":5},"expand":["merchant","account"],"x":[{"y":[1.5e3]}]}`
	flat := `{"account_id":"acc_1","amount":"-1250","active":"true","params[title]":"Hello £","expand[]":"merchant",
		"metadata[notes]":"tea & cake","metadata[gone]":"","metadata[a]b]":"5","expand":["account"]}`
	for name, reply := range map[string]edgetest.Reply{
		"form":  door.Form("POST", "/x", form),
		"query": door.Get("/x?" + strings.ReplaceAll(form, "a]b", "a%5Db")),
		"form with a charset": door.With("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8").
			Do("POST", "/x", strings.NewReader(form)),
		"form without a type": door.Do("POST", "/x", strings.NewReader(form)),
		"form with a broken type": door.With("Content-Type", "Application/X-WWW-Form-Urlencoded; ;=").
			Do("POST", "/x", strings.NewReader(form)),
		"nested JSON": door.JSON("POST", "/x", nested),
		"flat JSON":   door.JSON("POST", "/x", flat),
		"JSON with a charset": door.With("Content-Type", "application/json;charset=utf-8").
			Do("POST", "/x", strings.NewReader(nested)),
		"JSON without a type": door.Do("POST", "/x", strings.NewReader(" "+nested)),
		"half in the query":   door.JSON("POST", "/x?account_id=acc_1", nested),
	} {
		var got read
		reply.Into(&got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestABadFieldIsNamedWithItsRule(t *testing.T) {
	door := serveOne(t, formReader)
	const whole, big = "must be a whole number", "must fit 64 bits"
	for body, want := range map[string]struct{ code, message string }{
		"amount=1":                                          {"missing_param.account_id", "is required"},
		"account_id=":                                       {"missing_param.account_id", "is required"},
		`{"account_id":null}`:                               {"missing_param.account_id", "is required"},
		"account_id=a&account_id=b":                         {"bad_param.account_id", "only once"},
		`{"account_id":"a","account_id":"b"}`:               {"bad_param.account_id", "only once"},
		`{"account_id":5}`:                                  {"bad_param.account_id", "must be a string"},
		`{"account_id":true}`:                               {"bad_param.account_id", "must be a string"},
		`{"account_id":{"a":"b"}}`:                          {"bad_param.account_id", "a single value"},
		`{"account_id":["a"]}`:                              {"bad_param.account_id", "a single value"},
		"account_id=%ff":                                    {"bad_param.account_id", "UTF-8"},
		"account_id=a&amount=1.5":                           {"bad_param.amount", whole},
		"account_id=a&amount=1e3":                           {"bad_param.amount", whole},
		"account_id=a&amount=%2B5":                          {"bad_param.amount", whole},
		"account_id=a&amount=-":                             {"bad_param.amount", whole},
		"account_id=a&amount=0x10":                          {"bad_param.amount", whole},
		"account_id=a&amount=9223372036854775808":           {"bad_param.amount", big},
		"account_id=a&amount=-9223372036854775809":          {"bad_param.amount", big},
		`{"account_id":"a","amount":1.0}`:                   {"bad_param.amount", whole},
		`{"account_id":"a","amount":1e3}`:                   {"bad_param.amount", whole},
		`{"account_id":"a","amount":18446744073709551617}`:  {"bad_param.amount", big},
		`{"account_id":"a","amount":false}`:                 {"bad_param.amount", whole},
		"account_id=a&active=yes":                           {"bad_param.active", "true or false"},
		`{"account_id":"a","active":1}`:                     {"bad_param.active", "true or false"},
		"account_id=a&since=yesterday":                      {"bad_param.since", "must be a time"},
		"account_id=a&metadata=x":                           {"bad_param.metadata", "an object"},
		`{"account_id":"a","metadata":["x"]}`:               {"bad_param.metadata", "an object"},
		"account_id=a&metadata[a][b]=x":                     {"bad_param.metadata", "one level"},
		`{"account_id":"a","metadata":{"a":{"b":1}}}`:       {"bad_param.metadata", "one level"},
		`{"account_id":"a"} x`:                              {"bad_body", "nothing after"},
		`{"account_id":"a"}{}`:                              {"bad_body", "nothing after"},
		`{"account_id":"a"`:                                 {"bad_body", "well-formed"},
		`{"account_id":"a",}`:                               {"bad_body", "well-formed"},
		"{\"account_id\":\"\xff\"}":                         {"bad_body", "UTF-8"},
		"account_id=%zz":                                    {"bad_body", "form-encoded"},
		"%ff=1":                                             {"bad_body", "UTF-8"},
		strings.Repeat("a=1&", 1001):                        {"bad_body", "1000 fields"},
		strings.Repeat(`{"a":`, 9) + strings.Repeat("}", 9): {"bad_body", "nest deeper"},
	} {
		rsp := door.Do("POST", "/x", strings.NewReader(body)).Refused(http.StatusBadRequest, "bad_request."+want.code)
		if !strings.Contains(string(rsp.Body), want.message) {
			t.Errorf("%.60s: got %s, want it to say %q", body, rsp.Body, want.message)
		}
	}
}

func TestWrongTypesOfBodiesAreRefused(t *testing.T) {
	door := serveOne(t, formReader)
	for _, contentType := range []string{"text/plain", "multipart/form-data; boundary=x", "application/xml"} {
		door.With("Content-Type", contentType).Do("POST", "/x", strings.NewReader("account_id=a")).
			Refused(http.StatusBadRequest, "bad_request.bad_content_type")
	}
	for _, body := range []string{"[]", `"a"`, "1", "null", ""} {
		want := "bad_request.bad_body"
		if body == "" {
			want = "bad_request.missing_param.account_id"
		}
		door.JSON("POST", "/x", body).Refused(http.StatusBadRequest, want)
	}
}

func TestTheEndsOfInt64ArriveExactly(t *testing.T) {
	door := serveOne(t, formReader)
	for text, want := range map[string]int64{
		"9223372036854775807": 1<<63 - 1, "-9223372036854775808": -1 << 63, "9007199254740993": 1<<53 + 1, "-0": 0, "007": 7,
	} {
		var got read
		door.Form("POST", "/x", "account_id=a&amount="+text).Into(&got)
		if got.Amount != want || !got.HasAmount {
			t.Errorf("%s arrived as %d", text, got.Amount)
		}
	}
}

func TestEverySpellingOfATimeIsRead(t *testing.T) {
	door := serveOne(t, formReader)
	second := time.Date(2017, 11, 9, 12, 30, 53, 0, time.UTC)
	for spelling, want := range map[string]time.Time{
		"2017-11-09T12:30:53Z":           second,
		"2017-11-09t12:30:53z":           second,
		"2017-11-09T12:30:53.695Z":       second.Add(695 * time.Millisecond),
		"2017-11-09T12:30:53.695123Z":    second.Add(695123 * time.Microsecond),
		"2017-11-09T12:30:53.695123456Z": second.Add(695123456),
		"2017-11-09T12:30:53%2B00:00":    second,
		"2017-11-09T12:30:53+00:00":      second, // The '+' arrives as a space.
		"2017-11-09%2012:30:53%2B00:00":  second,
		"2017-11-09+12:30:53+00:00":      second,
		"2017-11-09 12:30:53.5 00:00":    second.Add(500 * time.Millisecond),
		"2017-11-09T13:30:53%2B01:00":    second,
		"2017-11-09T11:30:53-01:00":      second,
	} {
		var got read
		door.Get("/x?account_id=a&since=" + strings.ReplaceAll(spelling, " ", "%20")).Into(&got)
		if !got.Since.Equal(want) || got.Since.Location() != time.UTC {
			t.Errorf("%s was read as %v", spelling, got.Since)
		}
	}
}

func TestWhatIsNoTimeIsRefused(t *testing.T) {
	door := serveOne(t, formReader)
	for _, spelling := range []string{
		"2017-11-09", "2017-11-09T12:30:53", "2017-11-09T12:30", "12:30:53Z", "2017-13-09T12:30:53Z", "2017-02-30T12:30:53Z",
		"2017-11-09T25:30:53Z", "2017-11-09T12:30:53ZZ", "1510230653", "2017-11-09T12:30:53+0000", "２017-11-09T12:30:53Z",
	} {
		door.Get("/x?account_id=a&since="+url.QueryEscape(spelling)).
			Refused(http.StatusBadRequest, "bad_request.bad_param.since")
	}
}

func TestTheFirstFaultIsTheAnswerAndAHandlerMayAddItsOwn(t *testing.T) {
	door := serveOne(t, func(req edge.Request) edge.Response {
		form := req.Form()
		if n := form.RequiredInt64("limit"); n < 1 || n > 100 {
			form.Refuse("limit", "must be between 1 and 100")
		}
		form.Required("account_id")
		return edge.Error(form.Err())
	})
	door.Get("/x?limit=101").Refused(http.StatusBadRequest, "bad_request.bad_param.limit")
	door.Get("/x?limit=10").Refused(http.StatusBadRequest, "bad_request.missing_param.account_id")
	door.Get("/x?limit=").Refused(http.StatusBadRequest, "bad_request.missing_param.limit")
}
