package outside

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A webhook that takes its time in whatever way costs ten seconds, and no more.
func TestASlowWebhookIsGivenTenSeconds(t *testing.T) {
	drip := func(conn net.Conn, text string) {
		_, _ = conn.Read(make([]byte, 4096)) // The request.
		for n := 0; ; n++ {
			if _, err := conn.Write([]byte{text[n%len(text)]}); err != nil {
				return
			}
			time.Sleep(time.Second)
		}
	}
	for name, say := range map[string]func(net.Conn){
		"says nothing":            func(conn net.Conn) { _, _ = bufio.NewReader(conn).ReadString(0) },
		"drips its headers":       func(conn net.Conn) { drip(conn, "HTTP/1.1 200 OK\r\nX-Drip: drop\r\nX: y\r\n") },
		"never takes the request": func(net.Conn) { time.Sleep(time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var serving sync.WaitGroup
				defer serving.Wait()
				client := New(Options{Rules: Rules{AllowLoopback: true}, Dial: func(
					context.Context, string, string,
				) (net.Conn, error) {
					ours, theirs := net.Pipe()
					serving.Go(func() {
						defer theirs.Close()
						say(theirs)
					})
					return ours, nil
				}})
				defer client.Close()
				answer, err := client.Post(t.Context(), "http://127.0.0.1:80/", http.Header{}, []byte("{}"))
				if err != nil || answer.Problem != TimedOut || answer.Took > callTimeout+time.Second {
					t.Errorf("%v, %+v", err, answer)
				}
			})
		})
	}
}

// Of what its caller gives up nothing is known.
func TestACallThatIsGivenUpFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		client := New(Options{Rules: Rules{AllowLoopback: true}, Dial: func(
			ctx context.Context, _, _ string,
		) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		defer client.Close()
		if answer, err := client.Post(ctx, "http://127.0.0.1:80/", http.Header{}, nil); err == nil {
			t.Errorf("it was answered %+v", answer)
		}
	})
}
