package records_test

import (
	"errors"
	"slices"
	"testing"

	"farthing/service.merchant/catalogue/records"
)

func read(t testing.TB, list ...string) records.List {
	t.Helper()
	data, err := records.Append(nil, list)
	if err != nil {
		t.Fatal(err)
	}
	l, rest, err := records.Read(string(data) + "rest")
	if err != nil || rest != "rest" {
		t.Fatalf("reading back: rest %q, %v", rest, err)
	}
	return l
}

func TestAListReadsBackAsWritten(t *testing.T) {
	want := []string{"one", "", "three", "\x00\xff"}
	l := read(t, want...)
	var got []string
	for i := range l.Len() {
		got = append(got, l.At(i))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAKeyIsFoundOnlyWhole(t *testing.T) {
	l := read(t, records.Fields("costa")+"a", records.Fields("pret")+"b", records.Fields("pretamanger")+"c")
	for key, want := range map[string]string{"costa": "a", "pret": "b", "pretamanger": "c"} {
		if rest, ok := l.Find(key); !ok || rest != want {
			t.Errorf("%s: got %q, %v, want %q", key, rest, ok, want)
		}
	}
	for _, key := range []string{"", "c", "cost", "costaa", "pretaman", "zzz"} {
		if rest, ok := l.Find(key); ok {
			t.Errorf("%s: found %q", key, rest)
		}
	}
}

func TestTheEmptyListHasNothing(t *testing.T) {
	if _, ok := (records.List{}).Find("x"); ok || (records.List{}).Len() != 0 {
		t.Error("it has something")
	}
}

func TestEveryCutIsNoticed(t *testing.T) {
	data, err := records.Append(nil, []string{"one", "two", "three"})
	if err != nil {
		t.Fatal(err)
	}
	for cut := range data {
		if _, _, err := records.Read(string(data[:cut])); !errors.Is(err, records.ErrCorrupt) {
			t.Errorf("cut at %d: got %v", cut, err)
		}
	}
}

func FuzzWhatReadsCanBeSearched(f *testing.F) {
	whole, err := records.Append(nil, []string{records.Fields("a"), records.Fields("b", "c")})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(whole))
	f.Add("\x01\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff")
	f.Add("\xff\xff\xff\xff\xff\xff\xff\xff\xff")
	f.Fuzz(func(t *testing.T, data string) {
		l, _, err := records.Read(data)
		if err != nil {
			return
		}
		for i := range l.Len() {
			lead, _ := records.Field(l.At(i))
			l.Find(lead)
			l.From(lead + "x")
		}
	})
}
