package cassandra_test

import (
	"fmt"
	"testing"

	"farthing/pkg/store"
)

func TestABatchAtItsLimitIsWritten(t *testing.T) {
	k := openBank(t)
	table := items.On(k)
	for name, bytes := range map[string]int{"many rows": 0, "large rows": (store.MaxPlainBytes - 64*80) / 64} {
		puts := make([]store.Put, 0, store.MaxPlainRows)
		for n := range int64(store.MaxPlainRows) {
			puts = append(puts, table.Put(itemRow{Owner: fmt.Sprint(name, n), Month: n, Body: make([]byte, bytes)}))
		}
		if err := k.Write(t.Context(), puts...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
