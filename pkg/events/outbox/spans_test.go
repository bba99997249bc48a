package outbox

import (
	"testing"

	"pgregory.net/rapid"
)

// Sequences come in any order and more than once; spans know each of them, and base follows the first gap.
func TestSpansKnowWhatTheyWereToldAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		told := rapid.SliceOf(rapid.Int64Range(1, 40)).Draw(t, "told")
		var s spans
		known := make(map[int64]bool)
		for _, seq := range told {
			s = s.with(seq)
			known[seq] = true
		}
		for seq := range int64(42) {
			if s.has(seq) != known[seq] {
				t.Fatalf("%v: has(%d) is %v", s, seq, s.has(seq))
			}
		}
		wantBase := int64(0)
		for known[wantBase+1] {
			wantBase++
		}
		rest, base := s.above(0)
		if base != wantBase || rest.has(base+1) || (len(rest) > 0 && rest[0].from <= base) {
			t.Fatalf("told %v: base %d with %v above, want base %d", told, base, rest, wantBase)
		}
	})
}
