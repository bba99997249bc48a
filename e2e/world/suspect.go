package world

import (
	"fmt"
	"runtime"
	"testing"
)

// Suspect is a test that may fail, on a goroutine of its own: the first thing that it complains of is noted, and ends
// it.
type Suspect struct {
	testing.TB
	Found string
}

// Errorf notes a complaint, and ends the goroutine.
func (s *Suspect) Errorf(format string, args ...any) { s.Fatalf(format, args...) }

// Error is Errorf.
func (s *Suspect) Error(args ...any) { s.Fatalf("%s", fmt.Sprint(args...)) }

// Fatal is Errorf.
func (s *Suspect) Fatal(args ...any) { s.Fatalf("%s", fmt.Sprint(args...)) }

// Fatalf is Errorf.
func (s *Suspect) Fatalf(format string, args ...any) {
	s.Found = fmt.Sprintf(format, args...)
	runtime.Goexit()
}
