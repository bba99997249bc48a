package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"farthing/service.merchant/catalogue"
)

//go:embed sources/mcc_kinds.tsv
var mccKindsTSV string

const mccHead = "# Made by ./generate: code\tkind\tdescription\n"

// writeMCCs joins the published descriptions of the codes with our kinds.
func writeMCCs(ctx context.Context, f fetcher, path string) error {
	described, err := descriptions(ctx, f)
	if err != nil {
		return err
	}
	kindOf, err := mccKinds()
	if err != nil {
		return err
	}
	out := bytes.NewBufferString(mccHead)
	for _, code := range slices.Sorted(maps.Keys(described)) {
		fmt.Fprintf(out, "%s\t%s\t%s\n", code, kindOf(code), described[code])
	}
	return os.WriteFile(path, out.Bytes(), 0o600)
}

// descriptions asks ISO first; the card schemes' lists fill in what is private to them.
func descriptions(ctx context.Context, f fetcher) (map[string]string, error) {
	described := map[string]string{}
	for _, list := range []string{"iso18245_official", "visa", "mastercard", "stripe"} {
		data, err := f.file(ctx, categoryCodes, "iso18245/data/"+list+"_list.csv")
		if err != nil {
			return nil, err
		}
		reader := csv.NewReader(bytes.NewReader(data))
		reader.FieldsPerRecord = -1
		rows, err := reader.ReadAll()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", list, err)
		}
		for _, row := range rows[1:] {
			if code := row[0]; len(code) == 4 && described[code] == "" {
				described[code] = describe(row[1])
			}
		}
	}
	return described, nil
}

func describe(text string) string {
	text = strings.ReplaceAll(text, " -- ", ", ")
	return strings.Join(strings.Fields(text), " ")
}

// mccKinds is the kind of a code: of the narrowest range that it is in.
func mccKinds() (func(code string) string, error) {
	rows, err := catalogue.Rows(mccKindsTSV, 3)
	if err != nil {
		return nil, err
	}
	kinds, widths := map[int]string{}, map[int]int{}
	for _, row := range rows {
		from, err1 := strconv.Atoi(row[0])
		to, err2 := strconv.Atoi(row[1])
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("no range: %v", row)
		}
		for code := from; code <= to; code++ {
			if kinds[code] == "" || to-from <= widths[code] {
				kinds[code], widths[code] = row[2], to-from
			}
		}
	}
	return func(code string) string {
		n, _ := strconv.Atoi(code)
		return kinds[n]
	}, nil
}
