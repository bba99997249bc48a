package foundation

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"syscall"
)

// Server answers at a door in a protocol of its own. A *http.Server is one.
type Server interface {
	// Serve answers whoever connects, until Shutdown or Close: then its error is nil or http.ErrServerClosed.
	Serve(net.Listener) error
	// Shutdown stops listening and returns when what is under way is answered, or with ctx's error.
	Shutdown(ctx context.Context) error
	// Close ends everything at once.
	Close() error
}

func (p *Process) serve(server Server, listener net.Listener) {
	p.servers = append(p.servers, server)
	p.group.Go(func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			p.fail(fmt.Errorf("serving %s: %w", listener.Addr(), err))
		}
	})
}

// closeDoors stops listening and waits for the requests under way.
func (p *Process) closeDoors(ctx context.Context) error {
	problems := make([]error, len(p.servers))
	for i, server := range p.servers {
		if problems[i] = server.Shutdown(ctx); problems[i] != nil {
			_ = server.Close()
		}
	}
	return errors.Join(problems...)
}

// Loopback listens on an address, each door at PortOf. A port in use is one clear error.
func Loopback(ctx context.Context, host string, firstPort int) func(Door) (net.Listener, error) {
	return func(door Door) (net.Listener, error) {
		var config net.ListenConfig
		port := PortOf(door, firstPort)
		listener, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		switch {
		case errors.Is(err, syscall.EADDRINUSE):
			return nil, fmt.Errorf("port %d, for the %s door, is in use", port, door)
		case err != nil:
			return nil, fmt.Errorf("cannot listen on port %d of %s, for the %s door: %w", port, host, door, cause(err))
		}
		return listener, nil
	}
}

// PortOf is a door's port: the first port and the door's number, or 0, which takes whichever is free, if that is 0.
func PortOf(door Door, firstPort int) int {
	if firstPort == 0 {
		return 0
	}
	return firstPort + numberOf(door)
}

func numberOf(door Door) int {
	for n, each := range Doors() {
		if each == door {
			return n
		}
	}
	return len(Doors())
}

// cause strips the address, which the message around it has already.
func cause(err error) error {
	if opError, ok := errors.AsType[*net.OpError](err); ok {
		return opError.Err
	}
	return err
}
