package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"farthing/pkg/errs"
)

type tokenRow struct {
	Owner string    `store:"1,partition"`
	Text  string    `store:"2,clustering"`
	Count int64     `store:"3,clustering,desc"`
	Done  bool      `store:"4,clustering"`
	Body  []byte    `store:"5,clustering"`
	At    time.Time `store:"6,clustering"`
}

func tokenQuery() (*Spec, Selection) {
	spec := declare[tokenRow]("rows", PlainClass)
	partition := make(Row, len(spec.Columns))
	partition[0] = "owner"
	return spec, Selection{Partition: partition, Limit: 10}
}

func TestATokenReadsAsTheKeyThatItWasMadeOf(t *testing.T) {
	spec, query := tokenQuery()
	rapid.Check(t, func(t *rapid.T) {
		last := Row{
			"owner", rapid.String().Draw(t, "text"), rapid.Int64().Draw(t, "count"), rapid.Bool().Draw(t, "done"),
			append([]byte{}, rapid.SliceOf(rapid.Byte()).Draw(t, "body")...),
			time.UnixMilli(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "at")).UTC(),
		}
		got, err := readPageToken(spec, query, pageToken(spec, query, last))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]Value(last[1:]), got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A token must mean the same in the next release, for people keep them: this one was made by the first.
func TestATokenStaysValid(t *testing.T) {
	const kept = "eyJxIjo1NDI0MDU3MTE5NzEzNTQ0MDkwLCJrIjpbInNZUSIsImktNyIsImJ0cnVlIiwieEFQOCIsInQxMjM0NTY3ODkwIl19"
	spec, query := tokenQuery()
	got, err := readPageToken(spec, query, kept)
	if err != nil {
		last := Row{"owner", "a", int64(-7), true, []byte{0, 255}, time.UnixMilli(1234567890).UTC()}
		t.Fatalf("%v; today's token is %s", err, pageToken(spec, query, last))
	}
	want := []Value{"a", int64(-7), true, []byte{0, 255}, time.UnixMilli(1234567890).UTC()}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzPageToken(f *testing.F) {
	spec, query := tokenQuery()
	f.Add(pageToken(spec, query, Row{"owner", "a", int64(1), true, []byte("x"), time.UnixMilli(1).UTC()}))
	f.Add(pageToken(spec, query, Row{"owner", "", int64(-1), false, []byte{}, time.UnixMilli(-1).UTC()}))
	f.Add("")
	f.Add("bm90IGpzb24")
	f.Add("eyJxIjowLCJrIjpbXX0")
	f.Fuzz(func(t *testing.T, token string) {
		key, err := readPageToken(spec, query, token)
		if err != nil {
			if !errs.Is(err, "bad_request.bad_param.page_token") {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		again, err := readPageToken(spec, query, pageToken(spec, query, append(Row{"owner"}, key...)))
		if err != nil || !cmp.Equal(key, again) {
			t.Fatalf("%q reads as %v, and that again as %v, %v", token, key, again, err)
		}
	})
}
