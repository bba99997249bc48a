package edge

import (
	"encoding/json"
	"strings"
)

// duplicate finds a name that one object of well-formed JSON gives twice, in whatever case: encoding/json would
// silently take the last, and a check elsewhere may have looked at the first. The path to it is dotted.
func duplicate(sent []byte) (string, bool) {
	s := scanner{sent: sent}
	found := s.value("")
	return found, found != ""
}

// scanner walks JSON that is known to be well-formed, within the depth that encoding/json allows.
type scanner struct {
	sent []byte
	at   int
}

// value steps over one value and answers the path of a name given twice inside it, or "".
func (s *scanner) value(path string) string {
	switch s.next() {
	case '{':
		return s.object(path)
	case '[':
		return s.list(path)
	case '"':
		s.text()
		return ""
	default:
		for s.at < len(s.sent) && !strings.ContainsRune(",]} \t\r\n", rune(s.sent[s.at])) {
			s.at++
		}
		return ""
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

func (s *scanner) object(path string) string {
	s.at++ // The brace.
	var room [16]string
	seen := room[:0]
	for s.next() == '"' {
		name := s.text()
		for _, other := range seen {
			if strings.EqualFold(other, name) {
				return join(path, name)
			}
		}
		seen = append(seen, name)
		if found := s.value(join(path, name)); found != "" {
			return found
		}
	}
	s.at++
	return ""
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (s *scanner) list(path string) string {
	s.at++ // The bracket.
	for c := s.next(); c != ']' && c != 0; c = s.next() {
		if found := s.value(path); found != "" {
			return found
		}
	}
	s.at++
	return ""
}

// text steps over a string and answers it without its escapes.
func (s *scanner) text() string {
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
		return string(quoted[1 : len(quoted)-1])
	}
	var plain string
	_ = json.Unmarshal(quoted, &plain) // Well-formed, as all of it.
	return plain
}
