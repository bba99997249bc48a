package iso8583

import (
	"fmt"
	"strings"
)

// format is what a data element is made of, in the standard's letters.
type format uint8

const (
	digitsOnly format = iota + 1 // n
	plain                        // an
	printable                    // ans; and x+n, whose sign is a letter.
	raw                          // b: bytes.
	track                        // z: a magnetic stripe's digits and separators, two to a byte in BCD.
)

// element is one data element of ISO 8583:1987.
type element struct {
	number int
	format format
	length int // Digits, characters or bytes; the most of them if it varies.
	prefix int // Digits of the length before it; 0 if the length is fixed.
	// secret ones are read past and never kept: tracks, PIN blocks, chip data, authentication codes, and where networks
	// put security codes (48 and 126).
	secret bool
}

// The elements of the standard. Those above 104 and below 128 are alike, and so are the reserved ones from 56 to 63.
const (
	firstReserved, lastReserved = 56, 63
	firstPrivate, lastPrivate   = 105, 127
	lengthReserved              = 999
	networksOwn                 = 126
)

// elements is all of them in order, but for the MTI and the bitmaps.
func elements() []element {
	all := []element{
		{number: 2, format: digitsOnly, length: 19, prefix: 2}, {number: 3, format: digitsOnly, length: 6},
		{number: 4, format: digitsOnly, length: 12}, {number: 5, format: digitsOnly, length: 12},
		{number: 6, format: digitsOnly, length: 12}, {number: 7, format: digitsOnly, length: 10},
		{number: 8, format: digitsOnly, length: 8}, {number: 9, format: digitsOnly, length: 8},
		{number: 10, format: digitsOnly, length: 8}, {number: 11, format: digitsOnly, length: 6},
		{number: 12, format: digitsOnly, length: 6}, {number: 13, format: digitsOnly, length: 4},
		{number: 14, format: digitsOnly, length: 4}, {number: 15, format: digitsOnly, length: 4},
		{number: 16, format: digitsOnly, length: 4}, {number: 17, format: digitsOnly, length: 4},
		{number: 18, format: digitsOnly, length: 4}, {number: 19, format: digitsOnly, length: 3},
		{number: 20, format: digitsOnly, length: 3}, {number: 21, format: digitsOnly, length: 3},
		{number: 22, format: digitsOnly, length: 3}, {number: 23, format: digitsOnly, length: 3},
		{number: 24, format: digitsOnly, length: 3}, {number: 25, format: digitsOnly, length: 2},
		{number: 26, format: digitsOnly, length: 2}, {number: 27, format: digitsOnly, length: 1},
		{number: 28, format: printable, length: 9}, {number: 29, format: printable, length: 9},
		{number: 30, format: printable, length: 9}, {number: 31, format: printable, length: 9},
		{number: 32, format: digitsOnly, length: 11, prefix: 2}, {number: 33, format: digitsOnly, length: 11, prefix: 2},
		{number: 34, format: printable, length: 28, prefix: 2, secret: true},
		{number: 35, format: track, length: 37, prefix: 2, secret: true},
		{number: 36, format: track, length: 104, prefix: 3, secret: true},
		{number: 37, format: plain, length: 12}, {number: 38, format: plain, length: 6},
		{number: 39, format: plain, length: 2}, {number: 40, format: plain, length: 3},
		{number: 41, format: printable, length: 8}, {number: 42, format: printable, length: 15},
		{number: 43, format: printable, length: 40}, {number: 44, format: printable, length: 25, prefix: 2},
		{number: 45, format: printable, length: 76, prefix: 2, secret: true},
		{number: 46, format: printable, length: 999, prefix: 3}, {number: 47, format: printable, length: 999, prefix: 3},
		{number: 48, format: printable, length: 999, prefix: 3, secret: true}, {number: 49, format: digitsOnly, length: 3},
		{number: 50, format: digitsOnly, length: 3}, {number: 51, format: digitsOnly, length: 3},
		{number: 52, format: raw, length: 8, secret: true}, {number: 53, format: digitsOnly, length: 16, secret: true},
		{number: 54, format: printable, length: 120, prefix: 3},
		{number: 55, format: raw, length: 999, prefix: 3, secret: true},
	}
	for number := firstReserved; number <= lastReserved; number++ {
		all = append(all, element{number: number, format: printable, length: lengthReserved, prefix: 3})
	}
	return append(append(all, element{number: 64, format: raw, length: 8, secret: true}), secondary()...)
}

// secondary is the elements of the second bitmap.
func secondary() []element {
	all := []element{
		{number: 66, format: digitsOnly, length: 1}, {number: 67, format: digitsOnly, length: 2},
		{number: 68, format: digitsOnly, length: 3}, {number: 69, format: digitsOnly, length: 3},
		{number: 70, format: digitsOnly, length: 3}, {number: 71, format: digitsOnly, length: 4},
		{number: 72, format: digitsOnly, length: 4}, {number: 73, format: digitsOnly, length: 6},
	}
	for _, alike := range []struct{ first, last, length int }{{74, 81, 10}, {82, 85, 12}, {86, 89, 16}} {
		for number := alike.first; number <= alike.last; number++ {
			all = append(all, element{number: number, format: digitsOnly, length: alike.length})
		}
	}
	all = append(all,
		element{number: 90, format: digitsOnly, length: 42}, element{number: 91, format: plain, length: 1},
		element{number: 92, format: plain, length: 2}, element{number: 93, format: plain, length: 5},
		element{number: 94, format: plain, length: 7}, element{number: 95, format: plain, length: 42},
		element{number: 96, format: raw, length: 8, secret: true}, element{number: 97, format: printable, length: 17},
		element{number: 98, format: printable, length: 25},
		element{number: 99, format: digitsOnly, length: 11, prefix: 2},
		element{number: 100, format: digitsOnly, length: 11, prefix: 2},
		element{number: 101, format: printable, length: 17, prefix: 2},
		element{number: 102, format: printable, length: 28, prefix: 2},
		element{number: 103, format: printable, length: 28, prefix: 2},
		element{number: 104, format: printable, length: 100, prefix: 3},
	)
	for number := firstPrivate; number <= lastPrivate; number++ {
		all = append(all, element{
			number: number, format: printable, length: lengthReserved, prefix: 3, secret: number == networksOwn,
		})
	}
	return append(all, element{number: 128, format: raw, length: 8, secret: true})
}

// fit fills a value of a fixed length up as the standard says: numbers with zeros before, text with blanks behind.
func (e element) fit(value string) string {
	switch missing := e.length - len(value); {
	case e.prefix > 0 || missing <= 0:
		return value
	case e.format == digitsOnly:
		return strings.Repeat("0", missing) + value
	default:
		return value + strings.Repeat(" ", missing)
	}
}

// check is what is wrong with a value's characters, "" if nothing is.
func (e element) check(value string) string {
	switch e.format {
	case digitsOnly:
		if strings.Trim(value, "0123456789") != "" {
			return "must be digits"
		}
	case plain, printable:
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
			return "must be text"
		}
	case raw, track:
	}
	return ""
}

// describe is the element as the standard writes it: "n..19".
func (e element) describe() string {
	letters := map[format]string{digitsOnly: "n", plain: "an", printable: "ans", raw: "b", track: "z"}
	return letters[e.format] + strings.Repeat(".", e.prefix) + fmt.Sprint(e.length)
}
