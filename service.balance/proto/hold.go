package balanceproto

import (
	"strconv"
	"strings"
)

// A hold's changes (more of it, some given back, some collected) are numbered from 1. Their entries are named so, so
// that each number is used once, whoever asks.
const changeSeparator = ":"

// ChangeID is the id of the entry that is a hold's n-th change; that of the hold itself for 0.
func ChangeID(hold string, n int64) string {
	if n == 0 {
		return hold
	}
	return hold + changeSeparator + strconv.FormatInt(n, 10)
}

// HoldOf is the hold that an entry with this id is of, and whether it is a change of it.
func HoldOf(entryID string) (hold string, isChange bool) {
	hold, _, isChange = strings.Cut(entryID, changeSeparator)
	return hold, isChange
}
