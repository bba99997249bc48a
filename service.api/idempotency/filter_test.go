package idempotency_test

import (
	"net/http"
	"strings"
	"testing"

	"farthing/pkg/errs"
	"farthing/pkg/store/faults"
)

func TestARepeatIsAnsweredByteForByteAndDoesNothing(t *testing.T) {
	d := newDesk(t, nil)
	first := d.pay(t, alice, "k1", "amount=1")
	d.says = func() string { return "something else" }
	again := d.pay(t, alice, "k1", "amount=1")
	if again.body != first.body || again.status != first.status || again.replayed != "true" || first.replayed != "" {
		t.Errorf("got %+v, then %+v", first, again)
	}
	if !strings.Contains(first.body, "<&>") {
		t.Errorf("the test says nothing of escapes: %s", first.body)
	}
	d.wantDone(t, 1)
}

func TestARefusalIsRepeatedToo(t *testing.T) {
	for _, err := range []error{
		errs.BadParam("amount", "must be more than zero"), errs.Missing("pot"), errs.New(errs.Conflict+".dedupe_id", "No"),
		errs.New(errs.PreconditionFailed, "Closed").With("why", "<b>"), errs.New(errs.BadRequest+".grant", "Used up"),
	} {
		d := newDesk(t, nil)
		d.fails = err
		first := d.pay(t, alice, "k1", "amount=1")
		d.fails = nil
		if again := d.pay(t, alice, "k1", "amount=1"); again.body != first.body || again.status != first.status {
			t.Errorf("got %+v, then %+v", first, again)
		}
		d.wantDone(t, 1)
	}
}

func TestWhatWasNotDecidedIsTriedAgainUnderTheSameName(t *testing.T) {
	for _, err := range []error{
		errs.New(errs.Unavailable, "Later"), errs.New(errs.OutcomeUnknown, "Who knows"), errs.New(errs.Internal, "Oh"),
		errs.New(errs.Forbidden+".verification_required", "Log in"), errs.New(errs.RateLimited, "Slow down"),
	} {
		d := newDesk(t, nil)
		d.fails = err
		d.pay(t, alice, "k1", "amount=1")
		d.fails = nil
		if again := d.pay(t, alice, "k1", "amount=1"); again.status != http.StatusOK || again.replayed != "" {
			t.Errorf("after %v: %+v", err, again)
		}
		d.wantDone(t, 2)
		if d.names[0] != d.names[1] || d.names[0] == "" {
			t.Errorf("after %v: named %q", err, d.names)
		}
	}
}

func TestAKeyIsRefusedToAnotherRequest(t *testing.T) {
	d := newDesk(t, nil)
	d.pay(t, alice, "k1", "amount=1")
	for name, other := range map[string]request{
		"body":   {alice, "PUT", "/pay", "k1", "amount=2"},
		"query":  {alice, "PUT", "/pay?x=1", "k1", "amount=1"},
		"path":   {alice, "PUT", "/pay/2", "k1", "amount=1"},
		"method": {alice, "POST", "/pay", "k1", "amount=1"},
	} {
		got := d.ask(t, other)
		if got.status != http.StatusConflict || !strings.Contains(got.body, "conflict.idempotency_key") {
			t.Errorf("another %s: %+v", name, got)
		}
	}
	d.wantDone(t, 1)
}

func TestAKeyIsItsSendersAlone(t *testing.T) {
	d := newDesk(t, nil)
	for _, sender := range []string{alice, bob, alicesOther} {
		if got := d.pay(t, sender, "k1", "amount=1"); got.status != http.StatusOK || got.replayed != "" {
			t.Errorf("%s: %+v", sender, got)
		}
	}
	d.wantDone(t, 3)
	if d.names[0] == d.names[1] || d.names[0] == d.names[2] {
		t.Errorf("two requests have one name: %q", d.names)
	}
}

func TestAProgramWithoutATokenHasKeysToo(t *testing.T) {
	d := newDesk(t, nil)
	first := d.pay(t, nobody, "k1", "client_id=a&client_secret=1")
	again := d.pay(t, nobody, "k1", "client_id=a&client_secret=1")
	if again.replayed != "true" || again.body != first.body {
		t.Errorf("got %+v", again)
	}
	if got := d.pay(t, nobody, "k1", "client_id=a&client_secret=2"); got.status != http.StatusConflict {
		t.Errorf("with another secret: %+v", got)
	}
	if got := d.pay(t, nobody, "k1", "client_id=b&client_secret=1"); got.replayed != "" || got.status != http.StatusOK {
		t.Errorf("as another program: %+v", got)
	}
}

func TestReadsAndRequestsWithoutAKeyAreNotKept(t *testing.T) {
	d := newDesk(t, nil)
	for range 2 {
		d.ask(t, request{alice, "GET", "/pay", "k1", ""})
		d.ask(t, request{alice, "HEAD", "/pay", "k1", ""})
		d.pay(t, alice, "", "amount=1")
	}
	d.wantDone(t, 6)
	if d.names[5] != "" {
		t.Errorf("a request without a key is named %q", d.names[5])
	}
	if got := d.ask(t, request{alice, "POST", "/nowhere", "k1", ""}); got.status != http.StatusNotFound {
		t.Errorf("an unknown path: %+v", got)
	}
}

func TestAKeyInQuotesIsTheSame(t *testing.T) {
	d := newDesk(t, nil)
	d.pay(t, alice, "k1", "amount=1")
	if got := d.pay(t, alice, `"k1"`, "amount=1"); got.replayed != "true" {
		t.Errorf("got %+v", got)
	}
}

func TestAKeyThatIsNoneIsRefusedByName(t *testing.T) {
	d := newDesk(t, nil)
	for _, key := range []string{emptyKey, `""`, strings.Repeat("k", 256), "k\u00e9", "k\x7f"} {
		got := d.pay(t, alice, key, "amount=1")
		if got.status != http.StatusBadRequest || !strings.Contains(got.body, "bad_param.Idempotency-Key") {
			t.Errorf("%q: %+v", key, got)
		}
	}
	d.wantDone(t, 0)
	if got := d.pay(t, alice, strings.Repeat("k", 255), "amount=1"); got.status != http.StatusOK {
		t.Errorf("the longest: %+v", got)
	}
}

// Whatever a write meets, what was answered once is what is answered ever after, and what could not be kept was not
// answered.
func TestAnAnswerThatIsGivenIsTheOneForEver(t *testing.T) {
	all := []faults.Fault{
		faults.None, faults.Unavailable, faults.UnknownApplied, faults.UnknownLost, faults.UnknownLate, faults.Arrive,
	}
	for _, one := range all {
		for _, two := range all {
			for _, three := range all {
				d := newDesk(t, faults.Script(faults.Apply, one, two, three))
				d.says = func() string { return strings.Repeat("x", int(d.done.Load())) } // Another answer each time.
				told := ""
				for range 4 {
					got := d.pay(t, alice, "k1", "amount=1")
					switch {
					case got.status >= http.StatusInternalServerError:
						d.hour.advance() // So that no lease stands in the way.
					case got.status != http.StatusOK || told != "" && told != got.body:
						t.Errorf("%v %v %v: told %s, then %+v", one, two, three, told, got)
					default:
						told = got.body
					}
				}
				if told == "" {
					t.Errorf("%v %v %v: never answered", one, two, three)
				}
			}
		}
	}
}

func TestWhatIsKeptIsNotReadable(t *testing.T) {
	d := newDesk(t, nil)
	d.says = func() string { return "Alice Example" }
	d.pay(t, alice, "secret-key", "amount=1")
	if rows := d.stored(t); len(rows) == 0 || strings.Contains(rows, "Alice") || strings.Contains(rows, "secret-key") {
		t.Errorf("kept as %q", rows)
	}
}
