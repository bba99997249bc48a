// Package blobstest is what a store of pieces promises, whichever it is.
package blobstest

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"

	"farthing/pkg/errs"
	"farthing/service.attachment/blobs"
)

// Run proves it. Every store must pass it, word for word.
func Run(t *testing.T, s blobs.Store) {
	for name, test := range map[string]func(t *testing.T, s blobs.Store, name string){
		"a piece is got as it was put, whatever its length": ofAnyLength,
		"a piece replaces the one of its name, whole":       replaced,
		"a deleted piece is missing, and so is an unknown":  deleted,
		"pieces of names that resemble are others":          apart,
		"of many put at once, one is there":                 atOnce,
		"a piece that is too long is refused":               tooLong,
	} {
		t.Run(name, func(t *testing.T) { test(t, s, "file_1/"+t.Name()) })
	}
}

// bytesOf is a piece of a length that is unlike others.
func bytesOf(length int, seed byte) []byte {
	piece := make([]byte, length)
	for i := range piece {
		piece[i] = byte(i>>8) ^ byte(i) ^ seed
	}
	return piece
}

func put(t *testing.T, s blobs.Store, name string, piece []byte) {
	t.Helper()
	if err := s.Put(t.Context(), name, piece); err != nil {
		t.Fatalf("putting %d bytes: %v", len(piece), err)
	}
}

func want(t *testing.T, s blobs.Store, name string, piece []byte) {
	t.Helper()
	got, err := s.Get(t.Context(), name)
	if err != nil || !bytes.Equal(got, piece) {
		t.Errorf("of %d bytes there are %d, %v", len(piece), len(got), err)
	}
}

func wantMissing(t *testing.T, s blobs.Store, name string) {
	t.Helper()
	if got, err := s.Get(t.Context(), name); !errs.Is(err, "not_found.piece") {
		t.Errorf("there are %d bytes, %v", len(got), err)
	}
}

func ofAnyLength(t *testing.T, s blobs.Store, name string) {
	const part = 44 << 10
	for n, length := range []int{1, 100, part - 1, part, part + 1, 4 * part, blobs.BytesMax} {
		piece := bytesOf(length, byte(n))
		put(t, s, fmt.Sprint(name, n), piece)
		want(t, s, fmt.Sprint(name, n), piece)
	}
}

func replaced(t *testing.T, s blobs.Store, name string) {
	long, short := bytesOf(blobs.BytesMax, 1), bytesOf(10, 2)
	for _, piece := range [][]byte{long, short, short, long, bytesOf(blobs.BytesMax, 3)} {
		put(t, s, name, piece)
		want(t, s, name, piece)
	}
}

func deleted(t *testing.T, s blobs.Store, name string) {
	wantMissing(t, s, name)
	if err := s.Delete(t.Context(), name); err != nil {
		t.Errorf("deleting what is not there: %v", err)
	}
	for range 2 {
		put(t, s, name, bytesOf(blobs.BytesMax, 1))
		put(t, s, name, bytesOf(100_000, 2))
		for range 2 {
			if err := s.Delete(t.Context(), name); err != nil {
				t.Errorf("deleting: %v", err)
			}
			wantMissing(t, s, name)
		}
	}
}

func apart(t *testing.T, s blobs.Store, name string) {
	names := []string{name, name + "/", name + "/0", name + "/00", name + "0"}
	for n, each := range names[2:] {
		put(t, s, each, bytesOf(10, byte(n)))
	}
	for n, each := range names[2:] {
		want(t, s, each, bytesOf(10, byte(n)))
	}
	wantMissing(t, s, name)
}

func atOnce(t *testing.T, s blobs.Store, name string) {
	const many = byte(4)
	var all sync.WaitGroup
	for n := range many {
		all.Go(func() {
			if err := s.Put(context.WithoutCancel(t.Context()), name, bytesOf(100_000, n)); err != nil {
				t.Errorf("putting: %v", err)
			}
		})
	}
	all.Wait()
	got, err := s.Get(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	for n := range many {
		if bytes.Equal(got, bytesOf(100_000, n)) {
			return
		}
	}
	t.Errorf("the %d bytes that are there are nobody's", len(got))
}

func tooLong(t *testing.T, s blobs.Store, name string) {
	if err := s.Put(t.Context(), name, make([]byte, blobs.BytesMax+1)); err == nil {
		t.Error("it was taken")
	}
	wantMissing(t, s, name)
}
