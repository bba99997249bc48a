package logic

import (
	"strings"

	balanceproto "farthing/service.balance/proto"
)

const reasonPrefix = "DECLINE_REASON_"

// ReasonText is a decline's reason as other services know it, "insufficient_funds"; empty for none.
func ReasonText(reason balanceproto.DeclineReason) string {
	if reason == balanceproto.DeclineReason_DECLINE_REASON_UNSPECIFIED {
		return ""
	}
	return strings.ToLower(strings.TrimPrefix(reason.String(), reasonPrefix))
}

// ReasonOf is the reverse of ReasonText, and whether there is such a reason.
func ReasonOf(text string) (balanceproto.DeclineReason, bool) {
	if text == "" {
		return balanceproto.DeclineReason_DECLINE_REASON_UNSPECIFIED, true
	}
	number, ok := balanceproto.DeclineReason_value[reasonPrefix+strings.ToUpper(text)]
	reason := balanceproto.DeclineReason(number)
	return reason, ok && ReasonText(reason) == text
}
