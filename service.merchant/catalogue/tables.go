package catalogue

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed tables/kinds.tsv
var kindsTSV string

//go:embed tables/mccs.tsv
var mccsTSV string

//go:embed tables/countries.tsv
var countriesTSV string

// Kind is a kind of shop.
type Kind struct {
	Name     string // Lasting: merchants' ids are made of it.
	Category string // Of the public API: eating_out, transport, …
	Emoji    string
	Tags     string // OpenStreetMap's tags for it, parted by commas.
	Words    string // Words that give it away in an unknown name, parted by spaces.
}

// MCC is a merchant category code of ISO 18245.
type MCC struct {
	Code        string // Four digits.
	Kind        string
	Description string
}

// tables are the small ones: some 1,500 rows in all.
type tables struct {
	kinds  map[string]Kind
	words  map[string]string // Word to kind.
	mccs   map[string]MCC
	alpha2 map[string]string // Of alpha-2 and alpha-3, upper case.
}

func parseTables() (tables, error) {
	t := tables{
		kinds: map[string]Kind{}, words: map[string]string{}, mccs: map[string]MCC{}, alpha2: map[string]string{},
	}
	kinds, err := Kinds()
	if err != nil {
		return t, err
	}
	for _, k := range kinds {
		t.kinds[k.Name] = k
		for word := range strings.FieldsSeq(k.Words) {
			t.words[word] = k.Name
		}
	}
	codes, err := Rows(mccsTSV, 3)
	for _, row := range codes {
		t.mccs[row[0]] = MCC{Code: row[0], Kind: row[1], Description: row[2]}
	}
	if err != nil {
		return t, fmt.Errorf("mccs: %w", err)
	}
	countries, err := Countries()
	for _, row := range countries {
		t.alpha2[row.Alpha2], t.alpha2[row.Alpha3] = row.Alpha2, row.Alpha2
	}
	t.alpha2["UK"] = "GB" // Not ISO's, but on a great many receipts.
	return t, err
}

// Kinds are all kinds, the likelier first.
func Kinds() ([]Kind, error) {
	rows, err := Rows(kindsTSV, 5)
	if err != nil {
		return nil, fmt.Errorf("kinds: %w", err)
	}
	kinds := make([]Kind, len(rows))
	for i, row := range rows {
		kinds[i] = Kind{Name: row[0], Category: row[1], Emoji: row[2], Tags: row[3], Words: row[4]}
	}
	return kinds, nil
}

// Country is one of ISO 3166-1.
type Country struct {
	Alpha2, Alpha3 string
	Continent      string // UN M49.
	Name           string
}

// Countries are all countries.
func Countries() ([]Country, error) {
	rows, err := Rows(countriesTSV, 4)
	if err != nil {
		return nil, fmt.Errorf("countries: %w", err)
	}
	countries := make([]Country, len(rows))
	for i, row := range rows {
		countries[i] = Country{Alpha2: row[0], Alpha3: row[1], Continent: row[2], Name: row[3]}
	}
	return countries, nil
}

// Rows are the rows of a table: fields parted by tabs, lines that start with # passed over.
func Rows(tsv string, fields int) ([][]string, error) {
	var rows [][]string
	for line := range strings.Lines(tsv) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		row := strings.Split(line, "\t")
		if len(row) != fields {
			return nil, fmt.Errorf("%d fields, want %d: %q", len(row), fields, line)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Kind is a kind by name.
func (t tables) Kind(name string) (Kind, bool) {
	k, ok := t.kinds[name]
	return k, ok
}

// KindOf is the kind that a folded word gives away.
func (t tables) KindOf(word string) (string, bool) {
	k, ok := t.words[word]
	return k, ok
}

// MCC is a merchant category code by its four digits.
func (t tables) MCC(code string) (MCC, bool) {
	m, ok := t.mccs[code]
	return m, ok
}

// Country is the alpha-2 code of an upper-case alpha-2 or alpha-3 one.
func (t tables) Country(code string) (alpha2 string, ok bool) {
	alpha2, ok = t.alpha2[code]
	return alpha2, ok
}
