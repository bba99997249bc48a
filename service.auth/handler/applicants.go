package handler

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/foundation"
	"farthing/pkg/id"
	"farthing/service.auth/logic"
	"farthing/service.auth/mail"
	"farthing/service.auth/storage"
	customerproto "farthing/service.customer/proto"
	signupproto "farthing/service.signup/proto"
	signupevents "farthing/service.signup/proto/events"
)

// applicants mails people what became of their applications: once for each event, and again only if the process dies
// between the mail and the line that says so.
type applicants struct {
	url       string // Of the login door.
	signUps   signupproto.SignUpsClient
	customers customerproto.CustomersClient
	sender    mail.Sender
	letters   *storage.Letters
	clock     clock.Clock
	metrics   *metrics
}

const (
	// mailTries outlast any outage of a mail server: some three days at one try in a minute.
	mailTries = 5_000
	// mailWithin is longer than a mail server may take.
	mailWithin  = 30 * time.Second
	mailsAtOnce = 4
)

func (a *applicants) subscribe(env *foundation.Env) {
	env.Subscribe(events.Subscription{
		Name: "auth_sign_ups", Types: []string{"signup.rested"}, Handle: a.rested, Concurrency: mailsAtOnce,
		MaxTries: mailTries, Timeout: mailWithin,
	})
}

// rested tells an applicant where the application came to rest. It is acknowledged once the mail was taken.
func (a *applicants) rested(ctx context.Context, e events.Event) error {
	var body signupevents.ApplicationRested
	if err := proto.Unmarshal(e.Body, &body); err != nil {
		return fmt.Errorf("%w: %w", events.ErrPoison, err)
	}
	application := body.GetApplication()
	if err := id.Check("application_id", "signup", application.GetId()); err != nil {
		return fmt.Errorf("%w: %w", events.ErrPoison, err)
	}
	if mailed, err := a.letters.Kept(ctx, e.ID); err != nil || mailed {
		return err
	}
	outcome, err := a.tell(ctx, application)
	if err != nil {
		a.metrics.applicants.WithLabelValues("failed").Inc()
		return fmt.Errorf("mailing the applicant of %s: %w", application.GetId(), err)
	}
	a.metrics.applicants.WithLabelValues(outcome).Inc()
	return a.letters.Keep(ctx, e.ID, a.clock.Now())
}

// tell sends the mail about an application, if there is still somebody to tell and it is still so, and answers what the
// mail was about, or why there was none.
func (a *applicants) tell(ctx context.Context, application *signupproto.Application) (outcome string, err error) {
	news := logic.NewsOf(application)
	now, err := a.signUps.Applicant(ctx, &signupproto.ApplicantRequest{ApplicationId: application.GetId()})
	switch {
	case errs.Is(err, errs.NotFound+".applicant"):
		return "forgotten", nil
	case err != nil:
		return "", fmt.Errorf("asking who has applied: %w", err)
	case now.GetState() != application.GetState(), news == logic.NoNews:
		return "overtaken", nil // Another event tells where it rests since.
	}
	to := now.GetEmail()
	if news == logic.IsCustomer {
		if to, err = a.customersOwn(ctx, to); errs.Is(err, errs.NotFound) {
			return "forgotten", nil
		}
	}
	if err == nil {
		subject, text := news.Letter(a.url)
		err = a.sender.Send(ctx, mail.Message{To: to, Subject: subject, Text: text})
	}
	return string(news), err
}

// customersOwn is an address as the customer wrote it who has it. Only there may it be said who is a customer.
func (a *applicants) customersOwn(ctx context.Context, email string) (string, error) {
	found, err := a.customers.FindByEmail(ctx, &customerproto.FindByEmailRequest{Email: email})
	if err != nil {
		return "", fmt.Errorf("finding the customer: %w", err)
	}
	return found.GetCustomer().GetEmail(), nil
}
