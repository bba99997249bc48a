package fakeapple

import (
	"testing"
	"time"
)

// A token that nobody signed must never be good, whatever it looks like.
func FuzzProviderToken(f *testing.F) {
	key, _, err := NewKey("TEAM", "KEY", "topic")
	if err != nil {
		f.Fatal(err)
	}
	v := newVerifier([]Key{key})
	f.Add("bearer eyJhbGciOiJub25lIiwia2lkIjoiS0VZIn0.eyJpc3MiOiJURUFNIiwiaWF0IjoxNzA5MjA4MDAwfQ.")
	f.Add("bearer eyJhbGciOiJFUzI1NiIsImtpZCI6IktFWSJ9.eyJpc3MiOiJURUFNIiwiaWF0IjoxNzA5MjA4MDAwfQ.AAAA")
	f.Add("Bearer a.b.c")
	f.Add("basic")
	f.Fuzz(func(t *testing.T, header string) {
		token, reason := v.check(header, time.Unix(1709208000, 0))
		if token != nil || (reason != InvalidProviderToken && reason != MissingProviderToken) {
			t.Fatalf("%q was answered %v, %q", header, token, reason)
		}
	})
}

func TestRememberedTokensAreBounded(t *testing.T) {
	v := newVerifier(nil)
	for i := range 2 * maxVerified {
		v.remember(&providerToken{text: time.Unix(int64(i), 0).String()})
	}
	if got := len(v.verified); got > maxVerified {
		t.Fatalf("%d tokens are remembered, want at most %d", got, maxVerified)
	}
}
