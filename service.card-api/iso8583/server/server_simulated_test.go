package server

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"farthing/service.card-api/iso8583"
)

func TestMessagesOfAConnectionAreAnsweredAsTheirAnswersCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openDoor(t, Limits{}, func(ctx context.Context, m iso8583.Message) iso8583.Message {
			if m.Get(iso8583.STAN) == "000001" {
				return after(time.Second)(ctx, m)
			}
			return atOnce(ctx, m)
		})
		p := d.connect()
		p.send(1)
		p.send(2)
		if first, second := p.hear(), p.hear(); first.Get(iso8583.STAN) != "000002" || second.Get(iso8583.STAN) != "000001" {
			t.Errorf("answered %v, then %v", first, second)
		}
	})
}

func TestOneWhoDoesNotReadHoldsUpNobodyAndIsSentAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openDoor(t, Limits{Outstanding: 4}, atOnce)
		deaf, other := d.connect(), d.connect()
		for stan := range 5 { // The fifth is read from the line and waits for a slot.
			deaf.send(stan)
		}
		began := time.Now()
		for stan := range 100 {
			other.send(stan)
			other.hear()
		}
		if waited := time.Since(began); waited > 0 {
			t.Errorf("the other waited for %v", waited)
		}
		time.Sleep(5*time.Second + time.Millisecond)
		synctest.Wait()
		if d.ended(slow) != 1 {
			t.Errorf("the one who does not read is still connected")
		}
		other.send(100)
		other.hear()
	})
}

func TestNoMoreIsReadThanMayBeOutstanding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var underWay, most atomic.Int64
		d := openDoor(t, Limits{Outstanding: 3}, func(ctx context.Context, m iso8583.Message) iso8583.Message {
			most.Store(max(most.Load(), underWay.Add(1)))
			defer underWay.Add(-1)
			return after(time.Second)(ctx, m)
		})
		p := d.connect()
		go func() {
			for stan := range 10 {
				p.send(stan)
			}
		}()
		for range 10 {
			p.hear()
		}
		if most.Load() != 3 {
			t.Errorf("%d were under way at once, want 3", most.Load())
		}
	})
}

func TestWhoSaysNothingOrHalfAMessageIsSentAway(t *testing.T) {
	for name, c := range map[string]struct {
		sent  int // Bytes of a message.
		after time.Duration
		why   ending
	}{
		"nothing": {0, 5 * time.Minute, idle}, "half a header": {1, 10 * time.Second, slow},
		"half a message": {20, 10 * time.Second, slow},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := openDoor(t, Limits{}, atOnce)
				p := d.connect()
				if c.sent > 0 {
					p.put(framed(t, request(1), iso8583.ASCII)[:c.sent])
				}
				time.Sleep(c.after - time.Millisecond)
				synctest.Wait()
				if d.ended(c.why) != 0 {
					t.Fatalf("it was sent away before %v", c.after)
				}
				p.isSentAway()
				synctest.Wait()
				if d.ended(c.why) != 1 {
					t.Errorf("it was not sent away as %q", c.why)
				}
			})
		})
	}
}

func TestThereAreOnlySoManyConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openDoor(t, Limits{Connections: 2}, atOnce)
		first, second := d.connect(), d.connect()
		synctest.Wait()
		d.connect().isSentAway()
		_ = first.Close()
		synctest.Wait()
		for _, p := range []peer{second, d.connect()} {
			p.send(1)
			p.hear()
		}
	})
}

func TestADrainingDoorAnswersWhatItHasRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openDoor(t, Limits{}, after(time.Second))
		busy, quiet, halfway := d.connect(), d.connect(), d.connect()
		busy.send(1)
		busy.send(2)
		halfway.put(framed(t, request(3), iso8583.ASCII)[:10])
		synctest.Wait()
		drained := make(chan error, 1)
		go func() { drained <- d.Shutdown(context.Background()) }()
		quiet.isSentAway()
		halfway.isSentAway()
		busy.hear()
		busy.hear()
		busy.isSentAway()
		if err := <-drained; err != nil {
			t.Errorf("draining: %v", err)
		}
		if _, err := d.listener.Accept(); err == nil {
			t.Error("it still listens")
		}
	})
}

func TestADrainHasAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		d := openDoor(t, Limits{}, func(ctx context.Context, m iso8583.Message) iso8583.Message {
			<-stuck
			return atOnce(ctx, m)
		})
		p := d.connect()
		p.send(1)
		synctest.Wait() // Until it is read: what is on its way when a drain begins is not.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := d.Shutdown(ctx); err == nil {
			t.Error("a drain whose message is not answered ended without an error")
		}
		close(stuck)
		p.hear()
	})
}

func TestAPeerThatGoesAwayHasItsMessageDoneNevertheless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var done atomic.Bool
		d := openDoor(t, Limits{}, func(ctx context.Context, m iso8583.Message) iso8583.Message {
			reply := after(time.Second)(ctx, m)
			done.Store(ctx.Err() == nil)
			return reply
		})
		p := d.connect()
		p.send(1)
		_ = p.Close()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !done.Load() || d.ended(gone) != 1 {
			t.Error("what was asked was not done")
		}
	})
}

func TestOverARealSocket(t *testing.T) {
	d := openDoor(t, Limits{}, atOnce)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	real, served := New(atOnce, Limits{}, d.metrics, d.log), make(chan error, 1)
	go func() { served <- real.Serve(listener) }()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	p := peer{conn, t}
	p.send(1)
	p.hear()
	if err := real.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadAll(p); err != nil {
		t.Errorf("the connection ended with %v", err)
	}
	_ = p.Close()
	if err := <-served; err != nil {
		t.Errorf("serving ended with %v", err)
	}
}
