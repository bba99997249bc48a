package bank

import (
	"context"
	"errors"
	"net"
	"strconv"

	"farthing/pkg/foundation"
)

// doors are listeners that were made before anything else, so that a port in use ends a start at once, and that are
// handed over when the bank opens.
type doors map[foundation.Door]net.Listener

// served is the doors that this bank opens. The console has its port, but nobody behind it yet.
func served() []foundation.Door {
	return []foundation.Door{
		foundation.Public, foundation.CardEdge, foundation.Admin, foundation.ISO8583, foundation.Login,
	}
}

func (b *Bank) listen(ctx context.Context) error {
	b.doors = make(doors)
	b.later(func(context.Context) error { return b.doors.close() })
	listen := foundation.Loopback(ctx, b.options.Host, b.options.Port)
	for _, door := range served() {
		listener, err := listen(door)
		if err != nil {
			return err
		}
		b.doors[door] = listener
	}
	return nil
}

// take hands a listener over: from then on it is the taker's to close.
func (d doors) take(door foundation.Door) (net.Listener, error) {
	listener, ok := d[door]
	if !ok {
		return nil, errors.New("the " + string(door) + " door has no listener")
	}
	delete(d, door)
	return listener, nil
}

// close closes those that were not handed over.
func (d doors) close() error {
	var problems []error
	for _, listener := range d {
		problems = append(problems, listener.Close())
	}
	return errors.Join(problems...)
}

// addresses is where the doors are: URLs, but for the one that speaks no HTTP.
func (b *Bank) addresses(opened map[foundation.Door]net.Addr) Notice {
	at := func(door foundation.Door) string {
		if address := opened[door]; address != nil {
			return "http://" + address.String()
		}
		return ""
	}
	n := Notice{
		API: at(foundation.Public), CardEdge: at(foundation.CardEdge), Console: at(foundation.Console),
		Admin: at(foundation.Admin), Login: b.settings[settingLoginURL], MailFolder: b.Mails.folder,
	}
	if address := opened[foundation.ISO8583]; address != nil {
		n.ISO8583 = address.String()
	}
	if n.Console == "" && b.options.Port != 0 { // Its port is its own, though nobody is behind it yet.
		port := foundation.PortOf(foundation.Console, b.options.Port)
		n.Console = "http://" + net.JoinHostPort(b.options.Host, strconv.Itoa(port))
	}
	return n
}
