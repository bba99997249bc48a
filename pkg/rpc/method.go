package rpc

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	rpcproto "farthing/pkg/rpc/proto"
)

// rules are what a method's proto says about calling it.
type rules struct {
	callers    []string // Nobody named: any service may call.
	repeatable bool
}

// rulesOf reads the options of a method, named as on the wire: "/balance.v1.Balance/Reserve".
func rulesOf(fullMethod string) (rules, error) {
	service, method, ok := strings.Cut(strings.TrimPrefix(fullMethod, "/"), "/")
	if !ok {
		return rules{}, fmt.Errorf("%q is not the name of a method", fullMethod)
	}
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service).
		Append(protoreflect.Name(method)))
	if err != nil {
		return rules{}, fmt.Errorf("reading the options of %s: %w", fullMethod, err)
	}
	options := found.Options()
	callers, _ := proto.GetExtension(options, rpcproto.E_Callers).([]string)
	repeatable, _ := proto.GetExtension(options, rpcproto.E_Repeatable).(bool)
	return rules{callers, repeatable}, nil
}

// checkUnary says why a service's description cannot be served by a transport of ours.
func checkUnary(desc *grpc.ServiceDesc) error {
	var problems []error
	for i := range desc.Streams {
		problems = append(problems, fmt.Errorf("%s/%s streams; all RPCs are unary",
			desc.ServiceName, desc.Streams[i].StreamName))
	}
	return errors.Join(problems...)
}
