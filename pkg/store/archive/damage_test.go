package archive_test

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"farthing/pkg/store/archive"
)

// damaged ends the test unless checking finds damage in this file, at this record unless it is negative.
func damaged(t *testing.T, dir, file string, record int64) {
	t.Helper()
	_, err := archive.Check(t.Context(), dir, schemas(), nil)
	damage, ok := errors.AsType[*archive.Damage](err)
	if !ok {
		t.Fatalf("%s: got %v, want damage", file, err)
	}
	if damage.File != file || (record >= 0 && damage.Record != record) {
		t.Fatalf("found %v, want %s, record %d", damage, file, record)
	}
}

// cuts are where the records of a file begin, and where the last one ends.
func cuts(file []byte) []int {
	at := []int{0}
	for last := 0; last < len(file); at = append(at, last) {
		last += 8 + int(binary.LittleEndian.Uint32(file[last:]))
	}
	return at
}

// recordAt is the record that holds a byte.
func recordAt(cuts []int, offset int) int64 {
	n, exactly := slices.BinarySearch(cuts, offset)
	if !exactly {
		n--
	}
	return int64(n)
}

func TestAFlippedByteIsFoundAndLocated(t *testing.T) {
	dir, _ := exported(t, sample(t, 6))
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		sound, err := os.ReadFile(path)
		must(t, err)
		places := []int{0}
		if strings.HasSuffix(path, ".rows") {
			places = cuts(sound)
		}
		const step = 23 // Records have many sizes, so all parts of one are met.
		for n := 0; n < len(sound); n += step {
			broken := slices.Clone(sound)
			broken[n] ^= 1 << (n % 8)
			must(t, os.WriteFile(path, broken, 0o600))
			damaged(t, dir, entry.Name(), recordAt(places, n))
		}
		must(t, os.WriteFile(path, sound, 0o600))
	}
	_, err = archive.Check(t.Context(), dir, schemas(), nil)
	must(t, err)
}

func TestRecordsThatAreLostRepeatedOrMovedAreFound(t *testing.T) {
	dir, _ := exported(t, sample(t, 6))
	const name = "bank.accounts.rows"
	path := filepath.Join(dir, name)
	sound, err := os.ReadFile(path)
	must(t, err)
	at := cuts(sound)
	part := func(n int) []byte { return sound[at[n]:at[n+1]] }
	end := len(at) - 1
	for what, c := range map[string]struct {
		file   []byte
		record int64
	}{
		"lost":             {slices.Concat(sound[:at[2]], sound[at[3]:]), 2},
		"repeated":         {slices.Concat(sound[:at[2]], part(1), sound[at[2]:]), 2},
		"exchanged":        {slices.Concat(sound[:at[1]], part(2), part(1), sound[at[3]:]), 1},
		"cut off":          {sound[:at[end]-1], int64(end) - 1},
		"cut off cleanly":  {sound[:at[3]], 3},
		"longer":           {slices.Concat(sound, []byte("x")), int64(end)},
		"longer by a row":  {slices.Concat(sound, part(1)), int64(end)},
		"nothing":          {nil, 0},
		"a length of lies": {slices.Concat(sound[:at[2]], []byte{255, 255, 255, 3}, sound[at[2]+4:]), 2},
	} {
		t.Run(what, func(t *testing.T) {
			must(t, os.WriteFile(path, c.file, 0o600))
			damaged(t, dir, name, c.record)
		})
	}
	must(t, os.Remove(path))
	damaged(t, dir, name, -1)
}

func TestNothingIsImportedFromADamagedExport(t *testing.T) {
	dir, _ := exported(t, sample(t, 20))
	path := filepath.Join(dir, "cards.numbers.rows") // The last table: the others are sound.
	file, err := os.ReadFile(path)
	must(t, err)
	file[len(file)-10] ^= 1
	must(t, os.WriteFile(path, file, 0o600))
	to := memory(t)
	_, err = archive.Import(t.Context(), dir, target(to), schemas(), nil)
	if _, ok := errors.AsType[*archive.Damage](err); !ok {
		t.Fatalf("got %v, want damage", err)
	}
	sameBank(t, memory(t), to)
}

func TestAFlippedByteInAStateIsFound(t *testing.T) {
	from := sample(t, 20)
	unfinished, _ := cutExport(t, from, 5)
	finished, _ := exported(t, from)
	_, err := archive.Import(t.Context(), finished, target(memory(t)), schemas(), nil)
	must(t, err)
	export := func() error {
		_, err := archive.Export(t.Context(), archive.Source{Name: "test", Store: from}, schemas(), unfinished, nil)
		return err
	}
	again := func() error {
		_, err := archive.Import(t.Context(), finished, target(memory(t)), schemas(), nil)
		return err
	}
	for path, do := range map[string]func() error{
		filepath.Join(unfinished, "export.json"):    export,
		filepath.Join(finished, "import-test.json"): again,
	} {
		sound, err := os.ReadFile(path)
		must(t, err)
		for n := 0; n < len(sound); n += 29 {
			broken := slices.Clone(sound)
			broken[n] ^= 1 << (n % 8)
			must(t, os.WriteFile(path, broken, 0o600))
			damage, ok := errors.AsType[*archive.Damage](do())
			if !ok || damage.File != filepath.Base(path) {
				t.Fatalf("%s, byte %d: got %v", path, n, damage)
			}
		}
	}
}
