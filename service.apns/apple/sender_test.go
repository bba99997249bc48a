package apple_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"farthing/pkg/errs"
	"farthing/service.apns/apple"
	"farthing/service.apns/fakeapple"
)

func TestAPushIsShownAsItWasSent(t *testing.T) {
	w, p := newWorld(t), push(1)
	got := w.send(t, p)
	if diff := cmp.Diff(apple.Result{Outcome: apple.Delivered, ApnsID: p.ApnsID}, got); diff != "" {
		t.Fatalf("the result differs:\n%s", diff)
	}
	shown := w.fake.Book().Shown(string(p.Device))
	if len(shown) != 1 {
		t.Fatalf("%d pushes are shown, want 1", len(shown))
	}
	want := fakeapple.Delivery{
		Device: string(p.Device), ApnsID: p.ApnsID, CollapseID: p.CollapseID, Topic: topic, PushType: "alert",
		Priority: 10, Expiration: p.Expiration, ReceivedAt: start, Times: 1, Payload: shown[0].Payload,
	}
	if diff := cmp.Diff(want, shown[0]); diff != "" {
		t.Errorf("the phone differs:\n%s", diff)
	}
	if diff := cmp.Diff(decoded(t, p.Payload), decoded(t, shown[0].Payload)); diff != "" {
		t.Errorf("the payload differs:\n%s", diff)
	}
}

func decoded(t *testing.T, payload []byte) (value any) {
	t.Helper()
	if err := json.Unmarshal(payload, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestARepeatChangesNothingOnThePhone(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		w.send(t, push(1))
	}
	if shown := w.fake.Book().Shown(string(phone(1))); len(shown) != 1 {
		t.Fatalf("the phone shows %d, want 1", len(shown))
	}
}

func TestEveryAnswerHasItsOutcome(t *testing.T) {
	w := newWorld(t)
	since := start.Add(-time.Hour)
	for reason, want := range map[fakeapple.Reason]apple.Result{
		fakeapple.Unregistered:                {Outcome: apple.Unregistered, Since: since},
		fakeapple.ExpiredToken:                {Outcome: apple.Unregistered, Since: since},
		fakeapple.BadDeviceToken:              {Outcome: apple.Rejected},
		fakeapple.DeviceTokenNotForTopic:      {Outcome: apple.Rejected},
		fakeapple.PayloadTooLarge:             {Outcome: apple.Rejected},
		fakeapple.BadCollapseID:               {Outcome: apple.Rejected},
		fakeapple.TooManyRequests:             {Outcome: apple.Retry, After: time.Second},
		fakeapple.InternalServerError:         {Outcome: apple.Retry, After: time.Second},
		fakeapple.ServiceUnavailable:          {Outcome: apple.Retry, After: time.Second},
		fakeapple.Shutdown:                    {Outcome: apple.Retry, After: time.Second},
		fakeapple.ExpiredProviderToken:        {Outcome: apple.Retry},
		fakeapple.InvalidProviderToken:        {Outcome: apple.Retry, After: time.Minute},
		fakeapple.TooManyProviderTokenUpdates: {Outcome: apple.Retry, After: time.Minute},
		fakeapple.TopicDisallowed:             {Outcome: apple.Retry, After: time.Minute},
	} {
		w.inject(t, fakeapple.Fault{Reason: reason, Times: 1, Since: since})
		want.Reason, want.ApnsID = string(reason), push(1).ApnsID
		if diff := cmp.Diff(want, w.send(t, push(1))); diff != "" {
			t.Errorf("%s differs:\n%s", reason, diff)
		}
	}
}

func TestA410TellsWhetherTheTokenIsOlder(t *testing.T) {
	w := newWorld(t)
	registered := start
	for _, c := range []struct {
		since  time.Time
		forget bool
	}{
		{registered.Add(-time.Hour), false}, // The phone has registered since: the token lives again.
		{registered.Add(time.Hour), true},
	} {
		w.inject(t, fakeapple.Fault{Reason: fakeapple.Unregistered, Times: 1, Since: c.since})
		got := w.send(t, push(1))
		if registered.Before(got.Since) != c.forget {
			t.Errorf("dead since %v, registered %v: forgetting is not %v", got.Since, registered, c.forget)
		}
	}
}

func TestWhatCannotBeSentIsToldWithoutAsking(t *testing.T) {
	w := newWorld(t)
	bad, large, broken := push(1), push(1), push(1)
	bad.Device = "0b/../../x?y=%zz\n"
	large.Payload = []byte(`"` + strings.Repeat("x", 4096) + `"`)
	broken.Payload = []byte("{")
	if got := w.send(t, bad); got.Outcome != apple.Rejected || got.Reason != apple.ReasonBadDeviceToken {
		t.Errorf("a bad device token: %+v", got)
	}
	if got := w.send(t, large); got.Outcome != apple.Rejected || got.Reason != apple.ReasonPayloadTooLarge {
		t.Errorf("a large payload: %+v", got)
	}
	if _, err := w.Send(t.Context(), broken); !errs.Is(err, "bad_request.bad_param.payload") {
		t.Errorf("a broken payload: %v", err)
	}
	if got := w.fake.Stats().Connections; got != 0 {
		t.Errorf("%d connections were made", got)
	}
}

func TestAnUnreachableAppleIsUnavailable(t *testing.T) {
	refused := errors.New("connection refused")
	for name, change := range map[string]func(*apple.Config){
		"no route": func(c *apple.Config) {
			c.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, refused }
		},
		"a stranger's": func(c *apple.Config) { c.RootCAs = x509.NewCertPool() },
	} {
		w := newWorld(t, change)
		_, err := w.Send(t.Context(), push(1))
		if !errs.Is(err, errs.Unavailable) {
			t.Errorf("%s: %v, want unavailable", name, err)
		}
		mustNotTell(t, err)
	}
}

func TestAPushThatMayHaveArrivedIsAnUnknownOutcome(t *testing.T) {
	for _, reason := range []fakeapple.Reason{fakeapple.Hang, fakeapple.LostAnswer} {
		w := newWorld(t)
		w.inject(t, fakeapple.Fault{Reason: reason, Times: 1})
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, err := w.Send(ctx, push(1))
		if !errs.Is(err, errs.OutcomeUnknown) {
			t.Errorf("%s: %v, want %s", reason, err, errs.OutcomeUnknown)
		}
		mustNotTell(t, err)
		if got := w.send(t, push(1)); got.Outcome != apple.Delivered {
			t.Errorf("%s: the repeat: %+v", reason, got)
		}
	}
}

// mustNotTell looks for the device token in everything that a log could print of an error.
func mustNotTell(t *testing.T, err error) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, string(phone(1))) {
			t.Errorf("the error tells the device token: %s", text)
		}
	}
}

func TestADeviceTokenIsMaskedHoweverItIsPrinted(t *testing.T) {
	encoded, err := json.Marshal(push(1))
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%v %+v %#v %s %q %x %s", push(1), push(1), push(1), phone(1), phone(1), phone(1), encoded)
	text += phone(1).LogValue().String()
	if strings.Contains(text, string(phone(1))) || strings.Contains(text, fmt.Sprintf("%x", string(phone(1)))) {
		t.Fatalf("a device token shows: %s", text)
	}
}

func TestSixtyFourSendersShareOneConnection(t *testing.T) {
	w := newWorld(t)
	var senders errgroup.Group
	for i := range 64 {
		senders.Go(func() error {
			for range 20 {
				if got, err := w.Send(t.Context(), push(i)); err != nil || got.Outcome != apple.Delivered {
					return fmt.Errorf("phone %d: %v, %w", i, got.Outcome, err)
				}
			}
			return nil
		})
	}
	if err := senders.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := w.fake.Stats(); got.Delivered != 64*20 || got.Connections != 1 || len(got.Refused) != 0 {
		t.Fatalf("stats are %+v, want 1280 deliveries on one connection", got)
	}
}

func TestALostConnectionIsReplaced(t *testing.T) {
	conns := make(chan net.Conn, 2)
	w := newWorld(t, func(c *apple.Config) {
		c.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			if err == nil {
				conns <- conn
			}
			return conn, err
		}
	})
	w.send(t, push(1))
	if err := (<-conns).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Send(t.Context(), push(1)); err != nil && !errs.Is(err, errs.OutcomeUnknown) {
		t.Fatalf("the push that finds out: %v", err) // Whether it does depends on who sees the close first.
	}
	if got := w.send(t, push(1)); got.Outcome != apple.Delivered {
		t.Fatalf("the push after: %+v", got)
	}
}

func TestAConfigWithoutOneOfItsFieldsIsRefused(t *testing.T) {
	_, p8, err := fakeapple.NewKey("T", "K", topic)
	if err != nil {
		t.Fatal(err)
	}
	for field, spoil := range map[string]func(*apple.Config){
		"missing_param.host":    func(c *apple.Config) { c.Host = "" },
		"bad_param.host":        func(c *apple.Config) { c.Host = "http://push.test" },
		"missing_param.dial":    func(c *apple.Config) { c.Dial = nil },
		"missing_param.key":     func(c *apple.Config) { c.Key = nil },
		"bad_param.key":         func(c *apple.Config) { c.Key = []byte("key") },
		"missing_param.key_id":  func(c *apple.Config) { c.KeyID = "" },
		"missing_param.team_id": func(c *apple.Config) { c.TeamID = "" },
		"missing_param.topic":   func(c *apple.Config) { c.Topic = "" },
		"missing_param.clock":   func(c *apple.Config) { c.Clock = nil },
	} {
		c := apple.Config{
			Host: apple.HostProduction, Dial: (&net.Dialer{}).DialContext, Key: p8, KeyID: "K", TeamID: "T", Topic: topic,
			Clock: &handClock{},
		}
		spoil(&c)
		if _, err := apple.New(c); !errs.Is(err, "bad_request."+field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}
