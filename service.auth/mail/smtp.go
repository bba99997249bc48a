package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Server says how a mail server is reached. It must offer STARTTLS: a login link is worth a login.
type Server struct {
	Host     string
	Port     int // 0 stands for 587.
	User     string
	Password string         // With a user.
	From     string         // "Farthing <login@bank.example>".
	Roots    *x509.CertPool // The system's if nil.
	// Dial opens a connection to the outside: the environment's egress dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

const (
	submissionPort = 587
	answerWithin   = 15 * time.Second
)

// SMTP sends through a mail server. Each mail takes a connection of its own: they are few.
type SMTP struct {
	from    string
	host    string
	options []gomail.Option
}

// NewSMTP is a sender through a server, which is not connected to yet.
func NewSMTP(s Server) (*SMTP, error) {
	if s.Port == 0 {
		s.Port = submissionPort
	}
	options := []gomail.Option{
		gomail.WithPort(s.Port), gomail.WithTimeout(answerWithin), gomail.WithTLSPolicy(gomail.TLSMandatory),
		gomail.WithTLSConfig(&tls.Config{ServerName: s.Host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}),
		gomail.WithDialContextFunc(s.Dial),
	}
	if s.User != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.User),
			gomail.WithPassword(s.Password))
	}
	if _, err := gomail.NewClient(s.Host, options...); err != nil {
		return nil, fmt.Errorf("the mail server's settings are not right: %w", err)
	}
	if _, err := formed(s.From, Message{To: "somebody@example.com"}, now()); err != nil {
		return nil, err
	}
	return &SMTP{s.From, s.Host, options}, nil
}

// Send sends a message and waits until the server has taken it.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	msg, err := formed(s.from, m, now())
	if err != nil {
		return err
	}
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return err
	}
	if err := client.DialWithContext(ctx); err != nil {
		return fmt.Errorf("connecting to the mail server: %w", err)
	}
	err = refusal(client.Send(msg))
	_ = client.Close() // The server has the mail, or has refused it.
	return err
}

// refusal is why a server did not take a mail, without its own words: they may quote to whom it was to go.
func refusal(err error) error {
	if err == nil {
		return nil
	}
	if refused, ok := errors.AsType[*gomail.SendError](err); ok {
		return fmt.Errorf("the mail server did not take it: %s, code %d", refused.Reason, refused.ErrorCode())
	}
	return errors.New("the mail server did not take it")
}
