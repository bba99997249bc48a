// Package benchtest is what benchmarks of the bank share.
package benchtest

import (
	"syscall"
	"testing"
	"time"
)

// ProcessorTime is what this process has used of the processors, which other processes disturb little.
func ProcessorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
