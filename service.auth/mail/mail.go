// Package mail sends the mails of service.auth: through a mail server, or into a folder.
package mail

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"farthing/pkg/clock"
)

// Message is a mail in plain text.
type Message struct {
	To      string // One address.
	Subject string
	Text    string // Lines of at most some 70 characters, but for what must not be broken.
}

// Sender sends a message, once: a message whose fate is not known is not sent again. Its errors say nothing of what
// is in the message, nor to whom it goes.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

var errNoAddress = errors.New("the recipient's address is not one")

// formed is a message as it goes over the wire, or into a file. Nothing in it is encoded that need not be: a link stays
// one that people can copy.
func formed(from string, m Message, at time.Time) (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithEncoding(gomail.NoEncoding), gomail.WithNoDefaultUserAgent())
	sender, err := netmail.ParseAddress(from)
	if err != nil {
		return nil, fmt.Errorf("the sender's address is not one: %w", err)
	}
	msg.FromMailAddress(sender)
	if msg.To(m.To) != nil { // Its error quotes the address.
		return nil, errNoAddress
	}
	msg.Subject(m.Subject)
	msg.SetDateWithValue(at)
	_, host, _ := strings.Cut(sender.Address, "@")
	msg.SetMessageIDWithValue(rand.Text() + "@" + host)
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	return msg, nil
}

// now is the time that a mail says it was written at: the machine's, whatever business time is.
func now() time.Time { return clock.Real{}.Now() }
