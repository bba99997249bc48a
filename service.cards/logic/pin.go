package logic

// PINTries is how many wrong PINs in a row block it.
const PINTries = 3

// PIN is how often somebody has entered a card's PIN wrongly, in a row. The PIN itself is known to whoever checks it.
type PIN struct {
	Card    string
	Version int64 // 0 for one that nobody ever entered wrongly; each change adds 1.
	Wrong   int
}

// Blocked tells whether it counts for nothing, however right, until it is reset.
func (p PIN) Blocked() bool { return p.Wrong >= PINTries }

// After is the PIN after somebody has entered it, and whether that is a change.
func (p PIN) After(verified bool) (PIN, bool) {
	switch {
	case p.Blocked():
		return p, false
	case verified:
		return p.Reset()
	}
	p.Wrong++
	p.Version++
	return p, true
}

// Reset is the PIN with nothing wrong, and whether that is a change.
func (p PIN) Reset() (PIN, bool) {
	if p.Wrong == 0 {
		return p, false
	}
	p.Wrong = 0
	p.Version++
	return p, true
}
