package foundation

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"

	"farthing/pkg/rpc"
)

// anyPort is a free port of loopback.
const anyPort = "127.0.0.1:0"

// listenAt listens at host:port, or takes over the listener that whoever started this process left open as file fd:N.
func listenAt(ctx context.Context, place string) (net.Listener, error) {
	digits, handedOver := strings.CutPrefix(place, "fd:")
	if !handedOver {
		var config net.ListenConfig
		return config.Listen(ctx, "tcp", place)
	}
	number, err := strconv.Atoi(digits)
	if err != nil || number < 0 {
		return nil, fmt.Errorf("%q is no file's number", place)
	}
	file := os.NewFile(uintptr(number), place)
	defer func() { _ = file.Close() }() // The listener has a copy of its own.
	listener, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("taking over the listener %s: %w", place, err)
	}
	return listener, nil
}

// listenAs is listenAt for a place that a setting says.
func listenAs(ctx context.Context, setting, place string) (net.Listener, error) {
	listener, err := listenAt(ctx, place)
	if err != nil {
		return nil, fmt.Errorf("setting %s%s: %w", settingPrefix, setting, err)
	}
	return listener, nil
}

// places reads "name=place,name=place".
func places(setting, text string) (map[string]string, error) {
	found := make(map[string]string)
	if text == "" {
		return found, nil
	}
	for each := range strings.SplitSeq(text, ",") {
		name, place, ok := strings.Cut(each, "=")
		if !ok || name == "" || place == "" {
			return nil, fmt.Errorf("setting %s%s: must be as in name=host:port, with commas between", settingPrefix, setting)
		}
		found[name] = place
	}
	return found, nil
}

// listenDoor makes the listener of a door.
func (s Site) listenDoor(ctx context.Context) (func(Door) (net.Listener, error), error) {
	named, err := places("DOORS", s.Doors)
	if err != nil {
		return nil, err
	}
	for name := range named {
		if numberOf(Door(name)) == len(Doors()) {
			return nil, fmt.Errorf("setting %sDOORS: there is no door %q", settingPrefix, name)
		}
	}
	usual := Loopback(ctx, "127.0.0.1", firstPort)
	return func(door Door) (net.Listener, error) {
		place, isNamed := named[string(door)]
		switch {
		case isNamed:
			return listenAs(ctx, "DOORS", place)
		case door == Admin:
			return listenAt(ctx, anyPort) // Several processes of a machine have one each.
		}
		return usual(door)
	}, nil
}

// network is the site as the transport sees it. Services of this process are found where they listen.
type network struct {
	peers   func(service string) string
	places  map[string]string // Of services of this process, by name; "" for the only one.
	mu      sync.Mutex        // Guards here.
	here    map[string]string
	context context.Context //nolint:containedctx // The transport's listener takes none.
}

// transport is a transport over the site's network, to peers elsewhere and here.
func (s Site) transport(ctx context.Context, services []Service) (*rpc.GRPC, *network, error) {
	peers, err := PeersOf(s.Peers)
	if err != nil {
		return nil, nil, err
	}
	n := &network{peers: peers, here: make(map[string]string), context: ctx}
	if strings.Contains(s.Listen, "=") {
		n.places, err = places("LISTEN", s.Listen)
	} else {
		n.places = map[string]string{"": s.Listen}
	}
	if err == nil && len(services) > 1 && n.places[""] != "" {
		err = fmt.Errorf("setting %sLISTEN: must say service.x=… for each of several services", settingPrefix)
	}
	return rpc.NewGRPC(rpc.Network{Listen: n.listen, Address: n.address}), n, err
}

func (n *network) listen(service string) (net.Listener, error) {
	listener, err := listenAs(n.context, "LISTEN", cmp.Or(n.places[service], n.places[""], anyPort))
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.here[service] = listener.Addr().String()
	return listener, nil
}

func (n *network) address(service string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if here, ok := n.here[service]; ok {
		return "passthrough:///" + here
	}
	return n.peers(service)
}

// listening is where the services of this process listen.
func (n *network) listening() map[string]string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.here
}

// PeersOf reads where services are, in the form of Site.Peers, and answers a service's gRPC address. Calls to one that
// the text does not know are answered that it cannot be reached.
func PeersOf(text string) (func(service string) string, error) {
	if strings.Contains(text, "{name}") {
		return func(service string) string {
			return strings.ReplaceAll(text, "{name}", strings.TrimPrefix(service, "service."))
		}, nil
	}
	known := make(map[string]string)
	for each := range strings.SplitSeq(text, ";") {
		name, addresses, ok := strings.Cut(each, "=")
		if each != "" && (!ok || name == "" || addresses == "") {
			return nil, fmt.Errorf("setting %sPEERS: must be as in service.x=host:port;service.y=host:port", settingPrefix)
		}
		known[name] = addresses
	}
	return func(service string) string {
		return cmp.Or(targetOfPeer(known[service]), "passthrough:///"+service+" is not in FARTHING_PEERS")
	}, nil
}

func targetOfPeer(addresses string) string {
	if addresses == "" || strings.Contains(addresses, ",") || strings.Contains(addresses, "://") {
		return addresses
	}
	return "passthrough:///" + addresses
}
