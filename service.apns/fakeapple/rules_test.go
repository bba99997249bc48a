package fakeapple_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"farthing/service.apns/fakeapple"
)

func TestEveryRuleOfARequestHasItsReason(t *testing.T) {
	w := newWorld(t)
	bearer := w.bearer(t)
	for _, c := range []struct {
		name   string
		status int
		reason fakeapple.Reason
		change func(*http.Request)
	}{
		{"a GET", 405, fakeapple.MethodNotAllowed, func(r *http.Request) { r.Method = http.MethodGet }},
		{"another path", 404, fakeapple.BadPath, func(r *http.Request) { r.URL.Path = "/2/device/" + phone }},
		{"a path below the device", 404, fakeapple.BadPath, device(phone + "/x")},
		{"no device", 400, fakeapple.MissingDeviceToken, device("")},
		{"a device that is not hex", 400, fakeapple.BadDeviceToken, device(strings.Repeat("xy", 32))},
		{"a short device", 400, fakeapple.BadDeviceToken, device("0a0a")},
		{"a device of 101 bytes", 400, fakeapple.BadDeviceToken, device(strings.Repeat("0a", 101))},
		{"no topic", 400, fakeapple.MissingTopic, header("apns-topic", "")},
		{"another's topic", 400, fakeapple.TopicDisallowed, header("apns-topic", "com.example")},
		{"an id that is no UUID", 400, fakeapple.BadMessageID, header("apns-id", "evt_1")},
		{"a UUID without hyphens", 400, fakeapple.BadMessageID, header("apns-id", strings.ReplaceAll(apnsID, "-", "0"))},
		{"a collapse id of 65 bytes", 400, fakeapple.BadCollapseID, header("apns-collapse-id", strings.Repeat("c", 65))},
		{"an expiration in words", 400, fakeapple.BadExpirationDate, header("apns-expiration", "tomorrow")},
		{"a negative expiration", 400, fakeapple.BadExpirationDate, header("apns-expiration", "-1")},
		{"priority 7", 400, fakeapple.BadPriority, header("apns-priority", "7")},
		{"an unknown type", 400, fakeapple.InvalidPushType, header("apns-push-type", "shout")},
		{"an urgent background push", 400, fakeapple.BadPriority, func(r *http.Request) {
			header("apns-push-type", "background")(r)
			header("apns-priority", "10")(r)
		}},
		{"two topics", 400, fakeapple.DuplicateHeaders, func(r *http.Request) { r.Header.Add("apns-topic", topic) }},
		{"no payload", 400, fakeapple.PayloadEmpty, body("")},
		{"a payload that is not JSON", 400, fakeapple.PayloadEmpty, body("{")},
		{"a payload of 4097 bytes", 413, fakeapple.PayloadTooLarge, body(payload(4097))},
		{"4097 bytes of unsaid length", 413, fakeapple.PayloadTooLarge, func(r *http.Request) {
			body(payload(4097))(r)
			r.ContentLength = -1
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := w.push(t, bearer, c.status, c.change)
			if got.Reason != c.reason || got.apnsID == "" || got.Timestamp != 0 {
				t.Fatalf("got %+v, want reason %s, an apns-id and no timestamp", got, c.reason)
			}
		})
	}
	if got := w.Book().Total(); got != 0 {
		t.Fatalf("%d refused pushes were delivered", got)
	}
}

func payload(size int) string { return `"` + strings.Repeat("x", size-2) + `"` }

func TestWhatApplePermitsIsDelivered(t *testing.T) {
	w := newWorld(t)
	bearer := w.bearer(t)
	for name, change := range map[string]func(*http.Request){
		"as it is":                  func(*http.Request) {},
		"a collapse id of 64 bytes": header("apns-collapse-id", strings.Repeat("c", 64)),
		"a payload of 4096 bytes":   body(payload(4096)),
		"a call of 5120 bytes": func(r *http.Request) {
			header("apns-push-type", "voip")(r)
			body(payload(5120))(r)
		},
		"priority 5":                  header("apns-priority", "5"),
		"an expiration of zero":       header("apns-expiration", "0"),
		"an upper case id":            header("apns-id", strings.ToUpper(apnsID)),
		"a device of 100 bytes":       device(strings.Repeat("0A", 100)),
		"a payload of unsaid length":  func(r *http.Request) { r.ContentLength = -1 },
		"a bearer in capital letters": header("authorization", "Bearer"+strings.TrimPrefix(bearer, "bearer")),
	} {
		t.Run(name, func(t *testing.T) {
			w.push(t, bearer, http.StatusOK, change)
		})
	}
}

func TestTheIDIsEchoedOrMade(t *testing.T) {
	w := newWorld(t)
	bearer := w.bearer(t)
	if got := w.push(t, bearer, http.StatusOK); got.apnsID != apnsID {
		t.Errorf("the id came back as %q", got.apnsID)
	}
	made := w.push(t, bearer, http.StatusOK, func(r *http.Request) { r.Header.Del("apns-id") }).apnsID
	if len(made) != 36 || made == apnsID {
		t.Errorf("the made id is %q", made)
	}
}

func TestProviderTokensAreChecked(t *testing.T) {
	w := newWorld(t)
	stranger := newWorld(t) // Has the same ids and another key.
	claim := func(name string, value any) func(*jwt.Token) {
		return func(t *jwt.Token) {
			if t.Claims.(jwt.MapClaims)[name] = value; value == nil {
				delete(t.Claims.(jwt.MapClaims), name)
			}
		}
	}
	ago := func(d time.Duration) func(*jwt.Token) { return claim("iat", start.Add(-d).Unix()) }
	good := w.bearer(t)
	for _, c := range []struct {
		name, bearer string
		reason       fakeapple.Reason
	}{
		{"none", "", fakeapple.MissingProviderToken},
		{"another scheme", "basic x", fakeapple.MissingProviderToken},
		{"no token", "bearer ", fakeapple.MissingProviderToken},
		{"rubbish", "bearer a.b.c", fakeapple.InvalidProviderToken},
		{"a changed signature", good[:len(good)-8] + "AAAAAAAA", fakeapple.InvalidProviderToken},
		{"another's signature", stranger.bearer(t), fakeapple.InvalidProviderToken},
		{"an unknown key", w.bearer(t, func(t *jwt.Token) { t.Header["kid"] = "X" }), fakeapple.InvalidProviderToken},
		{"no key", w.bearer(t, func(t *jwt.Token) { delete(t.Header, "kid") }), fakeapple.InvalidProviderToken},
		{"another team", w.bearer(t, claim("iss", "X")), fakeapple.InvalidProviderToken},
		{"no time", w.bearer(t, claim("iat", nil)), fakeapple.InvalidProviderToken},
		{"a time in words", w.bearer(t, claim("iat", "now")), fakeapple.InvalidProviderToken},
		{"the future", w.bearer(t, ago(-time.Hour)), fakeapple.InvalidProviderToken},
		{"61 minutes old", w.bearer(t, ago(61*time.Minute)), fakeapple.ExpiredProviderToken},
		{"unsigned", "bearer " + unsigned(t), fakeapple.InvalidProviderToken},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := w.push(t, c.bearer, http.StatusForbidden); got.Reason != c.reason {
				t.Fatalf("got %s, want %s", got.Reason, c.reason)
			}
		})
	}
	w.push(t, w.bearer(t, ago(59*time.Minute)), http.StatusOK)
}

func unsigned(t *testing.T) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{"iss": teamID, "iat": start.Unix()})
	token.Header["kid"] = keyID
	text, err := token.SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestATokenThatWasGoodExpires(t *testing.T) {
	w := newWorld(t)
	bearer := w.bearer(t)
	w.push(t, bearer, http.StatusOK)
	w.clock.advance(time.Hour)
	w.push(t, bearer, http.StatusOK)
	w.clock.advance(time.Second)
	if got := w.push(t, bearer, http.StatusForbidden); got.Reason != fakeapple.ExpiredProviderToken {
		t.Fatalf("an hour and a second: %s", got.Reason)
	}
}

func TestAConnectionMayChangeItsTokenEveryTwentyMinutes(t *testing.T) {
	w := newWorld(t)
	first := w.bearer(t)
	w.push(t, first, http.StatusOK)

	w.clock.advance(20*time.Minute - time.Second)
	if got := w.push(t, w.bearer(t), http.StatusTooManyRequests); got.Reason != fakeapple.TooManyProviderTokenUpdates {
		t.Fatalf("a change after 19:59: %s", got.Reason)
	}
	w.push(t, first, http.StatusOK) // The old one is as good as before.

	w.clock.advance(time.Second)
	second := w.bearer(t)
	w.push(t, second, http.StatusOK)
	w.push(t, first, http.StatusOK) // Was on its way when the token changed.
	w.push(t, second, http.StatusOK)

	w.clock.advance(19 * time.Minute)
	w.push(t, w.bearer(t), http.StatusTooManyRequests)
	w.client.CloseIdleConnections()
	w.push(t, w.bearer(t), http.StatusOK) // A new connection starts afresh.
}
