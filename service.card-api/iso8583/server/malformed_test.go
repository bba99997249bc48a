package server

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"farthing/service.card-api/iso8583"
)

const cardNumber = "4111111111111111" // A test number of the schemes' own.

// spoiled is a good message with a part of it replaced.
func spoiled(t testing.TB, from, to string) []byte {
	t.Helper()
	m := request(1).With(iso8583.PAN, cardNumber)
	return bytes.Replace(framed(t, m, iso8583.ASCII), []byte(from), []byte(to), 1)
}

func TestAMalformedMessageIsAnsweredWithAFormatFaultAndTheLineGoesOn(t *testing.T) {
	for name, c := range map[string]struct {
		frame []byte
		says  string
	}{
		"a control character": {spoiled(t, "631412000042", "6314120\x000042"), "field 37 must be text"},
		"no ASCII":            {spoiled(t, "631412000042", "6314120\xff0042"), "field 37 cannot be read"},
		"too short":           {append([]byte{0, 54}, spoiled(t, "", "")[2:56]...), "field 37 cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			d := openDoor(t, Limits{}, atOnce)
			p := d.connect()
			p.put(c.frame)
			got := p.hear()
			if got.MTI != "0110" || got.Get(iso8583.ResponseCode) != iso8583.FormatFault ||
				got.Get(iso8583.STAN) != "000001" || got.Get(iso8583.AdditionalResponse) != c.says {
				t.Errorf("answered %v, code %s: %q", got, got.Get(iso8583.ResponseCode), got.Get(iso8583.AdditionalResponse))
			}
			p.send(2)
			p.hear()
			if strings.Contains(d.logged.String(), cardNumber) {
				t.Errorf("the log has the card's number: %s", d.logged)
			}
		})
	}
}

func TestWhatCannotBeAnsweredEndsTheLineAndNotTheDoor(t *testing.T) {
	d := openDoor(t, Limits{}, atOnce)
	for name, c := range map[string]struct {
		frame []byte
		why   ending
	}{
		"no length":          {[]byte{0, 0}, unframed},
		"too great a length": {[]byte{0xff, 0xff}, unframed},
		"a browser":          {[]byte("POST / HTTP/1.1\r\nHost: localhost:8084\r\n\r\n"), unframed},
		"no message at all":  {append([]byte{0, 20}, strings.Repeat("x", 20)...), unframed},
		"an answer":          {framed(t, iso8583.New("0110").With(iso8583.STAN, "1"), iso8583.ASCII), unanswerable},
		"no STAN":            {framed(t, iso8583.New("0100").With(iso8583.RRN, "1"), iso8583.ASCII), unanswerable},
		"a broken bitmap":    {append([]byte{0, 24}, "0100zzzzzzzzzzzzzzzz0000"...), unanswerable},
		"letters for a STAN": {spoiled(t, "000001", "00000x"), unanswerable},
		"another encoding": {
			append(framed(t, request(1), iso8583.ASCII), framed(t, request(2), iso8583.Binary)...), unframed,
		},
	} {
		before, p := d.ended(c.why), d.connect()
		go func() { _, _ = p.Write(c.frame) }() // The door may close before it has taken all.
		if _, err := io.ReadAll(p); err != nil {
			t.Errorf("%s: the line ended with %v", name, err)
		}
		if d.ended(c.why) != before+1 {
			t.Errorf("%s: the line did not end as %q", name, c.why)
		}
		well := d.connect()
		well.send(1)
		well.hear()
	}
}

func TestAMessageThatGoesWrongIsAnsweredAndTheDoorStaysUp(t *testing.T) {
	d := openDoor(t, Limits{}, func(ctx context.Context, m iso8583.Message) iso8583.Message {
		if m.Get(iso8583.STAN) == "000001" {
			panic("about the card " + cardNumber)
		}
		return atOnce(ctx, m)
	})
	p := d.connect()
	p.put(spoiled(t, "", ""))
	if got := p.hear(); got.Get(iso8583.ResponseCode) != iso8583.SystemMalfunction {
		t.Errorf("answered %v", got)
	}
	p.send(2)
	p.hear()
	if said := d.logged.String(); strings.Contains(said, cardNumber) || !strings.Contains(said, "could not be answered") {
		t.Errorf("the log says %s", said)
	}
}

// FuzzConnection sends any bytes and hangs up. The door must end the connection, and still answer others.
func FuzzConnection(f *testing.F) {
	f.Add(framed(f, request(1), iso8583.ASCII))
	f.Add(framed(f, request(1), iso8583.Binary))
	f.Add(spoiled(f, "631412000042", "6314120\x000042"))
	f.Add([]byte{0, 12, '0', '1', '0', '0'})
	f.Add([]byte{0xff})
	f.Fuzz(func(t *testing.T, sent []byte) {
		d := openDoor(t, Limits{}, atOnce)
		p, heard := d.connect(), make(chan struct{})
		go func() {
			defer close(heard)
			_, _ = io.Copy(io.Discard, p)
		}()
		_ = p.SetDeadline(time.Time{})
		_, _ = p.Write(sent) // The door may close before it has taken all.
		_ = p.Close()
		<-heard
		well := d.connect()
		well.send(1)
		if got := well.hear(); got.Get(iso8583.ResponseCode) != iso8583.Approved {
			t.Errorf("the door answers %v", got)
		}
	})
}
