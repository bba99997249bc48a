package logic

import (
	"bytes"
	"reflect"
	"slices"
	"testing"
	"time"
)

// changed is a value with something else in one of its fields, by name.
func changed[T any](t *testing.T, was T, field string) T {
	t.Helper()
	switch f := reflect.ValueOf(&was).Elem().FieldByName(field); f.Interface().(type) {
	case time.Time:
		f.Set(reflect.ValueOf(time.UnixMilli(7)))
	case []byte:
		f.SetBytes([]byte{7})
	case []Check:
		f.Set(reflect.ValueOf([]Check{{Name: "seven"}}))
	case []Counters:
		f.Set(reflect.ValueOf([]Counters{{Set: "seven"}}))
	case Opening:
		f.Set(reflect.ValueOf(Opening{Version: 7}))
	case string:
		f.SetString("seven")
	case bool:
		f.SetBool(true)
	default:
		f.SetInt(7)
	}
	return was
}

// covers checks that a hash changes with each field of what it is over, but for these.
func covers[T any](t *testing.T, was T, hash func(T) []byte, but ...string) {
	t.Helper()
	for _, field := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		isCovered := !bytes.Equal(hash(was), hash(changed(t, was, field.Name)))
		if isCovered == slices.Contains(but, field.Name) {
			t.Errorf("the hash is over %s: %v", field.Name, isCovered)
		}
	}
}

func TestAnEntrysHashIsOverAllOfIt(t *testing.T) {
	was := Entry{At: time.UnixMilli(1)}
	covers(t, was, func(e Entry) []byte { return chained(nil, e) }, "Chain", "Traceparent", "ClockOffset")
	if bytes.Equal(chained([]byte{1}, was), chained([]byte{2}, was)) {
		t.Error("it is not over what was before")
	}
}

func TestABucketsSealIsOverAllOfItsState(t *testing.T) {
	was := Account{LastAt: time.UnixMilli(1), NewestID: time.UnixMilli(1), NewestFence: time.UnixMilli(1)}
	covers(t, was, func(a Account) []byte { return a.Sealed().Seal }, "Closed", "Seal")
}
