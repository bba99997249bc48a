package handler

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"farthing/pkg/clock"
	"farthing/pkg/edge"
	"farthing/pkg/foundation"
	edgemetrics "farthing/pkg/metrics"
	"farthing/service.auth/door"
	"farthing/service.auth/mail"
	"farthing/service.auth/storage"
	customerproto "farthing/service.customer/proto"
	signupproto "farthing/service.signup/proto"
)

// Config says where the login door is, and how mail is sent: through a server if one is named, and otherwise into a
// folder.
type Config struct {
	LoginURL   string `setting:"AUTH_LOGIN_URL"` // Where browsers find the login door: https://login.bank.example.
	MailFolder string `setting:"AUTH_MAIL_FOLDER"`
	MailFrom   string `setting:"AUTH_MAIL_FROM"` // "Farthing <login@bank.example>".

	SMTPHost         string `setting:"AUTH_SMTP_HOST"`
	SMTPPort         int    `setting:"AUTH_SMTP_PORT"` // 587 if 0.
	SMTPUser         string `setting:"AUTH_SMTP_USER"`
	SMTPPasswordFile string `setting:"AUTH_SMTP_PASSWORD_FILE"`
	SMTPCAFile       string `setting:"AUTH_SMTP_CA_FILE"` // PEM; the system's roots if empty.

	// How many links may be asked for in ten minutes, for one e-mail and from one network address, and how many sign-up
	// forms sent. Behind a proxy that hides addresses the second is for all.
	LinksPerEmail   int `setting:"AUTH_LINKS_PER_EMAIL"`
	LinksPerAddress int `setting:"AUTH_LINKS_PER_ADDRESS"`
}

// defaults are those of development.
func defaults() Config {
	return Config{
		LoginURL: "http://127.0.0.1:8085", MailFolder: ".farthing/mail", MailFrom: "Farthing <login@farthing.example>",
		LinksPerEmail: 5, LinksPerAddress: 60,
	}
}

func (h *Handler) openDoor(env *foundation.Env) error {
	config := defaults()
	if err := env.Config(&config); err != nil {
		return err
	}
	if err := config.check(); err != nil {
		return err
	}
	sender, err := config.sender(env)
	if err != nil {
		return err
	}
	customers, signUps, err := peers(env)
	if err != nil {
		return err
	}
	applicants := &applicants{
		url: config.LoginURL, signUps: signUps, customers: customers, sender: sender,
		letters: storage.NewLetters(env.Store), clock: env.Clock, metrics: h.metrics,
	}
	applicants.subscribe(env)
	keys, err := env.Keys("askings")
	if err != nil {
		return err
	}
	logins, measured := storage.NewLogins(env.Store), door.NewMetrics(env.Metrics)
	postman := door.NewPostman(door.Postman{
		URL: config.LoginURL, Customers: customers, Logins: logins, Sender: sender, IDs: env.IDs, Clock: env.Clock,
		Log: env.Log, Metrics: measured,
	})
	opened, err := door.New(door.Options{
		URL: config.LoginURL, Clients: h.clients, Codes: h.codes, Logins: logins, Postman: postman, SignUps: signUps,
		Keys:   keys,
		Limits: door.Limits{PerEmail: int64(config.LinksPerEmail), PerAddress: int64(config.LinksPerAddress)},
		IDs:    env.IDs, Clock: env.Clock, Real: clock.Real{}, Metrics: measured,
	})
	if err != nil {
		return err
	}
	requests, err := edgemetrics.NewHTTP(env.Metrics)
	if err != nil {
		return err
	}
	env.Go(postman.Run)
	filters := edge.Standard{Log: env.Log, Tracer: env.Tracer, Metrics: requests}
	return env.Serve(foundation.Login, opened.Handler(filters))
}

// peers are who knows customers, and who takes applications.
func peers(env *foundation.Env) (customerproto.CustomersClient, signupproto.SignUpsClient, error) {
	customers, err := env.Dial("service.customer")
	if err != nil {
		return nil, nil, err
	}
	signUps, err := env.Dial("service.signup")
	if err != nil {
		return nil, nil, err
	}
	return customerproto.NewCustomersClient(customers), signupproto.NewSignUpsClient(signUps), nil
}

func (c Config) check() error {
	parsed, err := url.Parse(c.LoginURL)
	switch {
	case err != nil || parsed.Host == "" || parsed.Scheme != "https" && parsed.Scheme != "http",
		c.LoginURL != parsed.Scheme+"://"+parsed.Host:
		return errors.New("setting FARTHING_AUTH_LOGIN_URL: must be as in https://login.bank.example, with nothing after it")
	case c.LinksPerEmail < 1 || c.LinksPerAddress < 1:
		return errors.New("settings FARTHING_AUTH_LINKS_PER_EMAIL and _LINKS_PER_ADDRESS: must be 1 or more")
	}
	return nil
}

func (c Config) sender(env *foundation.Env) (mail.Sender, error) {
	if c.SMTPHost == "" {
		env.Log.Info("no mail server is configured: mails are files in a folder", "folder", c.MailFolder)
		return mail.NewFolder(c.MailFolder, c.MailFrom), nil
	}
	server := mail.Server{Host: c.SMTPHost, Port: c.SMTPPort, User: c.SMTPUser, From: c.MailFrom, Dial: env.Egress}
	if c.SMTPPasswordFile != "" {
		password, err := os.ReadFile(c.SMTPPasswordFile)
		if err != nil {
			return nil, fmt.Errorf("reading FARTHING_AUTH_SMTP_PASSWORD_FILE: %w", err)
		}
		server.Password = strings.TrimSpace(string(password))
	}
	if c.SMTPCAFile != "" {
		text, err := os.ReadFile(c.SMTPCAFile)
		if err != nil {
			return nil, fmt.Errorf("reading FARTHING_AUTH_SMTP_CA_FILE: %w", err)
		}
		server.Roots = x509.NewCertPool()
		if !server.Roots.AppendCertsFromPEM(text) {
			return nil, errors.New("FARTHING_AUTH_SMTP_CA_FILE holds no certificate")
		}
	}
	return mail.NewSMTP(server)
}
