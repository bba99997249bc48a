package edge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"farthing/pkg/errs"
)

// Bounds on the names in one body: each is compared with all others of its object.
const (
	namesMax         = 10_000 // In all.
	namesInObjectMax = 100
)

// uniqueNames refuses well-formed JSON in which one object gives a name twice, in whatever case: encoding/json would
// silently take the last, and a check elsewhere may have looked at the first.
func uniqueNames(sent []byte) error {
	s := scanner{sent: sent}
	s.value()
	return s.err
}

// scanner walks JSON that is known to be well-formed, within the depth that encoding/json allows. It steps on until
// the end or the first fault.
type scanner struct {
	sent  []byte
	at    int
	path  [][]byte // The names that lead here.
	names int
	err   error
}

// value steps over one value.
func (s *scanner) value() {
	switch s.next() {
	case '{':
		s.object()
	case '[':
		s.at++
		for c := s.next(); c != ']' && c != 0 && s.err == nil; c = s.next() {
			s.value()
		}
		s.at++
	case '"':
		s.text()
	default:
		for s.at < len(s.sent) && !endsScalar(s.sent[s.at]) {
			s.at++
		}
	}
}

func endsScalar(c byte) bool {
	switch c {
	case ',', ']', '}', ' ', '\t', '\r', '\n':
		return true
	default:
		return false
	}
}

// next is the first byte of the next token, 0 at the end.
func (s *scanner) next() byte {
	for s.at < len(s.sent) {
		switch c := s.sent[s.at]; c {
		case ' ', '\t', '\r', '\n', ',', ':':
			s.at++
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) object() {
	s.at++ // The brace.
	var room [16][]byte
	seen := room[:0]
	for s.next() == '"' {
		name := s.text()
		s.path = append(s.path, name)
		if s.check(name, seen); s.err != nil {
			return
		}
		seen = append(seen, name)
		if s.value(); s.err != nil {
			return
		}
		s.path = s.path[:len(s.path)-1]
	}
	s.at++
}

func (s *scanner) check(name []byte, seen [][]byte) {
	s.names++
	if len(seen) == namesInObjectMax || s.names > namesMax {
		s.err = badBody(fmt.Sprintf("The body must have at most %d fields, %d in one object", namesMax, namesInObjectMax))
		return
	}
	for _, other := range seen {
		if bytes.EqualFold(other, name) {
			s.err = errs.BadParam(strings.ToValidUTF8(string(bytes.Join(s.path, []byte("."))), ""), givenOnce)
			return
		}
	}
}

// text steps over a string and answers it without its escapes.
func (s *scanner) text() []byte {
	start, escaped := s.at, false
	for s.at++; s.at < len(s.sent) && s.sent[s.at] != '"'; s.at++ {
		if s.sent[s.at] == '\\' {
			escaped = true
			s.at++
		}
	}
	s.at = min(s.at+1, len(s.sent))
	quoted := s.sent[start:s.at]
	if !escaped {
		return quoted[1 : len(quoted)-1]
	}
	var plain string
	_ = json.Unmarshal(quoted, &plain) // Well-formed, as all of it.
	return []byte(plain)
}
