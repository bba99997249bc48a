package store_test

import (
	"fmt"
	"testing"

	"farthing/pkg/store"
)

func TestARowRidesUntilItsBatchHasSucceededAndThenNoMore(t *testing.T) {
	var once store.Once
	for range 2 { // Nobody said that the first batch succeeded.
		if puts, _ := once.With("a", store.Put{}, store.Put{}); len(puts) != 2 {
			t.Fatalf("a batch has %d rows, want its own and the one", len(puts))
		}
	}
	_, done := once.With("a", store.Put{}, store.Put{})
	done()
	if puts, done := once.With("a", store.Put{}, store.Put{}); len(puts) != 1 {
		t.Errorf("a later batch has %d rows, want its own", len(puts))
	} else {
		done()
	}
	if puts, _ := once.With("b", store.Put{}, store.Put{}); len(puts) != 2 {
		t.Errorf("the batch of another key has %d rows", len(puts))
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	var once store.Once
	for n := range 100_001 {
		_, done := once.With(fmt.Sprint(n), store.Put{})
		done()
	}
	if puts, _ := once.With("0", store.Put{}); len(puts) != 1 {
		t.Error("the first of very many is still remembered")
	}
	if puts, _ := once.With("100000", store.Put{}); len(puts) != 0 {
		t.Error("the latest is forgotten")
	}
}
