// Package apple sends pushes to Apple's push service: sideshow/apns2 with our clock, our dialer, and outcomes in place
// of status codes.
package apple

import (
	"context"
	"crypto/x509"
	"errors"
	"net/url"
	"time"

	"github.com/sideshow/apns2"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
)

// Apple's two hosts. A device token of a development build is good only at the first, any other only at the second.
const (
	HostDevelopment = apns2.HostDevelopment
	HostProduction  = apns2.HostProduction
)

// sendTimeout ends a push whose caller set no earlier deadline.
const sendTimeout = 10 * time.Second

// Config says where to send and who is sending. All fields but RootCAs are required.
type Config struct {
	Host    string         // https:// and a name, with a port unless 443.
	RootCAs *x509.CertPool // Nil is the system's.
	Dial    Dial
	Key     []byte // The text of the .p8 file.
	KeyID   string
	TeamID  string
	Topic   string      // The app's bundle id.
	Clock   clock.Clock // Dates the provider tokens; Apple's own servers expect the real time.
}

func (c Config) check() error {
	for _, field := range []struct{ name, value string }{
		{"host", c.Host}, {"key", string(c.Key)}, {"key_id", c.KeyID}, {"team_id", c.TeamID}, {"topic", c.Topic},
	} {
		if field.value == "" {
			return errs.MissingParam(field.name)
		}
	}
	host, err := url.Parse(c.Host)
	switch {
	case err != nil || host.Scheme != "https" || host.Host == "" || host.Path != "":
		return errs.BadParam("host", "must be https:// and a name, with a port unless 443")
	case c.Dial == nil:
		return errs.MissingParam("dial")
	case c.Clock == nil:
		return errs.MissingParam("clock")
	}
	return nil
}

// Sender sends pushes over one connection, opened by the first push and shared by all. It is safe for concurrent use.
type Sender struct {
	topic   string
	bearers *bearers
}

// New is a sender that has sent nothing and is connected to nothing yet.
func New(c Config) (*Sender, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	key, err := parseKey(c.Key)
	if err != nil {
		return nil, err
	}
	return &Sender{topic: c.Topic, bearers: &bearers{
		key: key, keyID: c.KeyID, teamID: c.TeamID, clock: c.Clock, host: c.Host, http: newHTTPClient(c.Dial, c.RootCAs),
	}}, nil
}

// Send sends one push, within ten seconds or the context's earlier deadline. What Apple answers is a Result, a refusal
// included. An error means that Apple did not: unavailable if it could not be reached, so that nothing was sent;
// timeout.outcome_unknown if the push may have arrived; bad_request if the payload is not JSON. The first two are
// resolved by sending the same push again.
func (s *Sender) Send(ctx context.Context, p Push) (Result, error) {
	reason, err := p.refused()
	if err != nil || reason != "" {
		return Result{Outcome: Rejected, Reason: reason}, err
	}
	bearer, err := s.bearers.get()
	if err != nil {
		return Result{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	rsp, err := bearer.client.PushWithContext(ctx, s.notification(p))
	if err != nil {
		return Result{}, withoutURL(err)
	}
	if rsp.Reason == apns2.ReasonExpiredProviderToken {
		if err := s.bearers.refused(bearer); err != nil {
			return Result{}, err
		}
	}
	return resultOf(rsp), nil
}

// Close closes the connection once it is idle. A later Send opens another.
func (s *Sender) Close() { s.bearers.http.CloseIdleConnections() }

func (s *Sender) notification(p Push) *apns2.Notification {
	n := &apns2.Notification{
		DeviceToken: string(p.Device), ApnsID: p.ApnsID, CollapseID: p.CollapseID, Topic: s.topic,
		Expiration: p.Expiration, Priority: p.Priority, PushType: apns2.PushTypeAlert, Payload: []byte(p.Payload),
	}
	if n.Priority == 0 {
		n.Priority = apns2.PriorityHigh
	}
	return n
}

// withoutURL codes a failure of the transport. net/http wraps it in the URL, which holds the device token.
func withoutURL(err error) error {
	if quoting, ok := errors.AsType[*url.Error](err); ok {
		err = quoting.Err
	}
	if _, ok := errors.AsType[*unreachable](err); ok {
		return errs.New(errs.Unavailable, "Apple's push service cannot be reached").Because(err)
	}
	return errs.New(errs.OutcomeUnknown, "Apple's push service did not answer").Because(err)
}
