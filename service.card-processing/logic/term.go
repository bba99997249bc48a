package logic

import (
	"slices"
	"strings"
	"time"
)

// How long a merchant has to collect before the hold falls: what card schemes give most trades, and those that
// authorise a stay when it begins.
const (
	// ShortestTerm is of all others.
	ShortestTerm = 7 * 24 * time.Hour
	LongestTerm  = 30 * 24 * time.Hour
	// RefundTerm is how long it has to send what it has promised.
	RefundTerm = 30 * 24 * time.Hour
)

// Term is how long a hold for a trade lasts, by its merchant category code (ISO 18245). 3000 to 3299 are airlines, 3351
// to 3441 car hire firms, 3501 to 3999 hotels, each a chain of its own.
func Term(mcc string) time.Duration {
	isChain := mcc >= "3351" && mcc <= "3441" || mcc >= "3501" && mcc <= "3999"
	if len(mcc) == 4 && isChain && strings.Trim(mcc, "0123456789") == "" {
		return LongestTerm
	}
	if slices.Contains([]string{"7011", "7012", "7512", "7513", "7519", "4411"}, mcc) { // And cruises.
		return LongestTerm
	}
	return ShortestTerm
}
