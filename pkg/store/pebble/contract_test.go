package pebblestore_test

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"farthing/pkg/store"
	pebblestore "farthing/pkg/store/pebble"
	"farthing/pkg/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPebbleKeepsTheContract(t *testing.T) {
	files := vfs.NewMem()
	storetest.Run(t, func(t *testing.T) store.Store {
		s, err := pebblestore.Open("bank", pebblestore.Options{FS: files})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
