package outbox

import (
	"cmp"
	"slices"
)

// maxSpans bounds what is remembered above a gap; what is forgotten is published again.
const maxSpans = 64

// span is a run of sequences without a gap, both ends in it.
type span struct{ from, to int64 }

// spans are runs in order, with a gap between any two.
type spans []span

// find is the first span that ends at seq or later.
func (s spans) find(seq int64) int {
	i, _ := slices.BinarySearchFunc(s, seq, func(a span, seq int64) int { return cmp.Compare(a.to, seq) })
	return i
}

func (s spans) has(seq int64) bool {
	i := s.find(seq)
	return i < len(s) && s[i].from <= seq
}

// with is the spans and seq. Beyond maxSpans the highest is forgotten.
func (s spans) with(seq int64) spans {
	i := s.find(seq)
	after := i < len(s) && s[i].from <= seq+1 // It is in that span, or just before it.
	before := i > 0 && s[i-1].to == seq-1
	switch {
	case before && after:
		s[i-1].to = s[i].to
		s = slices.Delete(s, i, i+1)
	case before:
		s[i-1].to = seq
	case after:
		s[i].from = min(s[i].from, seq)
	default:
		s = slices.Insert(s, i, span{seq, seq})
	}
	return s[:min(len(s), maxSpans)]
}

// above drops what follows base without a gap, and what is below it, and answers the new base.
func (s spans) above(base int64) (spans, int64) {
	n := 0
	for n < len(s) && s[n].from <= base+1 {
		base = max(base, s[n].to)
		n++
	}
	return slices.Delete(s, 0, n), base
}
