package iso8583

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const number = "4111111111111111" // A test number of the schemes' own.

// asked is a purchase as an acquirer asks.
func asked() Message {
	return New("0100").With(PAN, number).With(ProcessingCode, "000000").With(TransactionAmount, "000000000350").
		With(TransmittedAt, "1109123053").With(STAN, "000042").With(Expiry, "2911").With(MerchantType, "5814").
		With(AcquirerCountry, "826").With(EntryMode, "071").With(Acquirer, "400123").With(RRN, "631412000042").
		With(Terminal, "TERM0001").With(NameAndLocation, fmt.Sprintf("%-40s", "PRET A MANGER 1234 LONDON GBR")).
		With(TransactionCurrency, "826").With(Indicators, "1")
}

func encodings() []Encoding { return []Encoding{ASCII, Binary} }

func encode(t testing.TB, m Message, e Encoding) []byte {
	t.Helper()
	text, err := Encode(m, e)
	if err != nil {
		t.Fatalf("encoding %v: %v", m, err)
	}
	return text
}

func fieldsOf(m Message) map[int]string {
	all := map[int]string{0: m.MTI}
	for _, n := range m.Numbers() {
		all[n] = m.Get(n)
	}
	return all
}

func TestAMessageLooksAsTheStandardSays(t *testing.T) {
	m := New("0100").With(PAN, number+"108").With(STAN, "42").With(Acquirer, "400123").With(Terminal, "T1").
		With(TransactionCurrency, "826").With(NetworkManagement, "301")
	for e, want := range map[Encoding]string{
		ASCII: hex.EncodeToString([]byte("0100" + "C020000100808000" + "0400000000000000" +
			"19" + number + "108" + "000042" + "06" + "400123" + "T1      " + "826" + "301")),
		Binary: "0100" + "c020000100808000" + "0400000000000000" +
			"19" + "0" + number + "108" + "000042" + "06" + "400123" + hex.EncodeToString([]byte("T1      ")) + "0826" + "0301",
	} {
		if got := hex.EncodeToString(encode(t, m, e)); got != want {
			t.Errorf("%v:\ngot  %s\nwant %s", e, got, want)
		}
	}
}

// drawMessage is any message of elements that are kept.
func drawMessage(t *rapid.T) Message {
	m := New(rapid.StringMatching(`0[1-8][0-4][0-5]`).Draw(t, "mti"))
	for _, of := range elements() {
		if of.secret || rapid.IntRange(0, 3).Draw(t, "present") > 0 {
			continue
		}
		least := of.length
		if of.prefix > 0 {
			least = 1
		}
		length := rapid.IntRange(least, min(of.length, max(least, 60))).Draw(t, "length")
		alphabet := "0123456789"
		if of.format != digitsOnly {
			alphabet += "ABCxyz /*"
		}
		m.Set(of.number, rapid.StringOfN(rapid.RuneFrom([]rune(alphabet)), length, length, -1).Draw(t, "value"))
	}
	return m
}

func TestEncodingAndDecodingAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMessage(t)
		for _, e := range encodings() {
			text, err := Encode(m, e)
			if err != nil {
				t.Fatal(err)
			}
			if seen, ok := Recognise(text); !ok || seen != e {
				t.Fatalf("%v is taken for %v", e, seen)
			}
			got, err := Decode(text, e)
			if err != nil {
				t.Fatalf("%v: %v", e, err)
			}
			if diff := cmp.Diff(fieldsOf(m), fieldsOf(got)); diff != "" {
				t.Fatalf("%v:\n%s", e, diff)
			}
		}
	})
}

// withSecrets is a message as it comes from a terminal, in an encoding: with a stripe, a PIN block and chip data.
func withSecrets(t testing.TB, e Encoding) []byte {
	t.Helper()
	d, m := dialects[e], asked()
	stripe := number + "=29112011234567890"
	if e == Binary {
		stripe = number + "d29112011234567890"
	}
	for n, value := range map[int]string{
		35: stripe, 45: "B" + number + "^DOE/J^2911", 52: "\x01\x02\x03\x04\xff\x06\x07\x08", 53: "2001010100000000",
		55: "\x9f\x26\x08\xaa\xbb\xcc\xdd\xee\xff\x00\x11", 48: "T9203737", 126: "10 737",
	} {
		if !d.elements[n].secret {
			t.Fatalf("element %d is none of the secret ones", n)
		}
		m.Set(n, value)
	}
	return encode(t, m, e)
}

func TestSecretsAreReadPastAndNotKept(t *testing.T) {
	for _, e := range encodings() {
		got, err := Decode(withSecrets(t, e), e)
		if err != nil {
			t.Fatalf("%v: %v", e, err)
		}
		if diff := cmp.Diff(fieldsOf(asked()), fieldsOf(got)); diff != "" {
			t.Errorf("%v:\n%s", e, diff)
		}
	}
}

func TestNoWayToPrintAMessageShowsWhatItHolds(t *testing.T) {
	m := asked()
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "message", m, "inside", struct{ M Message }{m})
	for _, said := range []string{
		fmt.Sprint(m), fmt.Sprintf("%+v", m), fmt.Sprintf("%#v", m), fmt.Sprintf("%x", m),
		fmt.Sprintf(strings.Clone("%d"), m),
		fmt.Sprintf("%+v", struct{ m Message }{m}), fmt.Sprintf("%#v", []any{m, &m}), logged.String(),
	} {
		if strings.Contains(said, number) || strings.Contains(said, hex.EncodeToString([]byte(number))) {
			t.Errorf("it shows the number: %s", said)
		}
	}
}

func TestAFaultNamesItsFieldAndLeavesWhatStoodBefore(t *testing.T) {
	whole := encode(t, asked(), ASCII)
	at := bytes.Index(whole, []byte("631412000042"))
	for name, c := range map[string]struct {
		text  []byte
		field int
		stan  bool
	}{
		"cut off in the RRN":         {whole[:at+5], RRN, true},
		"cut off before the STAN":    {whole[:63], TransmittedAt, false},
		"cut off in the bitmap":      {whole[:9], bitmapField, false},
		"more than there should be":  {append(bytes.Clone(whole), 'x'), beyond, true},
		"letters in a number":        {bytes.Replace(whole, []byte("000042"), []byte("0000X2"), 1), STAN, false},
		"a control character":        {bytes.Replace(whole, []byte("TERM0001"), []byte("TERM\x00001"), 1), Terminal, true},
		"a length that is none":      {bytes.Replace(whole, []byte("06400123"), []byte("+6400123"), 1), Acquirer, true},
		"a length beyond the length": {bytes.Replace(whole, []byte("16"+number), []byte("99"+number), 1), PAN, false},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := Decode(c.text, ASCII)
			fault, ok := errors.AsType[*FormatError](err)
			if !ok || m.Has(STAN) != c.stan {
				t.Fatalf("got %v, %v", m, err)
			}
			if fault.Field != c.field {
				t.Errorf("the fault is %v, want field %d", fault, c.field)
			}
			if strings.Contains(err.Error(), number) {
				t.Errorf("the error quotes the number: %v", err)
			}
		})
	}
}

func TestWhatDoesNotFitIsNotEncoded(t *testing.T) {
	for name, m := range map[string]Message{
		"letters in a number": New("0100").With(STAN, "0000X2"), "too long": New("0100").With(RRN, "1234567890123"),
		"no element": New("0100").With(129, "1"), "not ASCII": New("0100").With(NameAndLocation, "CAFÉ"),
		"a second bitmap": New("0100").With(65, "1"), "no type": New("01x0").With(STAN, "1"),
	} {
		for _, e := range encodings() {
			if text, err := Encode(m, e); err == nil && name != "no type" || err == nil && e == Binary {
				t.Errorf("%s, %v: encoded as %q", name, e, text)
			}
		}
	}
}

func TestAnAnswerHasTheTypeOfItsMessageAndRepeatsWhatNamesIt(t *testing.T) {
	for mti, want := range map[string]string{
		"0100": "0110", "0101": "0110", "0120": "0130", "0121": "0130", "0200": "0210", "0220": "0230", "0400": "0410",
		"0401": "0410", "0420": "0430", "0421": "0430", "0800": "0810", "0102": "0112",
		"0110": "", "0810": "", "1100": "", "0000": "", "0140": "", "010": "", "0106": "",
	} {
		if got, ok := AnswerTo(mti); got != want || ok != (want != "") {
			t.Errorf("the answer to %s is %q, want %q", mti, got, want)
		}
	}
	m := asked()
	reply, ok := m.Reply("00")
	same := reply.Get(STAN) == m.Get(STAN) && reply.Get(RRN) == m.Get(RRN)
	if !ok || reply.Has(PAN) || !same || reply.Get(ResponseCode) != "00" {
		t.Errorf("the answer is %v with %v", reply, fieldsOf(reply))
	}
	m.Set(STAN, "")
	if reply, ok := m.Reply("30"); ok {
		t.Errorf("a message without a STAN can be answered: %v", reply)
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, e := range encodings() {
		text := encode(b, asked(), e)
		b.Run(e.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Decode(text, e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
