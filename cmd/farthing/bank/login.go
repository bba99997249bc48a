package bank

import (
	"context"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/foundation"
	"farthing/service.auth/mail"
)

// Settings of service.auth.
const (
	settingLoginURL   = "FARTHING_AUTH_LOGIN_URL"
	settingSMTPHost   = "FARTHING_AUTH_SMTP_HOST"
	settingMailFolder = "FARTHING_AUTH_MAIL_FOLDER"
)

// settleLogin says where browsers find the login door, and where mails go: into the bank's folder, unless the
// settings name a server. On one machine everybody is one customer at one address, so they may ask for more links
// than elsewhere.
func (b *Bank) settleLogin(context.Context) error {
	found := map[string]string{
		settingLoginURL:                   "http://" + reachable(b.doors[foundation.Login].Addr().String()),
		"FARTHING_AUTH_LINKS_PER_EMAIL":   "30",
		"FARTHING_AUTH_LINKS_PER_ADDRESS": "300",
	}
	if b.settings[settingSMTPHost] == "" {
		folder, err := filepath.Abs(b.options.Folder.mail())
		if err != nil {
			return err
		}
		found[settingMailFolder] = folder
	}
	maps.Copy(found, b.settings)
	b.settings = found
	b.Mails = Mails{b.settings[settingMailFolder]}
	return nil
}

// reachable is an address at which a browser of this machine finds whoever listens at one.
func reachable(address string) string {
	listening, err := netip.ParseAddrPort(address)
	if err != nil || !listening.Addr().IsUnspecified() {
		return address
	}
	return net.JoinHostPort("localhost", strconv.Itoa(int(listening.Port())))
}

// Mails is the folder of the mails that customers would get; nowhere if a server takes them.
type Mails struct{ folder string }

// lookForMails is how often the folder is looked at.
const lookForMails = 300 * time.Millisecond

// Each tells of each mail that comes from now on, until ctx ends: also of those that came just before.
func (m Mails) Each(ctx context.Context, tell func(text string)) {
	if m.folder == "" {
		return
	}
	before, _ := mail.Names(m.folder)
	for waiting := true; waiting; {
		waiting = clock.Wait(ctx, lookForMails) == nil
		now, err := mail.Names(m.folder)
		if err != nil {
			continue // It may be back by the next look.
		}
		for _, name := range now {
			if slices.Contains(before, name) {
				continue
			}
			if text, err := os.ReadFile(filepath.Join(m.folder, name)); err == nil {
				tell(strings.ReplaceAll(string(text), "\r\n", "\n"))
			}
		}
		before = now
	}
}
