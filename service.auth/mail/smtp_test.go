package mail_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"

	"go.uber.org/goleak"

	ourmail "farthing/service.auth/mail"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a mail server that takes one connection.
type server struct {
	noTLS   bool
	refuses string // The answer to RCPT; "" to take it.

	tls      *tls.Config
	roots    *x509.CertPool
	said     []string // What the client said, in order.
	mail     string
	finished chan struct{}
}

// serve has a client send a message to the server.
func (s *server) serve(t *testing.T, change func(*ourmail.Server)) error {
	t.Helper()
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	s.tls = &tls.Config{Certificates: certified.TLS.Certificates}
	s.roots = x509.NewCertPool()
	s.roots.AddCert(certified.Certificate())
	s.finished = make(chan struct{})
	ours, theirs := net.Pipe()
	go func() {
		defer close(s.finished)
		defer theirs.Close()
		s.talk(theirs)
	}()
	settings := ourmail.Server{
		Host: "example.com", From: from, User: "bank", Password: "s3cret", Roots: s.roots,
		Dial: func(_ context.Context, _, address string) (net.Conn, error) {
			if address != "example.com:587" {
				return nil, fmt.Errorf("nobody is at %s", address)
			}
			return ours, nil
		},
	}
	if change != nil {
		change(&settings)
	}
	sender, err := ourmail.NewSMTP(settings)
	if err != nil {
		t.Fatal(err)
	}
	err = sender.Send(t.Context(), message())
	ours.Close()
	<-s.finished
	return err
}

// talk speaks SMTP, first in the clear and then, if it is asked to, in TLS.
func (s *server) talk(conn net.Conn) {
	text := textproto.NewConn(conn)
	fmt.Fprint(conn, "220 example.com\r\n")
	for secure := false; ; {
		line, err := text.ReadLine()
		if err != nil {
			return
		}
		s.said = append(s.said, line)
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		switch {
		case verb == "EHLO" && !secure && !s.noTLS:
			fmt.Fprint(conn, "250-example.com\r\n250 STARTTLS\r\n")
		case verb == "EHLO":
			fmt.Fprint(conn, "250-example.com\r\n250-8BITMIME\r\n250 AUTH PLAIN\r\n")
		case verb == "STARTTLS":
			fmt.Fprint(conn, "220 go\r\n")
			conn = tls.Server(conn, s.tls)
			text, secure = textproto.NewConn(conn), true
		case verb == "RCPT" && s.refuses != "":
			fmt.Fprint(conn, s.refuses+"\r\n")
		case verb == "DATA":
			fmt.Fprint(conn, "354 go\r\n")
			lines, _ := text.ReadDotLines()
			s.mail = strings.Join(lines, "\n")
			fmt.Fprint(conn, "250 taken\r\n")
		case verb == "AUTH":
			fmt.Fprint(conn, "235 welcome\r\n")
		default:
			fmt.Fprint(conn, "250 ok\r\n")
		}
	}
}

func TestAMailGoesToAServerOverTLSOnly(t *testing.T) {
	s := &server{}
	if err := s.serve(t, nil); err != nil {
		t.Fatal(err)
	}
	if body := bodyOf(t, s.mail); !strings.Contains(body, "\n"+link) {
		t.Errorf("the link is not whole in\n%s", s.mail)
	}
	login := "AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00bank\x00s3cret"))
	said := strings.Join(s.said, "\n")
	for _, want := range []string{"STARTTLS", login, "MAIL FROM:<login@bank.example>", "RCPT TO:<ada@example.com>"} {
		if !strings.Contains(said, want) {
			t.Errorf("it did not say %s in\n%s", want, said)
		}
	}
}

func TestAServerWithoutTLSIsToldNothing(t *testing.T) {
	s := &server{noTLS: true}
	if err := s.serve(t, nil); err == nil {
		t.Error("it was taken for one")
	}
	stranger := &server{}
	if err := stranger.serve(t, func(c *ourmail.Server) { c.Roots = x509.NewCertPool() }); err == nil {
		t.Error("a stranger was taken for it")
	}
	for _, said := range append(s.said, stranger.said...) {
		if strings.HasPrefix(said, "AUTH") || strings.HasPrefix(said, "MAIL") || strings.HasPrefix(said, "RCPT") {
			t.Errorf("it was told %s", said)
		}
	}
}

func TestARefusalDoesNotSayToWhomTheMailWasToGo(t *testing.T) {
	s := &server{refuses: "550 5.1.1 <ada@example.com> unknown"}
	err := s.serve(t, nil)
	if err == nil || !strings.Contains(err.Error(), "550") {
		t.Fatalf("got %v", err)
	}
	said := fmt.Sprintf("%v %+v %#v", err, err, err)
	if strings.Contains(said, "ada") || strings.Contains(said, "s3cret") {
		t.Errorf("it says %s", said)
	}
}

func TestSettingsThatCannotWorkAreRefusedAtTheStart(t *testing.T) {
	for name, s := range map[string]ourmail.Server{
		"no host": {From: from}, "no sender": {Host: "example.com"},
		"a wrong sender": {Host: "example.com", From: "Farthing"},
		"a wrong port":   {Host: "example.com", From: from, Port: 70_000},
	} {
		s.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }
		if _, err := ourmail.NewSMTP(s); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
