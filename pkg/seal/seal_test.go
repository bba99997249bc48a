package seal_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"farthing/pkg/errs"
	"farthing/pkg/seal"
)

var (
	secret = []byte("4111111111111111")
	place  = []byte("card_1")
)

func mustOpen(t *testing.T, k *seal.Keyring, sealed []byte) {
	t.Helper()
	if got, err := k.Open(sealed, place); err != nil || !bytes.Equal(got, secret) {
		t.Fatalf("opening: got %q, %v", got, err)
	}
}

// mustRefuse checks that nothing of a failure but its class can reach anybody outside.
func mustRefuse(t *testing.T, got []byte, err error) {
	t.Helper()
	if !errs.Is(err, errs.Internal) || got != nil {
		t.Fatalf("got %q, %v, want an internal error", got, err)
	}
	if errs.Of(err).Message != "Something went wrong" || errs.Of(err).Params != nil {
		t.Fatalf("the error tells too much: %v", err)
	}
}

func TestWhatWasSealedOpens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := seal.Ephemeral("cards")
		plain, aad := rapid.SliceOf(rapid.Byte()).Draw(t, "plain"), rapid.SliceOf(rapid.Byte()).Draw(t, "aad")
		sealed := k.Seal(plain, aad)
		if len(plain) > 3 && bytes.Contains(sealed, plain) {
			t.Fatal("the plaintext can be seen")
		}
		got, err := k.Open(sealed, aad)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("got %q, %v", got, err)
		}
	})
}

func TestEverySealDiffers(t *testing.T) {
	k := seal.Ephemeral("cards")
	if bytes.Equal(k.Seal(secret, place), k.Seal(secret, place)) {
		t.Fatal("two seals of one value are equal, so they tell that the values are")
	}
}

func TestAChangeAnywhereIsNoticed(t *testing.T) {
	k := seal.Ephemeral("cards")
	sealed := k.Seal(secret, place)
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		got, err := k.Open(changed, place)
		mustRefuse(t, got, err)
		got, err = k.Open(sealed[:i], place)
		mustRefuse(t, got, err)
	}
}

func TestAValueDoesNotOpenElsewhere(t *testing.T) {
	k := seal.Ephemeral("cards")
	got, err := k.Open(k.Seal(secret, place), []byte("card_2"))
	mustRefuse(t, got, err)
	got, err = seal.Ephemeral("cards").Open(k.Seal(secret, place), place)
	mustRefuse(t, got, err)
}

func TestOldValuesOpenAfterARotationAndNewOnesTakeTheNewKey(t *testing.T) {
	k := seal.Ephemeral("cards")
	old, oldIndex := k.Seal(secret, place), k.Index(secret)
	if err := k.Rotate(); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, k, old)
	fresh, moved, err := k.Reseal(old, place)
	if err != nil || !moved || bytes.Equal(old[:5], fresh[:5]) {
		t.Fatalf("resealing: moved %v, %v, head %x then %x", moved, err, old[:5], fresh[:5])
	}
	mustOpen(t, k, fresh)
	if _, moved, err := k.Reseal(fresh, place); moved || err != nil {
		t.Fatalf("a value under the current key was moved: %v, %v", moved, err)
	}
	indexes := k.Indexes(secret)
	if len(indexes) != 2 || !bytes.Equal(indexes[0], k.Index(secret)) || !bytes.Equal(indexes[1], oldIndex) {
		t.Fatalf("the indexes are %x", indexes)
	}
}

func TestAnIndexIsKeyedAndSteady(t *testing.T) {
	k, other := seal.Ephemeral("cards"), seal.Ephemeral("cards")
	switch {
	case !bytes.Equal(k.Index(secret), k.Index(secret)):
		t.Error("two indexes of one value differ")
	case bytes.Equal(k.Index(secret), k.Index([]byte("4111111111111112"))):
		t.Error("two values share an index")
	case bytes.Equal(k.Index(secret)[4:], other.Index(secret)[4:]):
		t.Error("another key makes the same index")
	}
}

func TestADataKeyOpensWhatItSealedAndNobodyElseDoes(t *testing.T) {
	k := seal.Ephemeral("customers")
	wrapped := k.NewDataKey("user_1")
	key, err := k.WithDataKey(wrapped, "user_1")
	if err != nil {
		t.Fatal(err)
	}
	sealed := key.Seal(secret, place)
	again, err := k.WithDataKey(wrapped, "user_1")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Open(sealed, place); err != nil || !bytes.Equal(got, secret) {
		t.Fatalf("got %q, %v", got, err)
	}
	got, err := key.Open(sealed, []byte("elsewhere"))
	mustRefuse(t, got, err)
	got, err = k.Open(sealed, place)
	mustRefuse(t, got, err)
	if _, err := k.WithDataKey(wrapped, "user_2"); !errs.Is(err, errs.Internal) {
		t.Fatalf("another subject unwrapped the key: %v", err)
	}
	fresh, err := k.WithDataKey(k.NewDataKey("user_1"), "user_1")
	if err != nil {
		t.Fatal(err)
	}
	got, err = fresh.Open(sealed, place) // The first key has been destroyed: a new one does not bring anything back.
	mustRefuse(t, got, err)
	got, err = fresh.Open([]byte("short"), place)
	mustRefuse(t, got, err)
}

func TestADataKeyOutlivesARotation(t *testing.T) {
	k := seal.Ephemeral("customers")
	wrapped := k.NewDataKey("user_1")
	key, err := k.WithDataKey(wrapped, "user_1")
	if err != nil {
		t.Fatal(err)
	}
	sealed := key.Seal(secret, place)
	if err := k.Rotate(); err != nil {
		t.Fatal(err)
	}
	moved, changed, err := k.Rewrap(wrapped, "user_1")
	if err != nil || !changed {
		t.Fatalf("rewrapping: %v, %v", changed, err)
	}
	key, err = k.WithDataKey(moved, "user_1")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := key.Open(sealed, place); err != nil || !bytes.Equal(got, secret) {
		t.Fatalf("got %q, %v", got, err)
	}
}

func TestPrintingShowsNoKey(t *testing.T) {
	k := seal.Ephemeral("customers")
	key, err := k.WithDataKey(k.NewDataKey("user_1"), "user_1")
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%s", "%#v"} {
		for _, value := range []any{k, key, struct{ K *seal.Keyring }{k}} {
			if shown := fmt.Sprintf(verb, value); strings.Contains(shown, "byte") || len(shown) > 200 {
				t.Errorf("%s shows %s", verb, shown)
			}
		}
	}
}

func FuzzOpen(f *testing.F) {
	k := seal.Ephemeral("cards")
	f.Add(k.Seal(secret, place), place)
	f.Add([]byte{1, 0, 0, 0, 1}, []byte{})
	f.Add([]byte{}, []byte{})
	f.Add([]byte{1, 0, 0, 0, 9, 1, 2, 3}, place)
	f.Fuzz(func(t *testing.T, sealed, aad []byte) {
		got, err := k.Open(sealed, aad)
		if err == nil && !bytes.Equal(got, secret) {
			t.Fatalf("a made-up value opened: %q", got)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	k := seal.Ephemeral("cards")
	b.ReportAllocs()
	for b.Loop() {
		k.Seal(secret, place)
	}
}

func BenchmarkOpen(b *testing.B) {
	k := seal.Ephemeral("cards")
	sealed := k.Seal(secret, place)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.Open(sealed, place); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkIndex(b *testing.B) {
	k := seal.Ephemeral("cards")
	b.ReportAllocs()
	for b.Loop() {
		k.Index(secret)
	}
}

func BenchmarkWithDataKey(b *testing.B) {
	k := seal.Ephemeral("customers")
	wrapped := k.NewDataKey("user_1")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.WithDataKey(wrapped, "user_1"); err != nil {
			b.Fatal(err)
		}
	}
}
