package unknown

import (
	"fmt"

	"farthing/e2e/world"
	balanceproto "farthing/service.balance/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// unaccounted is every hold that the customer cannot explain by what the app shows: money that is held for no
// transaction, for a declined one or for another sum, and a payment that was approved without being held.
func unaccounted(r world.Records) []string {
	held := make(map[string]int64)
	for _, e := range r.Entries {
		isHold := e.GetKind() == balanceproto.EntryKind_ENTRY_KIND_HELD
		if (isHold || e.GetKind() == balanceproto.EntryKind_ENTRY_KIND_RELEASED) && e.GetAtMs() >= r.Since {
			hold, _ := balanceproto.HoldOf(e.GetId())
			held[hold] += e.GetHeldChangeMinor()
		}
	}
	shown := make(map[string]int64)
	for _, each := range r.Transactions {
		if each.GetCreatedMs() >= r.Since && each.GetStatus() != transactionsproto.Status_STATUS_DECLINED {
			shown[each.GetHoldId()] -= each.GetAmount().GetMinor()
		}
	}
	var wrong []string
	for hold, minor := range held {
		if minor != shown[hold] {
			wrong = append(wrong, fmt.Sprintf("%s holds %d, and %d is shown", hold, minor, shown[hold]))
		}
		delete(shown, hold)
	}
	for hold, minor := range shown {
		wrong = append(wrong, fmt.Sprintf("%s holds nothing, and %d is shown", hold, minor))
	}
	return wrong
}
