package standard

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"farthing/pkg/clock"
)

const body = `{"type":"transaction.created","data":{"id":"tx_1"}}`

// The standard's own library takes what we sign, under each of the secrets that are live, and nothing else.
func TestTheStandardsLibraryTakesOurSignatures(t *testing.T) {
	fresh, former, other := NewSecret(), NewSecret(), NewSecret()
	now := clock.Real{}.Now()
	header := Sign("msg_1", now, []byte(body), fresh, former)
	if n := len(strings.Fields(header.Get(HeaderSignature))); n != 2 {
		t.Errorf("%d signatures", n)
	}
	for name, c := range map[string]struct {
		secret Secret
		valid  bool
	}{"fresh": {fresh, true}, "former": {former, true}, "other": {other, false}} {
		library, err := standardwebhooks.NewWebhook(c.secret.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		if err := library.Verify([]byte(body), header); (err == nil) != c.valid {
			t.Errorf("%s: %v", name, err)
		}
		if err := library.Verify([]byte(body+" "), header); err == nil {
			t.Errorf("%s: another body is taken", name)
		}
	}
}

func TestWeTakeWhatTheStandardsLibrarySigns(t *testing.T) {
	secret, now := NewSecret(), clock.Real{}.Now()
	library, err := standardwebhooks.NewWebhook(secret.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	signature, err := library.Sign("msg_1", now, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	header.Set(HeaderID, "msg_1")
	header.Set(HeaderTimestamp, fmt.Sprint(now.Unix()))
	header.Set(HeaderSignature, "v1a,nonsense "+signature)
	if err := Verify(header, []byte(body), now, secret); err != nil {
		t.Error(err)
	}
}

func TestAMessageThatIsOldOrChangedIsRefused(t *testing.T) {
	secret, now := NewSecret(), clock.Real{}.Now()
	for name, spoil := range map[string]func(http.Header) (string, time.Time, Secret){
		"another body":   func(http.Header) (string, time.Time, Secret) { return body + " ", now, secret },
		"another secret": func(http.Header) (string, time.Time, Secret) { return body, now, NewSecret() },
		"old": func(http.Header) (string, time.Time, Secret) {
			return body, now.Add(Tolerance + 2*time.Second), secret
		},
		"of the future": func(http.Header) (string, time.Time, Secret) {
			return body, now.Add(-Tolerance - 2*time.Second), secret
		},
		"another id": func(h http.Header) (string, time.Time, Secret) {
			h.Set(HeaderID, "msg_2")
			return body, now, secret
		},
		"no id": func(h http.Header) (string, time.Time, Secret) {
			h.Del(HeaderID)
			return body, now, secret
		},
		"another time": func(h http.Header) (string, time.Time, Secret) {
			h.Set(HeaderTimestamp, fmt.Sprint(now.Unix()+1))
			return body, now, secret
		},
		"no time": func(h http.Header) (string, time.Time, Secret) {
			h.Set(HeaderTimestamp, "noon")
			return body, now, secret
		},
		"no signature": func(h http.Header) (string, time.Time, Secret) {
			h.Del(HeaderSignature)
			return body, now, secret
		},
	} {
		header := Sign("msg_1", now, []byte(body), secret)
		if err := Verify(header, []byte(body), now.Add(time.Minute), secret); err != nil {
			t.Fatal(err)
		}
		sent, at, known := spoil(header)
		if err := Verify(header, []byte(sent), at, known); err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
}

func TestASecretIsReadAsItWasGivenAndShowsNowhereElse(t *testing.T) {
	secret := NewSecret()
	again, err := ParseSecret(secret.Reveal())
	if err != nil || string(again.Key()) != string(secret.Key()) || len(secret.Key()) < 24 {
		t.Errorf("%v: it is another", err)
	}
	if SecretOf(secret.Key()).Reveal() != secret.Reveal() {
		t.Error("its key is another's")
	}
	shown := fmt.Sprintf("%v %+v %#v %s %+v", secret, secret, secret, secret, struct{ S Secret }{secret})
	if strings.Contains(shown, secret.Reveal()) || strings.Contains(shown, string(secret.Key())) {
		t.Error("it shows")
	}
	for _, text := range []string{"", "whsec_", "whsec_!", secret.Reveal()[6:]} {
		if _, err := ParseSecret(text); err == nil {
			t.Errorf("%q is a secret", text)
		}
	}
}

// Whatever is sent, verifying it ends in a yes or a no, and what was not signed is a no.
func FuzzVerify(f *testing.F) {
	secret, now := SecretOf([]byte("of the fuzz test alone, 24 bytes")), time.Unix(1_790_000_000, 0)
	header := Sign("msg_1", now, []byte(body), secret)
	f.Add("msg_1", header.Get(HeaderTimestamp), header.Get(HeaderSignature), body)
	f.Add("", "", "", "")
	f.Add("msg_1", "9223372036854775807", "v1, v1,AAAA v1", "{}")
	f.Fuzz(func(t *testing.T, id, timestamp, signature, sent string) {
		h := http.Header{}
		h.Set(HeaderID, id)
		h.Set(HeaderTimestamp, timestamp)
		h.Set(HeaderSignature, signature)
		signed := strings.Contains(signature, secret.sign(id, timestamp, []byte(sent)))
		if Verify(h, []byte(sent), now, secret) == nil && !signed {
			t.Fatal("it is taken")
		}
	})
}
