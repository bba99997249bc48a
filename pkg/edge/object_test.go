package edge

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"farthing/pkg/errs"
)

// objectOf reads a body as a request's object.
func objectOf(body string) *Object {
	req := httptest.NewRequest("PUT", "/", bytes.NewReader([]byte(body)))
	req.Header.Set("Content-Type", "application/json")
	x := &exchange{http: req, writer: httptest.NewRecorder()}
	x.body.limit = BodyBytesMax
	return Request{x: x}.Object()
}

func TestAnObjectIsReadAsDeepAsItGoesAndExactly(t *testing.T) {
	o := objectOf(`{"total":9223372036854775807,"text":"a","digits":"-12","fraction":18.560,"on":true,"none":null,
		"items":[{"name":"b","parts":[{"name":"c"}]},{}],"shop":{"name":"d"}}`)
	items := o.List("items")
	if o.Int64("total") != 9223372036854775807 || o.String("text") != "a" || o.Int64("digits") != -12 ||
		o.Number("fraction") != "18.560" || !o.Bool("on") || len(items) != 2 || items[0].String("name") != "b" ||
		items[0].List("parts")[0].Required("name") != "c" || o.Object("shop").String("name") != "d" {
		t.Errorf("read otherwise: %+v", o.fields)
	}
	for _, absent := range []string{"none", "nowhere"} {
		if o.String(absent) != "" || o.Int64(absent) != 0 || o.Number(absent) != "" || o.Bool(absent) ||
			len(o.List(absent)) != 0 || o.Object(absent).String("name") != "" {
			t.Errorf("%s is there", absent)
		}
	}
	if err := o.Err(); err != nil {
		t.Error(err)
	}
}

func TestAFaultOfAnObjectSaysWhereItIs(t *testing.T) {
	for code, c := range map[string]struct {
		body string
		read func(*Object)
	}{
		"bad_param.a":          {`{"a":7}`, func(o *Object) { o.String("a") }},
		"bad_param.b":          {`{"b":"true"}`, func(o *Object) { o.Bool("b") }},
		"bad_param.c":          {`{"c":1.5}`, func(o *Object) { o.Int64("c") }},
		"bad_param.d":          {`{"d":1e3}`, func(o *Object) { o.Int64("d") }},
		"bad_param.e":          {`{"e":9223372036854775808}`, func(o *Object) { o.Int64("e") }},
		"bad_param.f":          {`{"f":true}`, func(o *Object) { o.Number("f") }},
		"bad_param.g":          {`{"g":{}}`, func(o *Object) { o.List("g") }},
		"bad_param.h":          {`{"h":[]}`, func(o *Object) { o.Object("h") }},
		"bad_param.i[1]":       {`{"i":[{},7]}`, func(o *Object) { o.List("i") }},
		"bad_param.j[0]":       {`{"j":[null]}`, func(o *Object) { o.List("j") }},
		"bad_param.k[1].l":     {`{"k":[{},{"l":7}]}`, func(o *Object) { o.List("k")[1].String("l") }},
		"bad_param.m.n[0].o":   {`{"m":{"n":[{"o":7}]}}`, func(o *Object) { o.Object("m").List("n")[0].Required("o") }},
		"missing_param.p[0].q": {`{"p":[{}]}`, func(o *Object) { o.List("p")[0].Required("q") }},
		"missing_param.r[0].s": {`{"r":[{"s":""}]}`, func(o *Object) { o.List("r")[0].RequiredInt64("s") }},
		"missing_param.t":      {`{"t":null}`, func(o *Object) { o.RequiredInt64("t") }},
		"missing_param.u":      {`{}`, func(o *Object) { o.RequiredList("u") }},
		"bad_param.v":          {`{"v":1,"v":2}`, func(*Object) {}},
		"bad_param.w.X":        {`{"w":{"x":1,"X":2}}`, func(*Object) {}},
	} {
		o := objectOf(c.body)
		c.read(o)
		o.Required("later")
		if err := o.Err(); err == nil || errs.Of(err).Code != "bad_request."+code {
			t.Errorf("%s: got %v, want %s", c.body, err, code)
		}
	}
	for _, body := range []string{"", "[]", "7", `{"a":`, `{} {}`, "{\"a\":\"\xff\"}"} {
		o := objectOf(body)
		if o.String("a"); !errs.Is(o.Err(), errs.BadRequest) {
			t.Errorf("%q: got %v", body, o.Err())
		}
	}
}

// FuzzObject reads everything as everything: that ends, and is never our failure.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{
		`{"a":{"a":[{"a":"b"}]}}`, `{"a":[[],null,7]}`, `{"a":1e999}`, `{"a":"9223372036854775807"}`, `{"a":-0}`, "{", "",
		`{"a":"` + strings.Repeat("x", 100) + `"}`, `{"A":1,"a":2}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		o := objectOf(body)
		for deep := 0; deep < 10; deep++ {
			if o.String("a"); o.Err() != nil {
				mustBeBadRequest(t, o.Err())
			}
			o.Int64("a")
			o.Bool("a")
			if list := o.List("a"); len(list) > 0 {
				o = list[0]
			} else {
				o = o.Object("a")
			}
		}
		if o.Err() == nil && !json.Valid([]byte(body)) {
			t.Fatalf("%q was read", body)
		}
	})
}
