package rpc

import (
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
)

// replicasScheme is the scheme of a target whose addresses are known beforehand. Each connection has a resolver of its
// own for it.
const replicasScheme = "replicas"

// targetOf is the target for grpc, and what it takes to resolve it. grpc has no scheme for a list of addresses.
func targetOf(address string) (target string, options []grpc.DialOption) {
	if strings.Contains(address, "://") || !strings.Contains(address, ",") {
		return address, nil
	}
	var known resolver.State
	for each := range strings.SplitSeq(address, ",") {
		known.Addresses = append(known.Addresses, resolver.Address{Addr: each})
	}
	list := manual.NewBuilderWithScheme(replicasScheme)
	list.InitialState(known)
	return replicasScheme + ":///", []grpc.DialOption{grpc.WithResolvers(list)}
}
