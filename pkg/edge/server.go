package edge

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Limits on what a client may take its time over.
const (
	headerTimeout  = 5 * time.Second
	readTimeout    = 30 * time.Second // Headers and body.
	writeTimeout   = 60 * time.Second // From the end of the headers to the end of the answer.
	idleTimeout    = 2 * time.Minute
	headerBytesMax = 16 << 10
)

// NewServer is a server for strangers: everything they send has a limit in time and size. The caller gives it a
// listener, and Shutdown drains it: streams of events then end at once.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	draining, drain := context.WithCancel(context.Background())
	base := context.WithValue(context.Background(), drainKey{}, draining)
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerBytesMax,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		// OPTIONS * would otherwise be answered by net/http itself, and not in JSON.
		DisableGeneralOptionsHandler: true,
		BaseContext:                  func(net.Listener) context.Context { return base },
	}
	server.RegisterOnShutdown(drain)
	return server
}
