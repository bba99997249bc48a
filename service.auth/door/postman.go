package door

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.auth/logic"
	"farthing/service.auth/mail"
	"farthing/service.auth/storage"
	customerproto "farthing/service.customer/proto"
)

// Letter is a link that somebody asked for.
type Letter struct {
	Email   string // As it was typed.
	Client  string // The name of the client that waits.
	Asked   logic.Authorisation
	Browser string
}

// Postman finds out who asked for a link, and sends it. It works behind the door's back: how long that takes, and
// whether there is anybody to send it to, nobody outside can see. A link is sent once or not at all; whoever gets
// none may ask again.
type Postman struct {
	URL       string // Of the door.
	Customers customerproto.CustomersClient
	Logins    *storage.Logins
	Sender    mail.Sender
	IDs       *id.Maker
	Clock     clock.Clock
	Log       *slog.Logger
	Metrics   *Metrics

	letters chan Letter
}

const (
	lettersMax    = 256 // That wait.
	postmen       = 4
	deliverWithin = 20 * time.Second
)

// NewPostman is a postman who has still to Run.
func NewPostman(p Postman) *Postman {
	p.letters = make(chan Letter, lettersMax)
	return &p
}

// Take takes a letter to be sent soon: unavailable if too many wait.
func (p *Postman) Take(l Letter) error {
	select {
	case p.letters <- l:
		return nil
	default:
		p.Metrics.asked.WithLabelValues("too_many").Inc()
		return errs.New(errs.Unavailable+".mail", "Too many links are waiting to be sent")
	}
}

// Run sends letters until ctx ends, and then those that still wait.
func (p *Postman) Run(ctx context.Context) {
	var working sync.WaitGroup
	for range postmen {
		working.Go(func() {
			for {
				select {
				case l := <-p.letters:
					p.deliver(ctx, l)
				case <-ctx.Done():
					p.finish(ctx)
					return
				}
			}
		})
	}
	working.Wait()
}

func (p *Postman) finish(ctx context.Context) {
	for {
		select {
		case l := <-p.letters:
			p.deliver(ctx, l)
		default:
			return
		}
	}
}

// deliver sends a letter, also when the process is about to stop.
func (p *Postman) deliver(ctx context.Context, l Letter) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deliverWithin)
	defer cancel()
	switch err := p.send(ctx, l); {
	case err == nil:
		p.Metrics.asked.WithLabelValues("mailed").Inc()
	case errors.Is(err, errNobody):
		p.Metrics.asked.WithLabelValues("nobody").Inc()
	default:
		p.Metrics.asked.WithLabelValues("failed").Inc()
		p.Log.ErrorContext(ctx, "a login link was not sent", "client_id", l.Asked.Client, "error", err)
	}
}

var errNobody = errors.New("no customer has that address")

func (p *Postman) send(ctx context.Context, l Letter) error {
	found, err := p.Customers.FindByEmail(ctx, &customerproto.FindByEmailRequest{Email: l.Email})
	switch {
	case errs.Is(err, errs.NotFound), errs.Is(err, errs.BadRequest):
		return errNobody
	case err != nil:
		return fmt.Errorf("finding the customer: %w", err)
	}
	customer, key, now := found.GetCustomer(), logic.NewSecret(logic.LinkPrefix), p.Clock.Now()
	login := logic.NewLogin(p.IDs.New(logic.LoginPrefix), customer.GetId(), l.Asked, key, l.Browser, now)
	if err := p.Logins.Insert(ctx, login); err != nil {
		return err
	}
	return p.Sender.Send(ctx, mail.Message{
		To: customer.GetEmail(), Subject: "Log in to Farthing",
		Text: textOf(l.Client, linkOf(p.URL, login.ID, key)),
	})
}

// textOf is what a customer reads. The client's name is of the client's choice, so it stands where it can ask for
// nothing.
func textOf(client, link string) string {
	return strings.Join([]string{
		"Hello,", "",
		"somebody, most likely you, wants to log in to Farthing, for the program",
		"\"" + client + "\". To go on, follow this link within " + minutesOf(logic.LinkLifetime) + " minutes, on the device",
		"and in the browser in which you asked for it:", "",
		link, "",
		"It works once. If it was not you, do nothing: nobody can log in without",
		"this mail. We never ask you to send it on to anybody.", "",
		"Farthing", "",
	}, "\n")
}

func minutesOf(d time.Duration) string { return fmt.Sprint(int(d / time.Minute)) }
