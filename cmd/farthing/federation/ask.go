package federation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	// patience is how long one process may take, so that one which hangs does not keep the others from being shown.
	patience = 2 * time.Second
	// answerBytesMax is more than any admin door answers.
	answerBytesMax = 8 << 20
	// idleMax keeps the connections of somebody who looks every few milliseconds.
	idleMax = 30 * time.Second
)

// newClient asks processes of this machine: no proxy stands between, and nobody is sent elsewhere.
func newClient() *http.Client {
	return &http.Client{
		Timeout: patience,
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: patience}).DialContext,
			MaxIdleConnsPerHost: 4,
			IdleConnTimeout:     idleMax,
			DisableCompression:  true, // It costs more than loopback.
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// answer is what one process answered, or why it did not.
type answer[T any] struct {
	source Source
	value  T
	err    error
}

// askAll asks all processes at once. The answers stand in the order of the sources.
func askAll[T any](
	ctx context.Context, sources []Source, ask func(context.Context, Source) (T, error),
) []answer[T] {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answers := make([]answer[T], len(sources))
	var all sync.WaitGroup
	for i, source := range sources {
		all.Go(func() {
			value, err := ask(ctx, source)
			answers[i] = answer[T]{source, value, err}
		})
	}
	all.Wait()
	return answers
}

// errNotRunning is of a process that has no door now.
var errNotRunning = errors.New("it does not run")

// statusError is an answer other than 200.
type statusError int

func (s statusError) Error() string { return fmt.Sprintf("it answered %d", int(s)) }

// get asks one process. The answer is read only while ctx lasts.
func (f *federation) get(ctx context.Context, s Source, path string, read func(*http.Response) error) error {
	if s.Admin == "" {
		return errNotRunning
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Admin+path, http.NoBody)
	if err != nil {
		return err
	}
	rsp, err := f.client.Do(req)
	if err != nil {
		return unwrapped(err)
	}
	defer rsp.Body.Close()
	if rsp.StatusCode != http.StatusOK {
		return statusError(rsp.StatusCode)
	}
	rsp.Body = http.MaxBytesReader(nil, rsp.Body, answerBytesMax)
	if err := read(rsp); err != nil {
		return fmt.Errorf("reading its answer: %w", err)
	}
	_, err = io.Copy(io.Discard, rsp.Body) // So that the connection can be used again.
	return err
}

// unwrapped is a client's error without the address, which says nothing that the process's name does not.
func unwrapped(err error) error {
	if inner, ok := errors.AsType[*url.Error](err); ok {
		return inner.Err
	}
	return err
}
