package logic

import (
	"hash/fnv"
	"strconv"
	"time"
)

// waits are how long a message waits after each attempt that failed: 73 hours in all, and up to a fifth more.
func waits() []time.Duration {
	return []time.Duration{
		5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour,
		14 * time.Hour, 18 * time.Hour, 24 * time.Hour,
	}
}

// AttemptsMax is how often a message is sent before it is given up.
func AttemptsMax() int { return len(waits()) + 1 }

// Wait is how long a message waits after its n-th attempt, n from 1, and whether there is another attempt at all. What
// failed together does not come back together: the wait is longer by up to a fifth, by the message's name.
func Wait(name string, n int) (time.Duration, bool) {
	all := waits()
	if n > len(all) {
		return 0, false
	}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(name + "/" + strconv.Itoa(n))) // A hash never fails.
	spread := time.Duration(hash.Sum32()%1000) * (all[n-1] / 5) / 1000
	return (all[n-1] + spread).Truncate(time.Millisecond), true
}
