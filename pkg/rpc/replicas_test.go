package rpc_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"

	"farthing/pkg/rpc"
	echoproto "farthing/pkg/rpc/rpctest/proto"
)

// replica is an echo service that counts, at an address of its own.
type replica struct {
	echoproto.UnimplementedEchoServer
	calls atomic.Int64
}

func (r *replica) Say(context.Context, *echoproto.SayRequest) (*echoproto.SayResponse, error) {
	r.calls.Add(1)
	return &echoproto.SayResponse{}, nil
}

func startReplica(t *testing.T) (r *replica, address string, stop func()) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	transport := rpc.NewGRPC(rpc.Network{Listen: func(string) (net.Listener, error) { return listener, nil }})
	registrar, err := transport.Listen("service.echo", rpc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r = &replica{}
	echoproto.RegisterEchoServer(registrar, r)
	if err := transport.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		if err := transport.Stop(context.Background()); err != nil {
			t.Errorf("stopping a replica: %v", err)
		}
	}
	return r, listener.Addr().String(), stop
}

func TestReplicasTakeTurnsAndOneThatIsGoneIsLeftOut(t *testing.T) {
	one, first, stopOne := startReplica(t)
	two, second, stopTwo := startReplica(t)
	defer stopTwo()
	caller := rpc.NewGRPC(rpc.Network{Address: func(string) string { return first + "," + second }})
	defer func() {
		if err := caller.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	conn, err := caller.Dial("service.stranger", "service.echo", rpc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	client := echoproto.NewEchoClient(conn)
	for one.calls.Load() == 0 || two.calls.Load() == 0 { // The second connection may be ready a little later.
		if err := say(t.Context(), client); err != nil {
			t.Fatal(err)
		}
	}
	stopOne()
	before := two.calls.Load()
	for range 10 {
		if err := say(t.Context(), client); err != nil {
			t.Fatalf("a call with one replica left: %v", err)
		}
	}
	if two.calls.Load() != before+10 {
		t.Errorf("the replica that is left had %d of 10 calls", two.calls.Load()-before)
	}
}
