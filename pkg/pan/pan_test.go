package pan_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"farthing/pkg/errs"
	"farthing/pkg/pan"
)

// A test number of the schemes' own, which no card bears.
const test = "4111111111111111"

func parsed(t *testing.T, text string) pan.Number {
	t.Helper()
	n, err := pan.Parse("pan", text)
	if err != nil {
		t.Fatalf("parsing: %v", err)
	}
	return n
}

func TestTheSchemesTestNumbersAreNumbers(t *testing.T) {
	for _, text := range []string{test, "5555555555554444", "378282246310005", "6011111111111117", "4000000000000000006"} {
		n := parsed(t, text)
		if n.Reveal() != text || n.Last4() != text[len(text)-4:] || n.IsZero() {
			t.Errorf("%s came back as %s, last four %s", text, n.Reveal(), n.Last4())
		}
	}
}

func TestWhatIsNoNumberIsRefusedWithoutBeingQuoted(t *testing.T) {
	for _, text := range []string{
		"4111111111111112", "41111111111", "41111111111111111111", "4111 1111 1111 1111", "411111111111111x",
		"４１１１１１１１１１１１１１１１", "-411111111111111", "4111111111111111\n",
	} {
		_, err := pan.Parse("card_number", text)
		if !errs.Is(err, "bad_request.bad_param.card_number") {
			t.Errorf("%q gave %v", text, err)
		} else if strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "1111") {
			t.Errorf("the error quotes the number: %v", err)
		}
	}
	if _, err := pan.Parse("card_number", ""); !errs.Is(err, "bad_request.missing_param.card_number") {
		t.Errorf("no number gave %v", err)
	}
}

func TestACompletedNumberIsOne(t *testing.T) {
	n, err := pan.Complete(test[:15])
	if err != nil || n.Reveal() != test {
		t.Fatalf("got %q, %v", n.Reveal(), err)
	}
	if _, err := pan.Complete("4111x"); err == nil {
		t.Fatal("letters were completed")
	}
}

// hidden holds a number where fmt may not call its methods.
type hidden struct{ n pan.Number }

func TestNoVerbShowsMoreThanTheLastFour(t *testing.T) {
	n := parsed(t, test)
	values := map[string]any{
		"itself": n, "its pointer": &n, "a field": struct{ N pan.Number }{n}, "a hidden field": hidden{n},
		"a pointer to a hidden field": &hidden{n}, "a list": []pan.Number{n}, "a map": map[string]pan.Number{"n": n},
		"a key": map[pan.Number]int{n: 1}, "a list of hidden fields": []hidden{{n}},
	}
	for name, value := range values {
		for verb := range strings.FieldsSeq("%v %+v %#v %s %q %x %X %d %o %b %c %U %e %t %p") {
			mustHide(t, name+" by "+verb, fmt.Sprintf(verb, value))
		}
	}
	if got := fmt.Sprintf("%v %q", n, n); got != `****1111 "****1111"` {
		t.Errorf("got %s", got)
	}
}

func TestNoEncodingShowsMoreThanTheLastFour(t *testing.T) {
	n := parsed(t, test)
	asJSON, err := json.Marshal(map[string]any{"n": n, "hidden": hidden{n}, "key": map[pan.Number]int{n: 1}})
	if err != nil {
		t.Fatal(err)
	}
	mustHide(t, "json", string(asJSON))

	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(handler).Info("seen", "n", n, "field", struct{ N pan.Number }{n}, "hidden", hidden{n}, "ns", []pan.Number{n})
	}
	mustHide(t, "slog", out.String())

	out.Reset()
	_ = gob.NewEncoder(&out).Encode(n)
	mustHide(t, "gob", out.String())
	mustHide(t, "a wrapped error", fmt.Errorf("card %v: %w", n, errors.New("declined")).Error())
}

func mustHide(t *testing.T, how, shown string) {
	t.Helper()
	for _, secret := range []string{test, test[:6], fmt.Sprintf("%x", test), fmt.Sprintf("%X", test[:12]), "52 49 49"} {
		if strings.Contains(shown, secret) {
			t.Errorf("%s shows the number: %s", how, shown)
		}
	}
}

func TestJSONIsReadIntoANumberAndFaultsNameTheField(t *testing.T) {
	var body struct {
		Number pan.Number `json:"pan"`
	}
	if err := json.Unmarshal([]byte(`{"pan":"`+test+`"}`), &body); err != nil || body.Number.Reveal() != test {
		t.Fatalf("got %v, %v", body.Number, err)
	}
	err := json.Unmarshal([]byte(`{"pan":"4111111111111112"}`), &body)
	if !errs.Is(err, "bad_request.bad_param.pan") {
		t.Fatalf("a wrong check digit gave %v", err)
	}
}

func TestEqualComparesTheNumbers(t *testing.T) {
	one, same, other := parsed(t, test), parsed(t, test), parsed(t, "5555555555554444")
	if !one.Equal(same) || one.Equal(other) || one.Equal(pan.Number{}) || !(pan.Number{}).Equal(pan.Number{}) {
		t.Fatal("Equal does not compare the digits")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{test, "4111111111111112", "", "000000000000", "4111-1111-1111-1111", "\xff\xfe"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := pan.Parse("pan", text)
		if err != nil {
			if !errs.Is(err, errs.BadRequest) || len(text) >= 12 && strings.Contains(err.Error(), text) {
				t.Fatalf("a bad refusal: %v", err)
			}
			return
		}
		if n.Reveal() != text || len(text) < 12 || len(text) > 19 {
			t.Fatalf("%q was taken for a number", text)
		}
		if again, err := pan.Complete(text[:len(text)-1]); err != nil || !again.Equal(n) {
			t.Fatalf("the check digit differs: %v", err)
		}
		if len(n.String()) != len("****")+4 {
			t.Fatalf("it is not masked: %v", n)
		}
	})
}
