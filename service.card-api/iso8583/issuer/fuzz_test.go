package issuer

import (
	"log/slog"
	"testing"
	"time"

	"farthing/pkg/clock"
	"farthing/service.card-api/iso8583"
)

// FuzzAnswer wants of every message that can be read an answer that can be written, and no panic.
func FuzzAnswer(f *testing.F) {
	refund, purchase := about("0420", "0200").With(3, "200000"), about("0420", "0100").Get(90)
	for _, m := range []iso8583.Message{
		request("0100"), about("0100", "0100"), about("0421", "0200").With(95, leaves(1_00)), request("0120").With(39, "00"),
		abroad("0200"), abroad("0220").With(10, "").With(9, "94000001").With(50, "826"),
		request("0100").With(3, "090000").With(54, "0057826C000000000350"+"0040826D000000000150"),
		request("0100").With(3, "301000").With(14, "2911").With(61, "MNXU"),
		refund.With(56, "P"+purchase+"A"+purchase), request("0100").With(3, "200000"),
	} {
		for _, e := range []iso8583.Encoding{iso8583.ASCII, iso8583.Binary} {
			text, err := iso8583.Encode(m, e)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	i := &Issuer{
		Processing: approving(), Clock: clock.Fixed(noon), Within: time.Minute, Log: slog.New(slog.DiscardHandler),
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		e, ok := iso8583.Recognise(text)
		if !ok {
			return
		}
		m, err := iso8583.Decode(text, e)
		if _, answerable := m.Reply("00"); err != nil || !answerable {
			return
		}
		reply := i.Answer(t.Context(), m)
		if _, err := iso8583.Encode(reply, e); err != nil {
			t.Fatalf("the answer to %v cannot be written: %v", m, err)
		}
	})
}
