package bank

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"time"

	"farthing/cmd/farthing/demo"
)

// Notice is what a running bank leaves in its folder for the commands to find it by. It holds tokens.
type Notice struct {
	PID           int            `json:"pid"`
	Shape         string         `json:"shape"`               // OneProcess, ManyProcesses or Clustered.
	Cassandra     []string       `json:"cassandra,omitempty"` // host:port of some nodes, if the store is a cluster.
	Peers         string         `json:"peers,omitempty"`     // Where the services are, as foundation.Site has it.
	API           string         `json:"api"`                 // Addresses are URLs; empty for a door that is shut.
	CardEdge      string         `json:"card_edge"`
	Console       string         `json:"console"`
	Admin         string         `json:"admin"`
	ISO8583       string         `json:"iso8583"`                 // host:port.
	Login         string         `json:"login"`                   // As browsers find it.
	MailFolder    string         `json:"mail_folder,omitempty"`   // Of customers' mails; empty if a server takes them.
	Demonstration *demo.Customer `json:"demonstration,omitempty"` // Nil in a bank that began empty.
}

// NotRunningError says that no bank runs in a folder.
type NotRunningError struct{ Folder Folder }

// Error names the folder.
func (e NotRunningError) Error() string { return "no bank is running in " + e.Folder.Shown() }

// Find finds the bank that runs in a folder. It fails with a NotRunningError if there is none.
func Find(ctx context.Context, folder Folder) (Notice, error) {
	text, err := os.ReadFile(folder.notice())
	if errors.Is(err, fs.ErrNotExist) {
		return Notice{}, NotRunningError{folder}
	}
	if err != nil {
		return Notice{}, fmt.Errorf("looking for the bank: %w", err)
	}
	var n Notice
	if err := json.Unmarshal(text, &n); err != nil {
		return Notice{}, fmt.Errorf("looking for the bank: %s holds no notice: %w", folder.notice(), err)
	}
	if !answers(ctx, n.Admin) {
		return Notice{}, NotRunningError{folder} // It was killed, and left its notice behind.
	}
	return n, nil
}

const answerWithin = 2 * time.Second

func answers(ctx context.Context, address string) bool {
	parsed, err := url.Parse(address)
	if err != nil {
		return false
	}
	dialer := net.Dialer{Timeout: answerWithin}
	conn, err := dialer.DialContext(ctx, "tcp", parsed.Host)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// leave writes the notice, or replaces it.
func (n Notice) leave(folder Folder) error {
	text, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return err
	}
	if err := writeFile(folder.notice(), append(text, '\n')); err != nil {
		return fmt.Errorf("leaving a notice: %w", err)
	}
	return nil
}
