package logic

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CompareNames is how a name that a payer typed compares with the one that an account has. Case, punctuation, titles
// and the order of words do not count. Nearly the same is what has the last name and the initial, or one or two letters
// wrong in a name that is long enough for that.
func CompareNames(typed, has string) NameCheck {
	a, b := wordsOf(typed), wordsOf(has)
	switch {
	case len(a) == 0 || len(b) == 0:
		return NoMatch
	case slices.Equal(sorted(a), sorted(b)):
		return FullMatch
	case isInitialled(a, b), isInitialled(b, a), isMisspelt(a, b):
		return CloseMatch
	}
	return NoMatch
}

func sorted(words []string) []string { return slices.Sorted(slices.Values(words)) }

// wordsOf is a name in small letters, without its titles.
func wordsOf(name string) []string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' && r != '’'
	})
	return slices.DeleteFunc(words, func(word string) bool {
		return slices.Contains([]string{"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir"}, word)
	})
}

// isInitialled tells whether two names have the last word in common, and the first is shortened in one of them.
func isInitialled(short, long []string) bool {
	if len(short) < 2 || len(long) < 2 || short[len(short)-1] != long[len(long)-1] {
		return false
	}
	initial, _ := utf8.DecodeRuneInString(short[0])
	full, _ := utf8.DecodeRuneInString(long[0])
	return initial == full
}

// lettersEach is how many letters of a name forgive one that is wrong; wrongMax are ever forgiven.
const (
	lettersEach = 5
	wrongMax    = 2
)

func isMisspelt(a, b []string) bool {
	x, y := []rune(strings.Join(a, "")), []rune(strings.Join(b, ""))
	allowed := min(wrongMax, min(len(x), len(y))/lettersEach)
	return len(x)-len(y) <= allowed && len(y)-len(x) <= allowed && distance(x, y) <= allowed
}

// distance is how many letters have to be changed, put in or left out to make one text the other (Levenshtein's).
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
