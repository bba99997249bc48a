package natsserver

import (
	"fmt"
	"log/slog"
)

// log passes the server's messages on. What it merely notices is no news to a bank.
type log struct {
	to    *slog.Logger
	fatal chan string // The first thing that the server cannot go on with.
}

func newLog(to *slog.Logger) *log {
	if to == nil {
		to = slog.New(slog.DiscardHandler)
	}
	return &log{to, make(chan string, 1)}
}

const message = "the NATS server says"

// Noticef is for what is as it should be.
func (l *log) Noticef(format string, v ...any) {
	l.to.Debug(message, "text", fmt.Sprintf(format, v...))
}

// Warnf is for what might become trouble.
func (l *log) Warnf(format string, v ...any) { l.to.Warn(message, "text", fmt.Sprintf(format, v...)) }

// Errorf is for trouble.
func (l *log) Errorf(format string, v ...any) { l.to.Error(message, "text", fmt.Sprintf(format, v...)) }

// Fatalf is for what the server cannot go on with.
func (l *log) Fatalf(format string, v ...any) {
	why := fmt.Sprintf(format, v...)
	l.to.Error(message, "text", why)
	select {
	case l.fatal <- why:
	default: // The first one tells why.
	}
}

// Debugf is never called.
func (l *log) Debugf(string, ...any) {}

// Tracef is never called.
func (l *log) Tracef(string, ...any) {}
