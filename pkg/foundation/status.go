package foundation

import (
	"net/http"
	"os"
	"strings"
	"time"
)

// Status is what an admin door says of a process: of its own, or of those that it supervises.
type Status struct {
	Name      string `json:"process"`       // "service.balance", or "service.balance-2" for a second replica.
	Service   string `json:"service"`       // Several have commas between.
	PID       int    `json:"pid,omitempty"` // 0 while none runs.
	State     string `json:"state"`
	UpSeconds int64  `json:"up_seconds"`
	Restarts  int    `json:"restarts"`
	LastEnd   string `json:"last_end,omitempty"` // Why the one before ended.
	Admin     string `json:"admin,omitempty"`    // host:port of its own admin door.
}

// Running is the state of a process whose doors are open.
const Running = "running"

// serveProcesses tells of this process, as a supervisor tells of its many.
func (p *Process) serveProcesses(w http.ResponseWriter, _ *http.Request) {
	names := namesOf(p.options.Services)
	own := Status{
		Name: "farthing", Service: strings.Join(names, ","), PID: os.Getpid(), State: Running,
		UpSeconds: int64(p.watch.Elapsed() / time.Second),
	}
	if len(names) == 1 {
		own.Name = names[0]
	}
	Reply(w, map[string]any{"processes": []Status{own}}, nil)
}
