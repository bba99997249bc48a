package bank

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"farthing/cmd/farthing/supervisor"
	"farthing/pkg/foundation"
)

const (
	startWithin = 60 * time.Second // Far more than a process takes, for a busy machine.
	stopWithin  = 25 * time.Second // A little more than a process gives its own drain.
)

// plan is the processes of a fleet, and the listeners that they are handed. These stay open here as well, so that a
// process which dies leaves its callers waiting for the next one instead of refused.
type plan struct {
	specs   []supervisor.Spec
	peer    func(service string) string
	files   []*os.File
	calls   map[string][]*os.File // Listeners for calls, one for each replica, by service.
	peers   string                // As foundation.Site has them.
	line    *os.File              // The processes' end of the lifeline.
	ends    *os.File              // Ours.
	doors   map[foundation.Door]*os.File
	program string
}

// The first files of every process, after its standard ones.
const (
	lifelineFile = 3
	callsFile    = 4
	adminFile    = 5
	// lockFile is only held: as long as a process of a dead bank lives, no other bank starts in its folder.
	lockFile = 6
	doorFile = lockFile + 1 // And those after it.
)

func (r *runningFleet) makePlan(ctx context.Context) (*plan, error) {
	if err := r.bank.unknownSettings(); err != nil {
		return nil, err
	}
	p := &plan{calls: make(map[string][]*os.File), doors: make(map[foundation.Door]*os.File)}
	var err error
	if p.program, err = os.Executable(); err != nil {
		return nil, err
	}
	for _, step := range []func() error{
		p.openLifeline,
		func() error { return p.listenForCalls(ctx, r.replicas()) },
		func() error { return p.handDoors(r.bank.doors) },
		func() error { return r.specify(ctx, p) },
	} {
		if err := step(); err != nil {
			return nil, errors.Join(err, p.close())
		}
	}
	p.peer, err = foundation.PeersOf(p.peers)
	return p, err
}

func (p *plan) openLifeline() (err error) {
	p.line, p.ends, err = os.Pipe()
	p.files = append(p.files, p.line, p.ends)
	return err
}

// listenForCalls makes the listeners for calls between services, on ports of loopback that are the kernel's choice.
func (p *plan) listenForCalls(ctx context.Context, replicas int) error {
	var peers []string
	for _, service := range Services() {
		var addresses []string
		for range replicas {
			file, address, err := p.listen(ctx)
			if err != nil {
				return err
			}
			p.calls[service.Name] = append(p.calls[service.Name], file)
			addresses = append(addresses, address)
		}
		peers = append(peers, service.Name+"="+strings.Join(addresses, ","))
	}
	p.peers = strings.Join(peers, ";")
	return nil
}

// listen is a new listener on loopback as a file to hand over, and its address.
func (p *plan) listen(ctx context.Context) (*os.File, string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", fmt.Errorf("listening for calls between services: %w", err)
	}
	defer func() { _ = listener.Close() }() // The file is a copy.
	file, err := fileOf(listener)
	if err != nil {
		return nil, "", err
	}
	p.files = append(p.files, file)
	return file, listener.Addr().String(), nil
}

func fileOf(listener net.Listener) (*os.File, error) {
	tcp, ok := listener.(*net.TCPListener)
	if !ok {
		return nil, errors.New("only a TCP listener can be handed to a process")
	}
	return tcp.File()
}

// handDoors copies the doors' listeners for their services. Replicas of a service share one.
func (p *plan) handDoors(opened doors) error {
	for _, door := range slices.Sorted(maps.Keys(opened)) {
		if door == foundation.Admin {
			continue // Ours.
		}
		file, err := fileOf(opened[door])
		if err != nil {
			return err
		}
		p.doors[door], p.files = file, append(p.files, file)
	}
	return nil
}

// specify says how each process is started.
func (r *runningFleet) specify(ctx context.Context, p *plan) error {
	for _, service := range Services() {
		for n, calls := range p.calls[service.Name] {
			admin, _, err := p.listen(ctx)
			if err != nil {
				return err
			}
			site := r.site
			site.Peers, site.Lifeline = p.peers, lifelineFile
			site.Listen = "fd:" + strconv.Itoa(callsFile)
			site.AllowUnsafe = true // The supervisor has looked already.
			files := []*os.File{p.line, calls, admin, r.bank.lock}
			doors := []string{string(foundation.Admin) + "=fd:" + strconv.Itoa(adminFile)}
			for i, door := range service.Doors {
				files = append(files, p.doors[door])
				doors = append(doors, string(door)+"=fd:"+strconv.Itoa(doorFile+i))
			}
			site.Doors = strings.Join(doors, ",")
			p.specs = append(p.specs, supervisor.Spec{
				Name: processName(service.Name, n), Service: service.Name, First: len(service.Doors) > 0,
				Command: []string{p.program, "run", service.Name}, Env: r.environ(service.Name, site), Files: files,
			})
		}
	}
	return nil
}

// processName tells replicas apart: service.balance, service.balance-2 and so on.
func processName(service string, n int) string {
	if n == 0 {
		return service
	}
	return service + "-" + strconv.Itoa(n+1)
}

// environ is this process's environment with the settings of a site and of one service in place of ours.
func (r *runningFleet) environ(service string, site foundation.Site) []string {
	environ := slices.DeleteFunc(os.Environ(), func(each string) bool {
		return strings.HasPrefix(each, "FARTHING_")
	})
	settings := site.Settings()
	for name, value := range r.bank.settings {
		if strings.HasPrefix(name, settingsOf(service)) {
			settings[name] = value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		environ = append(environ, name+"="+settings[name])
	}
	return environ
}

// unknownSettings refuses settings that are no service's by their names. Each service refuses those of its own that it
// does not know.
func (b *Bank) unknownSettings() error {
	for _, name := range slices.Sorted(maps.Keys(b.settings)) {
		known := slices.ContainsFunc(Services(), func(s foundation.Service) bool {
			return strings.HasPrefix(name, settingsOf(s.Name))
		})
		if !known {
			return fmt.Errorf("no service knows the setting %s", name)
		}
	}
	return nil
}

// settingsOf is how the names of a service's own settings begin.
func settingsOf(service string) string {
	name := strings.TrimPrefix(service, "service.")
	return "FARTHING_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_"
}

// close closes what was handed over: only when the processes are gone.
func (p *plan) close() error {
	var problems []error
	for _, file := range p.files {
		if file != nil {
			problems = append(problems, file.Close())
		}
	}
	return errors.Join(problems...)
}
